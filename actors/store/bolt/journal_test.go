package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// drawing is what was drawn on all regions of a canvas.
type drawing struct {
	tiles     []canvas.Tile
	positions []canvas.Position
}

// drawnOn commits batches to all regions. Some of them are in the tables, the rest only in the journal.
func drawnOn(t *testing.T, s *Store) drawing {
	t.Helper()
	var d drawing
	var claims []*store.Claim
	for i := range s.cfg.Geometry.Regions() {
		claims = append(claims, claimed(t, s, canvas.RegionID(i))) // each has the tables take everything
	}
	for from := range uint64(6) {
		if from == 3 {
			carried(t, s)
		}
		for i, claim := range claims {
			b := dot(canvas.RegionID(i), claim.Epoch, from)
			b.Ops[0].Pixels[0].Pos = uint16(from) % uint16(len(claim.Tile)/3)
			if err := s.Commit(t.Context(), b, claim.Token); err != nil {
				t.Fatal(err)
			}
			claim.Tile.Apply(b)
		}
	}
	for _, claim := range claims {
		d.tiles, d.positions = append(d.tiles, claim.Tile), append(d.positions, canvas.Position{Epoch: claim.Epoch, Seq: 6})
	}
	return d
}

// killed copies the files of a store as kill -9 would leave them.
func killed(t *testing.T, s *Store) Config {
	t.Helper()
	cfg := s.cfg
	cfg.Dir, cfg.Log = t.TempDir(), nil
	s.tables.Lock()
	defer s.tables.Unlock()
	for _, name := range []string{fileName, journalName} {
		p, err := os.ReadFile(filepath.Join(s.cfg.Dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(cfg.Dir, name), p, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return cfg
}

// same fails the test unless everything that was drawn is there.
func (d drawing) same(t *testing.T, s *Store) {
	t.Helper()
	for i := range d.tiles {
		claim := claimed(t, s, canvas.RegionID(i))
		if claim.Damage != nil || !bytes.Equal(claim.Tile, d.tiles[i]) || claim.Position != d.positions[i] || len(claim.Recent) != int(claim.Position.Seq) {
			t.Fatalf("region %d is at %v with %d batches, want %v: %v", i, claim.Position, len(claim.Recent), d.positions[i], claim.Damage)
		}
	}
}

// Wherever the server is killed while it opens or closes a canvas, the next one finds everything.
func TestJournal_KilledAtAnyStep(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	drawn := drawnOn(t, s)
	for name, step := range map[string]func(t *testing.T, cfg Config){
		"while it drew": func(*testing.T, Config) {},
		"before it has a new journal": func(t *testing.T, cfg Config) {
			inTables(t, cfg, func(tx *bbolt.Tx) error {
				_, err := takeJournal(tx, filepath.Join(cfg.Dir, journalName), cfg, false)
				return err
			})
		},
		"before the new journal counts": func(t *testing.T, cfg Config) {
			path := filepath.Join(cfg.Dir, journalName)
			inTables(t, cfg, func(tx *bbolt.Tx) error {
				_, err := takeJournal(tx, path, cfg, false)
				return err
			})
			j, err := newJournal(path)
			if err != nil || j.file.Close() != nil {
				t.Fatal(err)
			}
		},
		"while the new journal was made": func(t *testing.T, cfg Config) {
			if err := os.WriteFile(filepath.Join(cfg.Dir, journalName+".new"), []byte("begun"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"before the old journal was removed": func(t *testing.T, cfg Config) {
			inTables(t, cfg, func(tx *bbolt.Tx) error {
				_, err := takeJournal(tx, filepath.Join(cfg.Dir, journalName), cfg, false)
				return errors.Join(err, markJournaled(tx, nil))
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := killed(t, s)
			step(t, cfg)
			again := open(t, cfg)
			drawn.same(t, again)
			drawn.same(t, open(t, killed(t, again)))
		})
	}
}

func inTables(t *testing.T, cfg Config, change func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(cfg.Dir, fileName), 0o600, options(false))
	if err == nil {
		err = errors.Join(db.Update(change), db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// An earlier version, which knows no journal, is kept from a canvas that needs one. When the store was
// closed there is none.
func TestJournal_EarlierVersions(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	drawn := drawnOn(t, s)
	format := func(dir string) (format string) {
		db, err := bbolt.Open(filepath.Join(dir, fileName), 0o600, options(true))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		_ = db.View(func(tx *bbolt.Tx) error {
			format = string(tx.Bucket([]byte(aboutBucket)).Get([]byte("format")))
			return nil
		})
		return format
	}
	cfg := killed(t, s)
	if got := format(cfg.Dir); got != journaledVersion {
		t.Errorf("the format of a canvas with a journal is %s", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(s.cfg.Dir, journalName)); !errors.Is(err, os.ErrNotExist) || format(s.cfg.Dir) != formatVersion {
		t.Errorf("format %s and a journal after it was closed: %v", format(s.cfg.Dir), err)
	}
	r, err := NewReader(cfg.Dir) // takes what is in the journal
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range drawn.tiles {
		if c, err := r.Read(t.Context(), canvas.RegionID(i)); err != nil || c.Damage != nil || !bytes.Equal(c.Tile, want) {
			t.Errorf("region %d read after a kill: %v, %+v", i, err, c)
		}
	}
	if err := r.Close(); err != nil || format(cfg.Dir) != formatVersion {
		t.Errorf("%v, format %s", err, format(cfg.Dir))
	}
}

// TestJournal_AnyDamage: all over what a killed server has left in its journal, bits are flipped, sectors
// zeroed or overwritten, and ends cut off. Nothing panics. A region either has all that was
// acknowledged, or its claim says that something is lost, or the log says that some regions' batches
// can't be read or that the end of the journal is not whole.
func TestJournal_AnyDamage(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := open(t, testConfig(t.TempDir()))
	drawn := drawnOn(t, s)
	cfg := killed(t, s)
	tables, err := os.ReadFile(filepath.Join(cfg.Dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	sound, err := os.ReadFile(filepath.Join(cfg.Dir, journalName))
	if err != nil {
		t.Fatal(err)
	}
	used := len(bytes.TrimRight(sound, "\x00"))
	last := used
	for nonce := s.back.journal.nonce; ; last -= journalAlign {
		if _, _, ok := readEntry(sound[last/journalAlign*journalAlign:], nonce); ok {
			break
		}
	}
	outcomes := make(map[string]int)
	for range 30 {
		at, bit := random.IntN(used), random.IntN(8)
		if random.IntN(5) == 0 {
			at = last + random.IntN(used-last)
		}
		damaged := bytes.Clone(sound)
		name := fmt.Sprintf("bit %d of byte %d", bit, at)
		switch random.IntN(6) {
		case 0:
			damaged, name = damaged[:at], fmt.Sprintf("cut at %d", at)
		case 1:
			at = min(at, last-512) / 512 * 512 // of the last entry something is left
			clear(damaged[at : at+512])
			name = fmt.Sprintf("a sector of zeros at %d", at)
		case 2:
			at = min(at, last-100)
			for i := range damaged[at : at+100] {
				damaged[at+i] = byte(random.Uint32())
			}
			name = fmt.Sprintf("100 bytes of noise at %d", at)
		default:
			damaged[at] ^= 1 << bit
		}
		outcomes[tryJournal(t, cfg, name, tables, damaged, drawn)]++
	}
	t.Logf("%d bytes: %v", used, outcomes)
	if outcomes["said"] == 0 {
		t.Error("none of the variants has harmed anything")
	}
}

func tryJournal(t *testing.T, cfg Config, name string, tables, journal []byte, drawn drawing) (outcome string) {
	t.Helper()
	if err := errors.Join(os.WriteFile(filepath.Join(cfg.Dir, fileName), tables, 0o600), os.WriteFile(filepath.Join(cfg.Dir, journalName), journal, 0o600)); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	s, err := Open(cfg)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer s.Close()
	s.db.NoSync = true
	outcome = "unharmed"
	for i := range drawn.tiles {
		claim := claimed(t, s, canvas.RegionID(i))
		whole := bytes.Equal(claim.Tile, drawn.tiles[i]) && claim.Position == drawn.positions[i]
		switch {
		case claim.Damage != nil:
			outcome = "said"
			if !strings.Contains(log.String(), "journal is damaged") {
				t.Errorf("%s: region %d is damaged, and the log does not say why: %v", name, i, claim.Damage)
			}
			mended(t, s, name, canvas.RegionID(i), claim)
		case !whole && strings.Contains(log.String(), "of_unknown_regions=") && !strings.Contains(log.String(), "of_unknown_regions=0"):
			outcome = "said"
		case !whole && (strings.Contains(log.String(), "is not whole") || strings.Contains(log.String(), "cut short")):
			outcome = "end"
		case !whole:
			t.Errorf("%s: region %d is at %v, want %v, and nothing was said: %s", name, i, claim.Position, drawn.positions[i], log.String())
		}
	}
	return outcome
}

// A lost batch is named by the entry after it, also if it was the last one of its region.
func TestJournal_NamesWhatIsLost(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	for region := range canvas.RegionID(3) {
		claim := claimed(t, s, region)
		if err := s.Commit(t.Context(), dot(region, claim.Epoch, 0), claim.Token); err != nil {
			t.Fatal(err)
		}
		if region < 2 {
			continue // the claims in between have the tables take it
		}
	}
	carried(t, s)
	for region := range canvas.RegionID(3) {
		b := dot(region, 0, 1)
		at, err := s.current(region)
		b.Epoch = at.term.Epoch
		if err = errors.Join(err, s.offer(t.Context(), b)); err != nil {
			t.Fatal(err)
		}
	}
	cfg := killed(t, s)
	path := filepath.Join(cfg.Dir, journalName)
	p, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, length, ok := readEntry(p, s.back.journal.nonce)
	if !ok {
		t.Fatal("the journal does not begin with an entry")
	}
	p[length] ^= 1 // the head of the second, which is region 1's
	if err := os.WriteFile(path, p, 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	again := open(t, cfg)
	if !strings.Contains(log.String(), "regions=[1]") || !strings.Contains(log.String(), path) {
		t.Errorf("the log says %s", log.String())
	}
	for region := range canvas.RegionID(3) {
		if claim := claimed(t, again, region); (claim.Damage != nil) != (region == 1) || claim.Position.Seq != 2 || claim.PixelsLost != (region == 1) {
			t.Errorf("region %d: %v at %v, pixels lost %t", region, claim.Damage, claim.Position, claim.PixelsLost)
		}
	}
}

// Without the journal that a killed server has left, nothing is opened, unless somebody says so.
func TestJournal_Missing(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	drawnOn(t, s)
	cfg := killed(t, s)
	path := filepath.Join(cfg.Dir, journalName)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(cfg); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "put it back") {
		t.Fatalf("without its journal: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	again := open(t, cfg)
	if claim := claimed(t, again, 0); claim.Damage != nil || claim.Position.Seq < 3 || !strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("with an empty one: %v at %v, %s", claim.Damage, claim.Position, log.String())
	}
}

// When the journal can't be written, or is gone, the tables take over until there is another one. What
// may be in the failed one is never taken for something else.
func TestJournal_FailsAndIsRenewed(t *testing.T) {
	for name, fail := range map[string]func(*journal) error{
		"a flush fails": func(j *journal) error {
			j.flush = func(*os.File) error { return errors.New("input/output error") }
			return nil
		},
		"deleted":  func(j *journal) error { return os.Remove(j.path) },
		"replaced": func(j *journal) error { return os.Rename(filepath.Dir(j.path)+"/"+fileName+".copy", j.path) },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, testConfig(t.TempDir()))
			if err := os.WriteFile(s.db.Path()+".copy", []byte("another"), 0o600); err != nil {
				t.Fatal(err)
			}
			claim := claimed(t, s, 0)
			commit := func(from uint64) (flushes int64) {
				t.Helper()
				before := s.stats.Flushes.Load()
				if err := s.Commit(t.Context(), dot(0, claim.Epoch, from), claim.Token); err != nil {
					t.Fatal(err)
				}
				return s.stats.Flushes.Load() - before
			}
			if commit(0) != 1 {
				t.Error("the first commit did not go to the journal")
			}
			if err := fail(s.back.journal); err != nil {
				t.Fatal(err)
			}
			if commit(1) != 0 {
				t.Error("a commit went to a journal that can't take it")
			}
			// The writer renews it before it takes the next commit.
			if commit(2) != 1 {
				t.Error("the journal was not renewed")
			}
			again := open(t, killed(t, s))
			if left := claimed(t, again, 0); left.Damage != nil || left.Position.Seq != 3 || len(left.Recent) != 3 {
				t.Errorf("after a kill: %v at %v with %d batches", left.Damage, left.Position, len(left.Recent))
			}
		})
	}
}

// An owner hears with its next commit that pixels could not be carried into the tables. They are in the
// log, and the region's owner mends it.
func TestJournal_ChunkFoundDamaged(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	claim := claimed(t, s, 0)
	for from := range uint64(2) {
		if err := s.Commit(t.Context(), dot(0, claim.Epoch, from), claim.Token); err != nil {
			t.Fatal(err)
		}
		if from == 0 {
			changeTables(t, s, func(all *tables) error { return all.pixels.Put(chunkKey(0, 0), make([]byte, 3)) })
		}
	}
	carried(t, s)
	if err := s.Holds(t.Context(), 0, claim.Term, 2); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("holds: %v, want ErrDamaged", err)
	}
	if err := s.Commit(t.Context(), dot(0, claim.Epoch, 2), claim.Token); !errors.Is(err, store.ErrDamaged) {
		t.Fatalf("commit: %v, want ErrDamaged", err)
	}
	left := claimed(t, s, 0)
	if left.Damage == nil || left.Position.Seq != 2 || len(left.Recent) != 2 || left.PixelsLost {
		t.Errorf("%v at %v with %d batches, pixels lost: %t", left.Damage, left.Position, len(left.Recent), left.PixelsLost)
	}
	mended(t, s, "chunk", 0, left)
}

// What is found where is not overwritten before the tables have it.
func TestJournal_Place(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	j := &journal{}
	for round := range 20_000 {
		bytes := int64(1+random.IntN(journalGroup/journalAlign)) * journalAlign
		at, ok := j.place(bytes)
		if !ok {
			if len(j.kept) == 0 {
				t.Fatalf("round %d: no room for %d bytes in an empty journal", round, bytes)
			}
			j.kept = j.kept[1+random.IntN(len(j.kept)):]
			continue
		}
		if at+bytes > journalBytes {
			t.Fatalf("round %d: %d bytes at %d", round, bytes, at)
		}
		for _, k := range j.kept {
			if at < k.to && k.from < at+bytes {
				t.Fatalf("round %d: %d bytes at %d, where %+v is kept", round, bytes, at, k)
			}
		}
		j.kept, j.at = append(j.kept, span{from: at, to: at + bytes}), at+bytes
	}
}

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

// paintedFile returns the bytes of a file with several regions drawn on, some of them by an earlier
// version, and its contents.
func paintedFile(t *testing.T, earlier bool) (file []byte, tiles []canvas.Tile, positions []canvas.Position) {
	t.Helper()
	cfg := testConfig(t.TempDir())
	s := open(t, cfg)
	regions := cfg.Geometry.Regions()
	tiles, positions = make([]canvas.Tile, regions), make([]canvas.Position, regions)
	random := rand.New(rand.NewPCG(7, 7))
	for i := range regions {
		claim := claimed(t, s, canvas.RegionID(i))
		tiles[i] = claim.Tile
		for from := range uint64(10) {
			b := dot(canvas.RegionID(i), claim.Epoch, from)
			b.Ops[0].Name = strings.Repeat("x", 100*int(from)) // some pages' worth
			b.Ops[0].Pixels[0] = canvas.Pixel{Pos: uint16(random.IntN(len(claim.Tile) / 3)), Color: canvas.Color(random.IntN(1 << 24))}
			if err := s.Commit(t.Context(), b, claim.Token); err != nil {
				t.Fatal(err)
			}
			tiles[i].Apply(b)
			positions[i] = b.Position()
		}
	}
	if earlier {
		unseal(t, s)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(cfg.Dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	return file, tiles, positions
}

// unseal turns a file into what an earlier version would have written.
func unseal(t *testing.T, s *Store) {
	t.Helper()
	carried(t, s)
	err := s.db.Update(func(tx *bbolt.Tx) error {
		all := tablesOf(tx)
		bare := func(b *bbolt.Bucket, strip func(v []byte) []byte) {
			entries := make(map[string][]byte)
			_ = b.ForEach(func(k, v []byte) error {
				entries[string(k)] = strip(bytes.Clone(v))
				return nil
			})
			for k, v := range entries {
				all.put(b, []byte(k), v)
			}
		}
		bare(all.pixels, func(v []byte) []byte { return v[:chunkBytes] })
		bare(all.log, func(v []byte) []byte { return v[1+sumBytes:] })
		bare(all.regions, func(v []byte) []byte {
			v[regionBytes-1] &= flagClaimed
			return append(v[:regionBytes], v[regionBytes+sealBytes:]...)
		})
		return errors.Join(all.failed, tx.Bucket([]byte(aboutBucket)).Delete([]byte("checksum")))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// variant is one way to damage a file.
type variant struct {
	name string
	file []byte
}

func variants(sound []byte, random *rand.Rand, each int) (all []variant) {
	add := func(name string, change func(p []byte) []byte) {
		all = append(all, variant{name, change(bytes.Clone(sound))})
	}
	page := os.Getpagesize()
	for range each {
		at, bit := random.IntN(len(sound)), random.IntN(8)
		add(fmt.Sprintf("bit %d of byte %d", bit, at), func(p []byte) []byte { p[at] ^= 1 << bit; return p })
		first := random.IntN(len(sound)/page) * page
		head := first + random.IntN(256)
		add(fmt.Sprintf("bit %d of byte %d of page %d", bit, head%page, head/page), func(p []byte) []byte { p[head] ^= 1 << bit; return p })
	}
	for range each / 4 {
		at := random.IntN(len(sound))
		add(fmt.Sprintf("cut at %d", at), func(p []byte) []byte { return p[:at] })
		add(fmt.Sprintf("zeros from %d", at), func(p []byte) []byte { clear(p[at:]); return p })
		sector := at / 512 * 512
		add(fmt.Sprintf("a sector of zeros at %d", sector), func(p []byte) []byte { clear(p[sector:min(len(p), sector+512)]); return p })
		add(fmt.Sprintf("a sector of noise at %d", sector), func(p []byte) []byte {
			for i := sector; i < min(len(p), sector+512); i++ {
				p[i] = byte(random.Uint32())
			}
			return p
		})
		from, to := random.IntN(len(sound)/page)*page, random.IntN(len(sound)/page)*page
		add(fmt.Sprintf("page %d in place of page %d", from/page, to/page), func(p []byte) []byte { copy(p[to:to+page], sound[from:from+page]); return p })
	}
	return all
}

// TestOpen_AnyDamage: all over a file, bits are flipped, sectors zeroed, pages swapped and ends cut
// off. Whatever the damage, nothing panics, and wrong pixels are never returned without an error,
// neither at the start nor with the claim.
func TestOpen_AnyDamage(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	sound, tiles, positions := paintedFile(t, false)
	outcomes := make(map[string]int)
	for _, v := range variants(sound, rand.New(rand.NewPCG(seed, 0)), 100) {
		outcomes[tryDamaged(t, v, tiles, positions)]++
	}
	t.Logf("%d bytes: %v", len(sound), outcomes)
	if outcomes["refused"] == 0 || outcomes["said"] == 0 || outcomes["unharmed"] == 0 {
		t.Error("the variants don't reach all there is")
	}
}

// A file of an earlier version has no checksums, so its pixels may be wrong. It must not panic even
// so, and must have checksums once it has been written.
func TestOpen_AnyDamageOfAnEarlierVersion(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	sound, tiles, positions := paintedFile(t, true)
	for _, v := range variants(sound, rand.New(rand.NewPCG(seed, 0)), 40) {
		tryDamaged(t, v, nil, nil)
	}
	if outcome := tryDamaged(t, variant{"sound", sound}, tiles, positions); outcome != "unharmed" {
		t.Errorf("a sound file of an earlier version: %s", outcome)
	}
}

// tryDamaged opens a file and claims its regions. Without tiles it does not compare their contents.
func tryDamaged(t *testing.T, v variant, tiles []canvas.Tile, positions []canvas.Position) (outcome string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, fileName)
	if err := os.WriteFile(path, v.file, 0o600); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("%s: %v", v.name, r)
		}
		_ = os.Remove(path) // hundreds of them would fill a small disk
	}()
	var log bytes.Buffer
	cfg := testConfig(dir)
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	s, err := Open(cfg)
	if err != nil {
		if !errors.Is(err, errDamaged) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", v.name, err)
		}
		return "refused"
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("%s: close: %v", v.name, err)
		}
	}()
	s.db.NoSync = true // nobody will read the file again
	outcome = "unharmed"
	if strings.Contains(log.String(), "is damaged: what was drawn last may be lost") {
		outcome = "said"
	}
	for i := range cfg.Geometry.Regions() {
		claim := claimed(t, s, canvas.RegionID(i))
		switch {
		case claim.Damage != nil:
			outcome = "said"
			if !errors.Is(claim.Damage, store.ErrDamaged) {
				t.Errorf("%s: region %d: %v", v.name, i, claim.Damage)
			}
			mended(t, s, v.name, canvas.RegionID(i), claim)
		case tiles != nil && outcome == "unharmed" && (!bytes.Equal(claim.Tile, tiles[i]) || claim.Position != positions[i]):
			t.Errorf("%s: region %d has other pixels than were drawn (at %v, want %v), and nothing was said", v.name, i, claim.Position, positions[i])
		}
		if err := s.Commit(t.Context(), dot(canvas.RegionID(i), claim.Epoch, claim.Position.Seq), claim.Token); claim.Damage == nil && err != nil {
			t.Errorf("%s: commit to region %d: %v", v.name, i, err)
		}
	}
	return outcome
}

// mended carries on with what is left of a region, as its owner does.
func mended(t *testing.T, s *Store, name string, region canvas.RegionID, left *store.Claim) {
	t.Helper()
	have := &store.Claim{Term: left.Term, Position: canvas.Position{Epoch: left.Epoch, Seq: left.Position.Seq + 1}, Tile: left.Tile}
	term, err := s.Mend(t.Context(), region, "test", have)
	if err == nil {
		err = s.Commit(t.Context(), dot(region, term.Epoch, have.Position.Seq), term.Token)
	}
	if again := claimed(t, s, region); err != nil || again.Damage != nil || again.Position.Seq != have.Position.Seq+1 {
		t.Errorf("%s: mended region %d: %v, %v", name, region, err, again.Damage)
	}
}

// Each part of a region is damaged alone, where bbolt finds nothing wrong.
func TestStore_Damage(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*tables) error
		want   string
		pixels bool // lost for good
	}{
		{"record", func(t *tables) error { return t.regions.Put(regionKey(0), []byte("short")) }, "region record of 5 bytes", false},
		{"record gone", func(t *tables) error { return t.regions.Delete(regionKey(0)) }, "its position", false},
		{"record of another", func(t *tables) error { return t.regions.Put(regionKey(0), t.regions.Get(regionKey(1))) }, "is not what was written", false},
		{"chunk", func(t *tables) error { return t.pixels.Put(chunkKey(0, 0), []byte("short")) }, "chunk 000000000000 of 5 bytes", true},
		{"chunk of another", func(t *tables) error { return t.pixels.Put(chunkKey(0, 0), t.pixels.Get(chunkKey(1, 0))) }, "has other pixels than were written", true},
		{"chunk gone", func(t *tables) error { return t.pixels.Delete(chunkKey(0, 0)) }, "its 0 chunks are not those that were written", true},
		{"chunk out of bounds", func(t *tables) error { return t.pixels.Put(chunkKey(0, 1), make([]byte, chunkBytes)) }, "its chunk 1 is out of its bounds", false},
		{"entry", func(t *tables) error { return t.log.Put(logKey(0, 3), []byte("short")) }, "log entry 000000000000000000000003", false},
		{"entry of an earlier version, moved", func(t *tables) error {
			record := t.log.Get(logKey(0, 8))[1+sumBytes:]
			return errors.Join(t.log.Put(logKey(0, 9), record), t.log.Delete(logKey(0, 8)))
		}, "the log entry to 8 stands at 0000000000000009", false},
		{"last entry gone", func(t *tables) error { return t.log.Delete(logKey(0, 8)) }, "its log ends at 7 and the region is at 8", false},
		{"entry gone", func(t *tables) error { return t.log.Delete(logKey(0, 4)) }, "its log goes on at 4 after 3", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := testConfig(t.TempDir())
			cfg.LogPixels = 6 // some of the pixels are no longer in the log
			s := open(t, cfg)
			for region := range canvas.RegionID(2) {
				claim := claimed(t, s, region)
				for from := range uint64(8) {
					if err := s.Commit(t.Context(), dot(region, claim.Epoch, from), claim.Token); err != nil {
						t.Fatal(err)
					}
				}
			}
			changeTables(t, s, test.change)
			claim := claimed(t, s, 0)
			if claim.Damage == nil || !strings.Contains(claim.Damage.Error(), test.want) || claim.PixelsLost != test.pixels {
				t.Errorf("claim: %v, pixels lost: %t; want %q, %t", claim.Damage, claim.PixelsLost, test.want, test.pixels)
			}
			mended(t, s, test.name, 0, claim)
			if sound := claimed(t, s, 1); sound.Damage != nil {
				t.Errorf("the region beside it: %v", sound.Damage)
			}
		})
	}
}

// A commit finds that the log does not end where the region is, before it adds to it.
func TestCommit_ContinuesItsLog(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	claim := claimed(t, s, 0)
	if err := s.Commit(t.Context(), dot(0, claim.Epoch, 0), claim.Token); err != nil {
		t.Fatal(err)
	}
	changeTables(t, s, func(all *tables) error { return all.log.Delete(logKey(0, 1)) })
	if err := s.Commit(t.Context(), dot(0, claim.Epoch, 1), claim.Token); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("a commit behind a lost log entry: %v, want ErrDamaged", err)
	}
}

package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

func TestConfig_Validate(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	for name, change := range map[string]func(*Config){
		"no directory": func(c *Config) { c.Dir = "" },
		"no log":       func(c *Config) { c.LogPixels = 0 },
		"no geometry":  func(c *Config) { c.Geometry = canvas.Geometry{} },
	} {
		cfg := DefaultConfig()
		cfg.Dir = t.TempDir()
		change(&cfg)
		if s, err := Open(cfg); err == nil || s != nil || !strings.Contains(err.Error(), "must be") && !strings.Contains(err.Error(), "must not") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpen_OtherGeometry(t *testing.T) {
	cfg := testConfig(t.TempDir())
	if err := open(t, cfg).Close(); err != nil {
		t.Fatal(err)
	}
	cfg.Geometry.Region = 8
	_, err := Open(cfg)
	if !errors.Is(err, store.ErrGeometry) {
		t.Fatalf("%v, want ErrGeometry", err)
	}
	for _, want := range []string{"50x40/16", "50x40/8", "--canvas 50x40", "--region 16", "--data", cfg.Dir} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %s", err, want)
		}
	}
	cfg.Geometry.Region = 16
	open(t, cfg)
}

func TestOpen_OtherFormat(t *testing.T) {
	cfg := testConfig(t.TempDir())
	path := filepath.Join(cfg.Dir, fileName)
	later := rewritten(t, drawnFile(t), func(tx *bbolt.Tx) error {
		about := tx.Bucket([]byte(aboutBucket))
		return setAbout(about, "3", string(about.Get([]byte("geometry"))))
	})
	if err := os.WriteFile(path, later, 0o600); err != nil {
		t.Fatal(err)
	}
	_, opened := Open(cfg)
	_, read := NewReader(cfg.Dir)
	for _, err := range []error{opened, read} {
		if err == nil || !strings.Contains(err.Error(), `a later version of the program wrote the file: it has format "3"`) || strings.Contains(err.Error(), "damaged") {
			t.Errorf("%v, want a word on format 3", err)
		}
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, later) {
		t.Errorf("the file was changed, %v", err)
	}
}

func TestOpen_InUse(t *testing.T) {
	t.Parallel() // waits for the lock
	cfg := testConfig(t.TempDir())
	s := open(t, cfg)
	began := time.Now()
	_, err := Open(cfg)
	if err == nil || !strings.Contains(err.Error(), "another playground process uses it") ||
		!strings.Contains(err.Error(), cfg.Dir) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v, want one line that says who is in the way", err)
	}
	if took := time.Since(began); took > 3*lockTimeout {
		t.Errorf("took %v", took)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("the one who has it: %v", err)
	}
}

func TestOpen_NoPermission(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(testConfig(file)); err == nil || !strings.Contains(err.Error(), "data directory") || errors.Is(err, errDamaged) {
		t.Errorf("a file for a directory: %v", err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, fileName), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(testConfig(dir)); err == nil || errors.Is(err, errDamaged) {
		t.Errorf("a directory for a file: %v", err)
	}
}

func TestOpen_LogsOnce(t *testing.T) {
	var log bytes.Buffer
	cfg := testConfig(t.TempDir())
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	open(t, cfg)
	if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "geometry=50x40/16") {
		t.Errorf("log:\n%s", log.String())
	}
}

// drawnFile returns the bytes of a file with a few hundred commits in it.
func drawnFile(t *testing.T) []byte {
	t.Helper()
	cfg := testConfig(t.TempDir())
	s := open(t, cfg)
	claim := claimed(t, s, 3)
	for from := range uint64(50) {
		b := dot(3, claim.Epoch, from)
		b.Ops[0].Name = strings.Repeat("x", 1000) // some pages' worth
		if err := s.offer(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(cfg.Dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestOpen_Damaged(t *testing.T) {
	sound := drawnFile(t)
	page := os.Getpagesize()
	broken := func(f func(p []byte) []byte) []byte { return f(bytes.Clone(sound)) }
	for name, file := range map[string][]byte{
		"text":               []byte(strings.Repeat("not a canvas\n", 5000)),
		"nothing":            {},
		"one byte":           {1},
		"zeros":              make([]byte, len(sound)),
		"cut in the middle":  sound[:6*page],
		"cut after the meta": sound[:2*page],
		"meta pages lost":    broken(func(p []byte) []byte { clear(p[:2*page]); return p }),
		"data pages lost":    broken(func(p []byte) []byte { clear(p[2*page:]); return p }),
		"data pages noise":   broken(func(p []byte) []byte { noise(p[2*page:]); return p }),
		"entries too long":   broken(func(p []byte) []byte { lengthen(p[2*page:], page); return p }),
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, fileName)
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(testConfig(dir))
		if s != nil || !errors.Is(err, errDamaged) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if text := err.Error(); !strings.Contains(text, path) || !strings.Contains(text, "restore it from a backup") || strings.Contains(text, "\n") {
			t.Errorf("%s: %q does not help", name, text)
		}
		if strings.HasPrefix(name, "cut") && !strings.Contains(err.Error(), "bytes of") {
			t.Errorf("%s: %q does not say how much is missing", name, err)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, file) {
			t.Errorf("%s: the damaged file was changed", name)
		}
	}
}

// lengthen makes the first value of every leaf page reach 512 MB, beyond what is mapped. A page is:
// id u64, flags u16 (2: leaf), count u16, overflow u32, entries; an entry: flags, position, length
// of the key, length of the value, u32 each.
func lengthen(pages []byte, page int) {
	for ; len(pages) > 0; pages = pages[page:] {
		if binary.LittleEndian.Uint16(pages[8:]) == 2 && binary.LittleEndian.Uint16(pages[10:]) < 100 {
			binary.LittleEndian.PutUint32(pages[16+12:], 512<<20)
		}
	}
}

func noise(p []byte) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range p {
		p[i] = byte(random.Uint32())
	}
}

// A process that is killed while it creates the file leaves it under another name, in any state. A
// process of an earlier version left one without buckets.
func TestOpen_HalfCreated(t *testing.T) {
	empty, half := testConfig(t.TempDir()), testConfig(t.TempDir())
	for cfg, content := range map[Config][]byte{empty: nil, half: {1, 2, 3}} {
		if err := os.WriteFile(filepath.Join(cfg.Dir, fileName+".new"), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	bare := testConfig(t.TempDir())
	db, err := bbolt.Open(filepath.Join(bare.Dir, fileName), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	all := []Config{empty, half, bare}
	virgin, err := os.ReadFile(filepath.Join(bare.Dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	for _, whole := range [][]byte{virgin, drawnFile(t)} { // cut where a full disk would cut it: after any page
		for n := range min(len(whole)/os.Getpagesize(), 8) {
			cut := testConfig(t.TempDir())
			if err := os.WriteFile(filepath.Join(cut.Dir, fileName+".new"), whole[:n*os.Getpagesize()], 0o600); err != nil {
				t.Fatal(err)
			}
			all = append(all, cut)
		}
	}
	for _, cfg := range all {
		s := open(t, cfg)
		claim := claimed(t, s, 0)
		if err := s.offer(t.Context(), dot(0, claim.Epoch, 0)); err != nil {
			t.Error(err)
		}
	}
}

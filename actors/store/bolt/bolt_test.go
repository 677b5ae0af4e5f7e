package bolt

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/storetest"
)

func testConfig(dir string) Config {
	return Config{Dir: dir, Geometry: storetest.Geometry(), LogPixels: storetest.LogPixels}
}

func open(t testing.TB, cfg Config) *Store {
	t.Helper()
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestStore_Contract(t *testing.T) {
	storetest.Run(t, storetest.Harness{
		Blank: func(t *testing.T) func(int) store.Store {
			cfg := testConfig(t.TempDir())
			return func(buffer int) store.Store {
				cfg.Buffer = buffer
				s, err := Open(cfg)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
		},
		Lasting: true,
	})
}

// dot is a batch of one pixel.
func dot(region canvas.RegionID, epoch, from uint64) *canvas.Batch {
	return &canvas.Batch{Region: region, Epoch: epoch, From: from, To: from + 1, Ops: []canvas.Op{
		{ID: canvas.OpID{Author: 1, Num: from + 1}, Pixels: []canvas.Pixel{{Pos: uint16(from % 16), Color: canvas.Color(from)}}},
	}}
}

// offer commits a batch as the current owner would.
func (s *Store) offer(ctx context.Context, b *canvas.Batch) error {
	var token store.Token
	_ = s.read(context.Background(), func(t *tables) error {
		r, err := t.region(b.Region)
		token = r.term.Token
		return err
	})
	return s.Commit(ctx, b, token)
}

func claimed(t testing.TB, s *Store, region canvas.RegionID) *store.Claim {
	t.Helper()
	claim, err := s.Claim(context.Background(), region, "test")
	if err != nil {
		t.Fatal(err)
	}
	return claim
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !cond(); {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
		time.Sleep(100 * time.Microsecond) // between polls
	}
}

// Close finishes what is queued; later requests are refused.
func TestStore_CloseFinishesTheQueue(t *testing.T) {
	cfg := testConfig(t.TempDir())
	s := open(t, cfg)
	claim := claimed(t, s, 0)
	resume := stall(t, s)
	results, closed := make(chan error, 2), make(chan error, 1)
	go func() { results <- s.Ping(t.Context()) }()
	eventually(t, "the writer stalls", func() bool { return s.stats.Requests.Load() == 2 })
	go func() { results <- s.offer(t.Context(), dot(0, claim.Epoch, 0)) }()
	eventually(t, "the commit is queued", func() bool { return len(s.requests) == 1 })
	go func() { closed <- s.Close() }()
	eventually(t, "the store is closing", func() bool {
		s.mu.RLock()
		defer s.mu.RUnlock()
		return s.closed
	})
	if err := s.Ping(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("ping while closing: %v, want ErrClosed", err)
	}
	resume()
	if err := errors.Join(<-results, <-results, <-closed); err != nil {
		t.Error(err)
	}
	if claim := claimed(t, open(t, cfg), 0); claim.Position.Seq != 1 {
		t.Errorf("at %v after reopening, want seq 1", claim.Position)
	}
}

// The log drops a batch only when it must: here the dot after each stroke of 10 pixels, the most
// that the log may hold, drops that stroke.
func TestStore_LogIsTrimmedExactly(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.LogPixels = 10
	s := open(t, cfg)
	claim := claimed(t, s, 0)
	from := uint64(0)
	for i := range 60 {
		b := dot(0, claim.Epoch, from)
		if i%20 == 0 {
			b.Ops[0].Pixels = make([]canvas.Pixel, 10)
			b.To = from + 10
		}
		if err := s.offer(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		from = b.To
		if i%7 == 0 { // then all of it is in the tables, else only in part
			carried(t, s)
		}
		log, err := s.History(t.Context(), 0, 0, 100)
		if want := max(1, min(i%20, 10)); err != nil || len(log) != want {
			t.Fatalf("%d batches after commit %d, %v; want %d", len(log), i, err, want)
		}
	}
}

// One pixel must not rewrite its region.
func TestStore_StoresOnlyPaintedChunks(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Dir = t.TempDir()
	s := open(t, cfg)
	claim := claimed(t, s, 15)
	b := dot(15, claim.Epoch, 0)
	b.Ops[0].Pixels = []canvas.Pixel{{Pos: 0}, {Pos: 255}, {Pos: 256}, {Pos: 0xFFFF}}
	b.To = 4
	if err := s.offer(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	carried(t, s)
	var chunks int
	_ = s.db.View(func(tx *bbolt.Tx) error {
		chunks = tablesOf(tx).pixels.Inspect().KeyN
		return nil
	})
	if chunks != 3 {
		t.Errorf("%d chunks stored, want 3", chunks)
	}
	tile := claimed(t, s, 15).Tile
	for pos, want := range map[uint16]canvas.Color{0: 0, 1: canvas.Background, 255: 0, 256: 0, 257: canvas.Background, 0xFFFE: canvas.Background, 0xFFFF: 0} {
		if got := tile.At(pos); got != want {
			t.Errorf("position %d is %v, want %v", pos, got, want)
		}
	}
}

func TestOpen_CreatesTheDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	open(t, testConfig(dir))
	info, err := os.Stat(filepath.Join(dir, fileName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v; want a file only its owner can read", info, err)
	}
}

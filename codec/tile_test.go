package codec

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

func noise(random *rand.Rand, width, height int) canvas.Tile {
	tile := canvas.NewTile(width, height)
	for i := range tile {
		tile[i] = byte(random.Uint32())
	}
	return tile
}

func TestCompressTile_RoundTrip(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	painted := canvas.NewTile(256, 256)
	painted.Set(65535, 0x123456)
	for _, test := range []struct {
		name          string
		width, height int
		tile          canvas.Tile
	}{
		{"blank", 256, 256, canvas.NewTile(256, 256)},
		{"one pixel painted", 256, 256, painted},
		{"noise", 256, 256, noise(random, 256, 256)},
		{"narrow", 3, 200, noise(random, 3, 200)},
		{"smallest", 1, 1, canvas.Tile{1, 2, 3}},
	} {
		got, err := DecompressTile(CompressTile(test.tile), test.width, test.height)
		if err != nil || !bytes.Equal(got, test.tile) {
			t.Errorf("%s: not what was compressed (error %v)", test.name, err)
		}
	}
}

func TestSnapshot_Cost(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	message := func(tile canvas.Tile) int {
		return len(AppendSnapshot(nil, Snapshot{Mark: at(canvas.MaxRegions-1, 1<<32, 1<<53), Data: CompressTile(tile)}))
	}
	if got := message(canvas.NewTile(256, 256)); got >= 100 {
		t.Errorf("a blank region costs %d bytes, less than 100 wanted", got)
	}
	if got := message(noise(rand.New(rand.NewPCG(seed, 0)), 256, 256)); got > MaxSnapshot {
		t.Errorf("a region of noise costs %d bytes, at most %d", got, MaxSnapshot)
	}
}

func TestDecompressTile_Refuses(t *testing.T) {
	good := CompressTile(canvas.Tile(bytes.Repeat([]byte{1, 2, 3}, 12)))
	with := func(change func(p []byte) []byte) []byte { return change(bytes.Clone(good)) }
	for _, test := range []struct {
		name          string
		data          []byte
		width, height int
	}{
		{"a smaller region", good, 3, 3},
		{"a larger region", good, 4, 4},
		{"a pixel more", CompressTile(canvas.Tile(bytes.Repeat([]byte{1, 2, 3}, 13))), 4, 3},
		{"a byte less", CompressTile(canvas.Tile(bytes.Repeat([]byte{1}, 35))), 4, 3},
		{"cut off", good[:len(good)-1], 4, 3},
		{"checksum wrong", with(func(p []byte) []byte { p[len(p)-1] ^= 1; return p }), 4, 3},
		{"bytes after the end", with(func(p []byte) []byte { return append(p, 0) }), 4, 3},
		{"not zlib", with(func(p []byte) []byte { return p[2:] }), 4, 3},
		{"one byte", []byte{0x78}, 4, 3},
		{"no such region", good, 0, 3},
		{"region too large", nil, 257, 1},
		{"negative region", nil, -1, 3},
	} {
		if tile, err := DecompressTile(test.data, test.width, test.height); !errors.Is(err, ErrMalformed) || tile != nil {
			t.Errorf("%s: %d bytes and error %v, want ErrMalformed", test.name, len(tile), err)
		}
	}
	if _, err := DecompressTile(good, 4, 3); err != nil {
		t.Errorf("the unchanged data: %v", err)
	}
}

// TestDecompressTile_Bomb: data smaller than a snapshot that unpacks to 16 MB costs no more memory
// than the region it claims to be.
func TestDecompressTile_Bomb(t *testing.T) {
	bomb := CompressTile(make(canvas.Tile, 16<<20))
	if len(bomb) > MaxSnapshot {
		t.Fatalf("%d bytes are no bomb", len(bomb))
	}

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := DecompressTile(bomb, 256, 256)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrMalformed) {
		t.Errorf("%d bytes of bomb: error %v, want ErrMalformed", len(bomb), err)
	}
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 512<<10 {
		t.Errorf("%d bytes allocated, at most 512 KiB", spent)
	}
}

// TestCompressTile_Concurrent: compressors are shared, results are not.
func TestCompressTile_Concurrent(t *testing.T) {
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			tile := canvas.Tile(bytes.Repeat([]byte{byte(worker), 1, 2}, 32*32))
			for range 50 {
				if got, err := DecompressTile(CompressTile(tile), 32, 32); err != nil || !bytes.Equal(got, tile) {
					t.Errorf("worker %d got another's tile (error %v)", worker, err)
					return
				}
			}
		})
	}
	group.Wait()
}

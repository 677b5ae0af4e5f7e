package api

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

// noise paints every pixel of a fake canvas at random; about one in 60 stays background.
func noise(t testing.TB, c *fakeCanvas) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, tile := range c.tiles {
		for i := range tile {
			if tile[i] = byte(random.Uint32()); i%180 < 3 {
				tile[i] = 0xFF
			}
		}
	}
}

// TestCanvas_Whole: what is sent is the painted pixels, all of them and nothing else.
func TestCanvas_Whole(t *testing.T) {
	large := canvas.Geometry{Width: 300, Height: 270, Region: 128} // more than one buffer
	p := newPod(t, func(c *Config) { c.Geometry = large })
	noise(t, p.canvas)
	got := decode[struct {
		Width, Height int
		Pixels        map[string]string
	}](t, p.ask("GET", "/api/canvas", "").Body)
	if got.Width != 300 || got.Height != 270 {
		t.Errorf("canvas is %dx%d", got.Width, got.Height)
	}
	painted := 0
	for y := range large.Height {
		for x := range large.Width {
			want, key := p.canvas.at(x, y), strconv.Itoa(x)+","+strconv.Itoa(y)
			color, ok := got.Pixels[key]
			if ok != (want != canvas.Background) || ok && color != want.String() {
				t.Fatalf("pixel %s is %q, want %s", key, color, want)
			}
			if ok {
				painted++
			}
		}
	}
	if painted != len(got.Pixels) {
		t.Errorf("%d pixels, want %d", len(got.Pixels), painted)
	}
}

// TestCanvas_TooLongToKeep: a list that is too long to be kept is made anew for everybody while it is
// sent, and for a minute not even tried otherwise.
func TestCanvas_TooLongToKeep(t *testing.T) {
	large := canvas.Geometry{Width: 768, Height: 768, Region: 256}
	p := newPod(t, func(c *Config) { c.Geometry = large })
	noise(t, p.canvas)
	lengths := make(map[int]int)
	ask := func() (regions int) {
		before := p.canvas.reads
		w := p.ask("GET", "/api/canvas", "")
		lengths[w.Body.Len()]++
		if w.Code != http.StatusOK || w.Body.Len() < maxKeptImage {
			t.Fatalf("status %d, %d bytes", w.Code, w.Body.Len())
		}
		return p.canvas.reads - before
	}
	tried, then := ask(), ask()
	p.server.longUntil.Store(p.server.Now().UnixNano()) // a minute later
	if again := ask(); tried <= large.Regions() || then != large.Regions() || again != tried || len(lengths) != 1 {
		t.Errorf("%d regions are read, then %d, then %d, for answers of %v bytes", tried, then, again, lengths)
	}
	if taken := p.server.images.memory.Taken(); taken != 0 {
		t.Errorf("%d bytes are still taken", taken)
	}
}

func TestCanvas_Blank(t *testing.T) {
	if got := newPod(t).ask("GET", "/api/canvas", "").Body.String(); got != "{\"width\":40,\"height\":20,\"pixels\":{}}\n" {
		t.Errorf("got %s", got)
	}
}

// TestCanvas_CutOff: when a region fails after the status was sent, the client sees a
// broken answer and not a canvas with a hole. The turn must have been given back.
func TestCanvas_CutOff(t *testing.T) {
	for target, reads := range map[string]int{"/api/canvas": 2, "/api/canvas.png": 6 + 3} {
		t.Run(target, func(t *testing.T) {
			p := newPod(t)
			p.server.longUntil.Store(math.MaxInt64)
			server := httptest.NewServer(p)
			defer server.Close()
			for range 2 * cap(newEncodeSlots()) { // every turn would be lost if one was
				p.canvas.mu.Lock()
				p.canvas.readErr, p.canvas.readsLeft = errBroken, reads
				p.canvas.mu.Unlock()
				response, err := server.Client().Get(server.URL + target)
				if err == nil {
					_, err = io.ReadAll(response.Body)
					response.Body.Close()
				}
				if broken := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF); !broken && (err != nil || response.StatusCode != 503) {
					t.Fatalf("got error %v, want the answer to break off, or never to begin", err)
				}
			}
			p.canvas.mu.Lock()
			p.canvas.readErr = nil
			p.canvas.mu.Unlock()
			response, err := server.Client().Get(server.URL + target)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if body, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK || len(body) == 0 {
				t.Errorf("afterwards: got %d, %d bytes, error %v", response.StatusCode, len(body), err)
			}
		})
	}
}

func TestCanvas_AppendPaintedAllocatesNothing(t *testing.T) {
	row := canvas.Tile(bytes.Repeat([]byte{1, 2, 3}, 256))
	dst := make([]byte, 0, 24*256)
	if n := testing.AllocsPerRun(10, func() { dst = appendPainted(dst[:0], row, 16128, 16383) }); n != 0 {
		t.Errorf("%v allocations a row", n)
	}
	if len(dst) > 24*256 {
		t.Errorf("%d bytes a row: pixelList says at most 24 a pixel", len(dst))
	}
}

// discard is a client that takes everything.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) WriteHeader(int)             {}
func (d discard) Write(p []byte) (int, error) { return len(p), nil }

// BenchmarkCanvas downloads a canvas of 1024x1024 painted all over.
func BenchmarkCanvas(b *testing.B) {
	for name, target := range map[string]string{"json": "/api/canvas", "png": "/api/canvas.png"} {
		b.Run(name, func(b *testing.B) {
			p := newPod(b, func(c *Config) { c.Geometry = canvas.Geometry{Width: 1024, Height: 1024, Region: 256} })
			noise(b, p.canvas)
			request := httptest.NewRequest("GET", target, nil)
			b.ReportAllocs()
			b.SetBytes(1024 * 1024 * 3)
			for b.Loop() {
				p.ServeHTTP(discard{make(http.Header)}, request)
			}
		})
	}
}

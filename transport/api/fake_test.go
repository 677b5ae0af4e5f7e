package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
	"pixelplayground/transport/api/admin"
	"pixelplayground/transport/api/metrics"
	"pixelplayground/transport/stats"
)

// fakeCanvas is a canvas without actors.
type fakeCanvas struct {
	geometry canvas.Geometry
	names    []string
	stats    telemetry.Stats

	mu     sync.Mutex // guards:
	tiles  []canvas.Tile
	seqs   []uint64
	placed []actors.Stroke // every call of Place

	persons []canvas.Person // of every call of Place
	reads   int
	// What Read and Place fail with; readsLeft >= 0 lets that many reads pass first.
	readErr   error
	readsLeft int
	placeErr  func(call int) error
	// What Place and Left say of the allowance, and what refuses whole calls of Place.
	left    actors.Left
	limited bool
	refusal *actors.RefusedError

	slow func() // what each Read waits for first; nil: nothing
}

func newFakeCanvas(g canvas.Geometry) *fakeCanvas {
	c := &fakeCanvas{geometry: g, names: []string{"Ada", ""}, seqs: make([]uint64, g.Regions())}
	for id := range canvas.RegionID(g.Regions()) {
		_, _, width, height := g.Bounds(id)
		c.tiles = append(c.tiles, canvas.NewTile(width, height))
	}
	return c
}

func (c *fakeCanvas) Read(_ context.Context, region canvas.RegionID) (*canvas.Snapshot, error) {
	if c.slow != nil {
		c.slow()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads++
	if c.readErr != nil {
		if c.readsLeft == 0 {
			return nil, c.readErr
		}
		c.readsLeft--
	}
	return &canvas.Snapshot{
		Region: region, Position: canvas.Position{Epoch: 1, Seq: c.seqs[region]}, Tile: bytes.Clone(c.tiles[region]),
	}, nil
}

func (c *fakeCanvas) Place(_ context.Context, person canvas.Person, strokes []actors.Stroke) (done actors.Placed, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() { done.Left, done.Limited = c.left, c.limited }()
	if c.persons = append(c.persons, person); c.refusal != nil {
		return done, c.refusal
	}
	for _, one := range strokes {
		c.placed = append(c.placed, one)
		if c.placeErr != nil {
			if err := c.placeErr(len(c.placed)); err != nil {
				return done, err
			}
		}
		for _, d := range one.Dots {
			c.paint(int(d.X), int(d.Y), d.Color)
		}
		done.Pixels += len(one.Dots)
	}
	return done, nil
}

func (c *fakeCanvas) Left(context.Context, canvas.Person) (actors.Left, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left, c.limited, nil
}

func (c *fakeCanvas) paint(x, y int, color canvas.Color) {
	region, pos := c.geometry.Locate(x, y)
	c.tiles[region].Set(pos, color)
	c.seqs[region]++
}

func (c *fakeCanvas) at(x, y int) canvas.Color {
	c.mu.Lock()
	defer c.mu.Unlock()
	region, pos := c.geometry.Locate(x, y)
	return c.tiles[region].At(pos)
}

func (c *fakeCanvas) Local(context.Context) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.names, c.readErr
}
func (c *fakeCanvas) Users() int              { return 7 }
func (c *fakeCanvas) Stats() *telemetry.Stats { return &c.stats }

type fakeStore struct{ err error }

func (s *fakeStore) Ping(ctx context.Context) error { return s.err }

var errBroken = errors.New("broken")

// small cuts regions off at both edges: 3 columns and 2 rows, the last ones 8 and 4 pixels.
var small = canvas.Geometry{Width: 40, Height: 20, Region: 16}

// noon is when everything happens.
var noon = time.Date(2026, 5, 4, 12, 0, 0, 7e6, time.UTC)

// pod is an API over fakes.
type pod struct {
	http.Handler
	apart     http.Handler
	server    *server
	canvas    *fakeCanvas
	store     *fakeStore
	draining  bool
	recording error // why the record is behind
	sockets   stats.Counters
	flushes   atomic.Int64
	cluster   fakeCluster
	now       time.Time
}

// fakeCluster is no pods at all.
type fakeCluster struct {
	admin.Inspectors
	waits error
}

func (c *fakeCluster) Ready() error { return c.waits }

func (c *fakeCluster) Members() []admin.Member { return nil }

func (c *fakeCluster) Survey(context.Context, []string, message.Inspect) []*message.Report {
	return nil
}

func newPod(t testing.TB, change ...func(*Config)) *pod {
	t.Helper()
	return newPodOf(t, nil, change...)
}

// newPodOf makes a pod that people tell who is who; nil: nobody does.
func newPodOf(t testing.TB, people People, change ...func(*Config)) *pod {
	t.Helper()
	return newPodWith(t, func(ports *Ports) { ports.People = people }, change...)
}

// newPodWith makes a pod whose ports are changed before it begins.
func newPodWith(t testing.TB, adapt func(*Ports), change ...func(*Config)) *pod {
	t.Helper()
	cfg := Config{Node: "pod-1", Pages: true, Versions: Versions{"1.2.3", "1.4", "1.5", "1.6"}, Geometry: small}
	for _, f := range change {
		f(&cfg)
	}
	p := &pod{canvas: newFakeCanvas(cfg.Geometry), store: &fakeStore{}, now: noon}
	ports := Ports{
		Canvas:     p.canvas,
		Cluster:    &p.cluster,
		Inspectors: &p.cluster,
		Store:      p.store,
		Pages: fstest.MapFS{
			"index.html":    {Data: []byte("<!doctype html><title>canvas</title>")},
			"app/main.js":   {Data: []byte("export {}")},
			"app/style.css": {Data: []byte("body{}")},
		},
		AdminPages: fstest.MapFS{"login.html": {Data: []byte("<!doctype html><title>log in</title>")}},
		Origin:     func(r *http.Request) bool { return r.Header.Get("Origin") == "https://friend.example" },
		Sockets:    &p.sockets,
		Counters:   []metrics.Counter{{Name: "store_flushes_total", Help: "Flushes of the store.", Value: &p.flushes}},
		Draining:   func() bool { return p.draining },
		Recording:  func() error { return p.recording },
		Now:        func() time.Time { return p.now },
	}
	adapt(&ports)
	handlers, err := New(cfg, ports)
	if err != nil {
		t.Fatal(err)
	}
	p.Handler, p.apart, p.server = handlers.All, handlers.Admin, handlers.server
	return p
}

// ask sends one request; headers are pairs of name and value.
func (p *pod) ask(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func decode[T any](t testing.TB, body io.Reader) (v T) {
	t.Helper()
	if err := json.NewDecoder(body).Decode(&v); err != nil {
		t.Fatalf("not JSON: %v", err)
	}
	return v
}

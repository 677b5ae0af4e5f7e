package api

import (
	"context"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/transport/api/answer"
)

// kept is what the API still holds for requests that are over, by name; it should hold nothing.
func (p *pod) kept() map[string]int {
	s := p.server
	kept := map[string]int{"memory of bodies": s.bodies.Taken(), "memory of images": s.images.memory.Taken(), "turns": len(s.slots)}
	s.jobs.mu.Lock()
	kept["jobs"], kept["networks with jobs"] = len(s.jobs.all), len(s.jobs.of)
	s.jobs.mu.Unlock()
	s.images.mu.Lock()
	kept["views"] = len(s.images.views)
	s.images.mu.Unlock()
	for name, n := range kept {
		if n == 0 {
			delete(kept, name)
		}
	}
	return kept
}

// TestAPI_KeepsNothingOfWhatIsOver: however a request ends, it gives back what it has taken of
// what all requests share.
func TestAPI_KeepsNothingOfWhatIsOver(t *testing.T) {
	stranger := answer.ClientOf(from("192.0.2.9", "/"))
	spend := func(p *pod) { p.server.costs.Take(answer.ClientOf(from("192.0.2.1", "/")), workBurst, p.server.Now()) }
	noRoom := func(p *pod) { p.server.images.memory.Take(stranger, true, allImages) } // so images are made as they are sent
	noBodies := func(p *pod) { p.server.bodies.Take(stranger, true, allBodies) }
	fails := func(after int) func(*pod) {
		return func(p *pod) { p.canvas.readErr, p.canvas.readsLeft = errBroken, after }
	}
	refuses := func(p *pod) { p.canvas.placeErr = func(int) error { return errBroken } }
	whole := middling.Regions()
	spaces := strings.Repeat(" ", 100_000)
	const cutOff = 0
	for _, tt := range []struct {
		name, method, target, body string
		status                     int
		before                     []func(*pod)
	}{
		{"image", "GET", "/api/canvas.png", "", 200, nil},
		{"image that is too much work", "GET", "/api/canvas.png", "", 429, []func(*pod){spend}},
		{"image of a canvas that can't be read", "GET", "/api/canvas.png", "", 503, []func(*pod){fails(0)}},
		{"image of one that fails half-way", "GET", "/api/canvas.png", "", 503, []func(*pod){fails(whole + 1)}},
		{"image that can't be kept", "GET", "/api/canvas.png", "", 200, []func(*pod){noRoom}},
		{"the same, too much work", "GET", "/api/canvas.png", "", 429, []func(*pod){noRoom, spend}},
		{"the same, not to be read", "GET", "/api/canvas.png", "", 503, []func(*pod){noRoom, fails(whole)}},
		{"the same, failing half-way", "GET", "/api/canvas.png", "", cutOff, []func(*pod){noRoom, fails(2*whole + 1)}},
		{"head of an image", "HEAD", "/api/canvas.png", "", 200, nil},
		{"head of one that can't be read", "HEAD", "/api/canvas.png", "", 503, []func(*pod){fails(2)}},
		{"canvas", "GET", "/api/canvas", "", 200, nil},
		{"canvas that is too much work", "GET", "/api/canvas", "", 429, []func(*pod){spend}},
		{"canvas of which a region can't be read", "GET", "/api/canvas", "", 503, []func(*pod){fails(whole - 1)}},
		{"canvas that can't be kept", "GET", "/api/canvas", "", 200, []func(*pod){noRoom}},
		{"the same, too much work", "GET", "/api/canvas", "", 429, []func(*pod){noRoom, spend}},
		{"canvas that can't be read", "GET", "/api/canvas", "", 503, []func(*pod){fails(0)}},
		{"pixels", "PUT", "/api/pixels", `{"pixels":[]}` + spaces, 200, nil},
		{"pixels that are none", "PUT", "/api/pixels", strings.Repeat("[", 100_000), 400, nil},
		{"pixels of too many bytes", "PUT", "/api/pixels", strings.Repeat(" ", answer.MaxPixelsBody+1), 413, nil},
		{"pixels that are too much work", "PUT", "/api/pixels", spaces, 429, []func(*pod){spend}},
		{"pixels without memory", "PUT", "/api/pixels", spaces, 503, []func(*pod){noBodies}},
		{"pixels that are refused", "PUT", "/api/pixels", `{"pixels":[{"x":1,"y":1,"color":"#FF0000"}]}` + spaces, 503, []func(*pod){refuses}},
		{"a pixel that is none", "PUT", "/api/pixel", strings.Repeat("9", 30_000), 400, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPod(t, func(c *Config) { c.Geometry, c.Rate, c.Burst = middling, 1000, 1000 })
			noise(t, p.canvas)
			for _, f := range tt.before {
				f(p)
			}
			before := p.kept()
			r := httptest.NewRequest(tt.method, tt.target, io.MultiReader(strings.NewReader(tt.body))) // its length is not said
			if status := statusOf(p, r); status != tt.status {
				t.Errorf("got %d", status)
			}
			if after := p.kept(); !maps.Equal(before, after) {
				t.Errorf("it held %v, and now %v", before, after)
			}
		})
	}
}

// A fault while something is decoded or encoded must not keep the turn, which all wait for.
func TestTurns_AreGivenBackByWhatFails(t *testing.T) {
	turns := make(encodeSlots, 1)
	for range 2 {
		func() {
			defer func() { _ = recover() }()
			turns.during(func() { panic("made to fail") })
		}()
	}
	if len(turns) != 0 {
		t.Error("the turn is kept")
	}
}

// statusOf is what a request is answered; 0: it is cut off.
func statusOf(h http.Handler, r *http.Request) (status int) {
	defer func() {
		if recover() == http.ErrAbortHandler {
			status = 0
		}
	}()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// Goal: requests whose clients leave while they are served keep nothing, either.
// Method: hundreds of requests over TCP are broken off after a random time, while the canvas
// changes and fails now and then.
func TestAPI_KeepsNothingOfThoseWhoLeave(t *testing.T) {
	p := newPod(t, func(c *Config) { c.Geometry = middling })
	noise(t, p.canvas)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	server := httptest.NewServer(p)
	defer server.Close()
	targets := []string{"/api/canvas.png", "/api/canvas.png?scale=2", "/api/canvas", "/health", "/readyz", "/api/cluster", "/api/pixels"}
	var all sync.WaitGroup
	for i := range 8 {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		all.Go(func() {
			for range 50 {
				p.canvas.mu.Lock()
				p.canvas.paint(r.IntN(256), r.IntN(256), 1)
				p.canvas.readErr, p.canvas.readsLeft = nil, r.IntN(100)
				if r.IntN(4) == 0 {
					p.canvas.readErr = errBroken
				}
				p.canvas.mu.Unlock()
				leave(t, server, targets[r.IntN(len(targets))], time.Duration(r.IntN(4000))*time.Microsecond)
			}
		})
	}
	all.Wait()
	eventually(t, "all is given back", func() bool { return len(p.kept()) == 0 })
}

// leave asks for something and goes away after a while.
func leave(t *testing.T, server *httptest.Server, target string, after time.Duration) {
	ctx, cancel := context.WithTimeout(t.Context(), after)
	defer cancel()
	method, body := "GET", io.Reader(nil)
	if target == "/api/pixels" {
		method, body = "PUT", strings.NewReader(strings.Repeat(" ", 300_000))
	}
	r, err := http.NewRequestWithContext(ctx, method, server.URL+target, body)
	if err != nil {
		t.Error(err)
		return
	}
	if response, err := server.Client().Do(r); err == nil {
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
}

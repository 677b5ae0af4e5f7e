package api

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/transport/api/history/historytest"
	"pixelplayground/transport/auth"
	"pixelplayground/transport/quota"
)

// newRecorded makes a pod whose record knows of each pixel of the canvas.
func newRecorded(t testing.TB, change ...func(*Config)) (*pod, *historytest.Record) {
	t.Helper()
	r := historytest.New(small)
	p := newPodWith(t, func(ports *Ports) { ports.Record = r }, change...)
	return p, r
}

// paint paints the canvas, and records that Ada did.
func paint(p *pod, r *historytest.Record, at time.Time, x, y int, c canvas.Color) {
	p.canvas.mu.Lock()
	p.canvas.paint(x, y, c)
	p.canvas.mu.Unlock()
	r.Draw(at, x, y, c, 0xABCDEF123456, "Ada")
}

func TestPast_PixelSaysWho(t *testing.T) {
	p, r := newRecorded(t)
	paint(p, r, noon, 3, 4, 0xFF0000)
	p.canvas.paint(5, 5, 0x00FF00) // which the record does not know
	r.Draw(noon, 20, 4, 0x0000FF, 7, "")
	p.canvas.paint(36, 4, 0x123456)
	r.Draw(noon, 36, 4, 0x654321, 7, "")
	r.Draw(noon, 36, 5, 0x654321, 0, "")
	for target, want := range map[string]string{
		"/api/pixel/3/4": `{"x":3,"y":4,"color":"#FF0000","seq":1,"time":1777896000007,"user":"abcdef123456","name":"Ada"}`,
		"/api/pixel/0/0": `{"x":0,"y":0,"color":"#FFFFFF"}`,
		"/api/pixel/5/5": `{"x":5,"y":5,"color":"#00FF00"}`,
		// The record knows a later pixel than the canvas when it was read: both were acknowledged.
		"/api/pixel/20/4": `{"x":20,"y":4,"color":"#0000FF","seq":1,"time":1777896000007,"user":"000000000007"}`,
	} {
		if w := p.ask("GET", target, ""); w.Code != 200 || strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("%s: %d %s\nwant %s", target, w.Code, w.Body, want)
		}
	}
	// Another colour than what was placed last: nobody is blamed for it.
	p.canvas.mu.Lock()
	p.canvas.seqs[2] = 9
	p.canvas.mu.Unlock()
	if w := p.ask("GET", "/api/pixel/36/4", ""); strings.TrimSpace(w.Body.String()) != `{"x":36,"y":4,"color":"#123456"}` {
		t.Errorf("of an unknown author: %s", w.Body)
	}
}

// TestPast_PixelWithoutTheRecord: the colour is answered whatever becomes of the record.
func TestPast_PixelWithoutTheRecord(t *testing.T) {
	p, r := newRecorded(t)
	paint(p, r, noon, 3, 4, 0xFF0000)
	const want = `{"x":3,"y":4,"color":"#FF0000","record":"It can't be looked up right now who placed this"}`
	r.Fail(record.ErrUnavailable, 0)
	w := p.ask("GET", "/api/pixel/3/4", "")
	if w.Code != 200 || strings.TrimSpace(w.Body.String()) != want || w.Header().Get("Retry-After") != "1" {
		t.Errorf("while it fails: %d %s", w.Code, w.Body)
	}
	r.Fail(nil, 0)
	p.server.costs = quota.NewRates(1, lookWork)
	for i, known := range []bool{true, false} {
		w := p.ask("GET", "/api/pixel/3/4", "")
		if got := strings.Contains(w.Body.String(), "Ada"); w.Code != 200 || got != known {
			t.Errorf("question %d of a network that asks too much: %d %s", i, w.Code, w.Body)
		}
	}
}

func TestPast_Image(t *testing.T) {
	p, r := newRecorded(t)
	paint(p, r, noon.Add(-time.Hour), 3, 4, 0xFF0000)
	paint(p, r, noon.Add(-time.Minute), 3, 4, 0x00FF00)
	paint(p, r, noon, 39, 19, 0x0000FF)
	now := p.ask("GET", "/api/canvas.png", "")
	for _, at := range []string{"now", "253402300799999", "2026-05-04T12:00:00.007Z", "1777896000007"} {
		if w := p.ask("GET", "/api/canvas.png?at="+at, ""); w.Code != 200 || !bytes.Equal(w.Body.Bytes(), now.Body.Bytes()) || w.Header().Get("Content-Type") != "image/png" {
			t.Errorf("at=%s is not what /api/canvas.png shows: %d", at, w.Code)
		}
	}
	red, blank := color.RGBA{255, 0, 0, 255}, color.RGBA{255, 255, 255, 255}
	for at, want := range map[string]color.RGBA{"2026-05-04T11:58:00Z": red, "1777892400007": red, "1777892400006": blank, "0": blank} {
		w := p.ask("GET", "/api/canvas.png?x=3&y=4&w=1&h=1&scale=2&at="+at, "")
		picture, err := png.Decode(w.Body)
		if err != nil || picture.Bounds().Dx() != 2 || picture.At(1, 1) != want {
			t.Errorf("at=%s: %v, %v", at, picture, err)
		}
	}
	for at, want := range map[string]string{"": "at must be a time", "-1": "at must be a time", "later": "at must be a time", "1777892400007&scale=0": "scale must be"} {
		if w := p.ask("GET", "/api/canvas.png?at="+at, ""); w.Code != 400 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("at=%s: %d %s", at, w.Code, w.Body)
		}
	}
}

func TestPast_ImageCaching(t *testing.T) {
	p, r := newRecorded(t)
	paint(p, r, noon.Add(-time.Hour), 3, 4, 0xFF0000)
	r.Settle(noon.Add(-time.Hour))
	const settled = "/api/canvas.png?at=1777892400007"
	w := p.ask("GET", settled, "", "Origin", "https://friend.example")
	tag := w.Header().Get("ETag")
	if w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" || tag == "" || w.Header().Get("Access-Control-Allow-Origin") == "" {
		t.Errorf("headers %v", w.Header())
	}
	for _, method := range []string{"GET", "HEAD"} {
		if w := p.ask(method, settled, "", "If-None-Match", tag); w.Code != 304 || w.Body.Len() > 0 {
			t.Errorf("%s of what is known: %d", method, w.Code)
		}
	}
	if w := p.ask("GET", "/api/canvas.png?at=1777892400008", ""); w.Header().Get("Cache-Control") != "public, no-cache" {
		t.Errorf("unsettled: %v", w.Header())
	}
	costs := p.server.costs
	p.server.costs = quota.NewRates(1, 1) // too little for any image
	if w := p.ask("GET", settled+"&x=0", ""); w.Code != 429 || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("ETag") != "" {
		t.Errorf("a refusal that caches would keep for a year: %d %v", w.Code, w.Header())
	}
	p.server.costs = costs
	r.Fail(record.ErrUnavailable, 0)
	if w := p.ask("GET", settled, ""); w.Code != 503 || w.Header().Get("Retry-After") == "" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("without its record: %d %v", w.Code, w.Header())
	}
}

// TestPast_Bounds: questions of the record are expensive requests like others, for each network and in
// all.
func TestPast_Bounds(t *testing.T) {
	p, r := newRecorded(t)
	paint(p, r, noon, 3, 4, 0xFF0000)
	targets := []string{"/api/pixel/3/4/history", "/api/history/0", "/api/stats", "/api/canvas.png?at=5"}
	release := r.Hold()
	var all sync.WaitGroup
	for i := range networkJobs {
		all.Go(func() {
			w := httptest.NewRecorder()
			if p.ServeHTTP(w, from("192.0.2.1", targets[i])); w.Code != 200 {
				t.Errorf("%s: %d %s", targets[i], w.Code, w.Body)
			}
		})
		eventually(t, "it has begun", func() bool { return p.server.jobs.count() == i+1 })
	}
	for _, target := range targets {
		if target == "/api/stats" {
			target += "?to=7" // the others' would be shared
		}
		w := httptest.NewRecorder()
		if p.ServeHTTP(w, from("192.0.2.1", target)); w.Code != 429 || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s, one more: %d %s", target, w.Code, w.Body)
		}
	}
	for i := networkJobs; i < allJobs; i++ {
		all.Go(func() {
			w := httptest.NewRecorder()
			if p.ServeHTTP(w, from(fmt.Sprintf("192.0.2.%d", 2+i), "/api/history/1")); w.Code != 200 {
				t.Errorf("of another: %d %s", w.Code, w.Body)
			}
		})
	}
	eventually(t, "all places are taken", func() bool { return p.server.jobs.count() == allJobs })
	w := httptest.NewRecorder()
	if p.ServeHTTP(w, from("192.0.2.99", "/api/history/1")); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("one too many: %d %s", w.Code, w.Body)
	}
	release()
	all.Wait()
	if n := p.server.jobs.count(); n != 0 {
		t.Errorf("%d jobs are left", n)
	}
}

// TestPast_Paced: who asks for more than a network may have gets it more slowly, and ends when it is
// cut off.
func TestPast_Paced(t *testing.T) {
	p, r := newRecorded(t)
	for i := range 100 {
		r.Draw(noon, i%16, i/16, canvas.Color(i), 7, "")
	}
	p.server.costs = quota.NewRates(1, 1<<18) // enough to begin
	var all sync.WaitGroup
	all.Go(func() {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, from("192.0.2.1", "/api/history/0"))
		if w.Code != 503 {
			t.Errorf("cut off: %d %s", w.Code, w.Body)
		}
	})
	eventually(t, "it waits", func() bool { return r.Asked("Tile") == 1 && p.server.jobs.count() == 1 })
	p.server.jobs.mu.Lock()
	for one := range p.server.jobs.all {
		one.cut.Store(true)
	}
	p.server.jobs.mu.Unlock()
	all.Wait()
}

// TestPast_SlowReader: who takes an answer too slowly is cut off where others need its place.
func TestPast_SlowReader(t *testing.T) {
	p, r := newRecorded(t)
	for i := range 20_000 {
		r.Draw(noon, i%16, i/16%16, canvas.Color(i), canvas.Author(i+1), "")
	}
	goOn := make(chan struct{})
	w := &slowly{ResponseRecorder: httptest.NewRecorder(), wrote: make(chan struct{}), goOn: goOn}
	var all sync.WaitGroup
	all.Go(func() {
		defer func() {
			if fault := recover(); fault != http.ErrAbortHandler {
				t.Errorf("recovered %v", fault)
			}
		}()
		p.ServeHTTP(w, from("192.0.2.1", "/api/history/0"))
	})
	<-w.wrote
	p.server.jobs.mu.Lock()
	for one := range p.server.jobs.all {
		one.cut.Store(true)
	}
	p.server.jobs.mu.Unlock()
	close(goOn)
	all.Wait()
	if n := p.server.jobs.count(); n != 0 {
		t.Errorf("%d jobs are left", n)
	}
}

// TestPast_Rights: who may not see the canvas sees nothing of its past, and no cache shares what only
// some may see.
func TestPast_Rights(t *testing.T) {
	r := historytest.New(small)
	r.Draw(noon.Add(-time.Hour), 3, 4, 0xFF0000, 7, "Ada")
	r.Settle(noon)
	p := newPodWith(t, func(ports *Ports) { ports.Record, ports.People = r, &membersOnly{} })
	for _, target := range []string{"/api/pixel/3/4", "/api/pixel/3/4/history", "/api/history/0?to=1777892400007", "/api/stats", "/api/canvas.png?at=1777892400007"} {
		if w := p.ask("GET", target, ""); w.Code != 401 || strings.Contains(w.Body.String(), "Ada") {
			t.Errorf("%s of a stranger: %d %s", target, w.Code, w.Body)
		}
		w := p.ask("GET", target, "", "Authorization", "Bearer member")
		if w.Code != 200 || strings.Contains(w.Header().Get("Cache-Control"), "public") {
			t.Errorf("%s of a member: %d %v", target, w.Code, w.Header())
		}
	}
}

// membersOnly lets only one see the canvas.
type membersOnly struct{ fakePeople }

func (*membersOnly) MayWatch(shown auth.Shown) *auth.Refusal {
	if slices.Contains(shown.Authorization, "Bearer member") {
		return nil
	}
	return &auth.Refusal{Status: http.StatusUnauthorized, Text: "sign in"}
}

// TestPast_Off: without a record all is as it was, and what needs one says so.
func TestPast_Off(t *testing.T) {
	p := newPod(t)
	for _, target := range []string{"/api/pixel/3/4/history", "/api/history/0", "/api/stats", "/api/canvas.png?at=5"} {
		w := p.ask("GET", target, "")
		if w.Code != 404 || strings.TrimSpace(w.Body.String()) != `{"error":"There is no record here: the server was started without --record"}` {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	if w := p.ask("GET", "/api/pixel/3/4", ""); strings.TrimSpace(w.Body.String()) != `{"x":3,"y":4,"color":"#FFFFFF"}` {
		t.Errorf("a pixel: %s", w.Body)
	}
}

// count is how many jobs are in progress.
func (j *jobs) count() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.all)
}

package api

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store/memory"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/quota"
)

func TestJobs_Bounds(t *testing.T) {
	now := noon
	j := newJobs(func() time.Time { return now })
	network := func(i int) netip.Prefix { return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 32) }
	var all []*job
	stopped := -1
	for i := range allJobs {
		one, refused := j.begin(network(i/networkJobs), 0, func() { stopped = i })
		if one == nil {
			t.Fatalf("number %d: refused with %d", i, refused)
		}
		all = append(all, one)
	}
	if _, refused := j.begin(network(0), 0, nil); refused != http.StatusTooManyRequests {
		t.Errorf("a network's fifth: %d", refused)
	}
	if _, refused := j.begin(network(9), 0, nil); refused != http.StatusServiceUnavailable {
		t.Errorf("when all are young: %d", refused)
	}
	now = now.Add(jobYoung)
	for i, one := range all {
		one.sent.Store(int64(1000 + (i+5)%allJobs)) // number 11 is the slowest
	}
	if one, _ := j.begin(network(9), 0, nil); one == nil || stopped != 11 || !all[11].cut.Load() {
		t.Errorf("number %d made room", stopped)
	}
	for _, one := range all {
		j.end(one)
		j.end(one)
	}
	if len(j.all) != 1 || len(j.of) != 1 {
		t.Errorf("%d jobs of %d networks are left", len(j.all), len(j.of))
	}
}

func TestJobs_SmallOnesDoNotWaitForLargeOnes(t *testing.T) {
	j := newJobs(func() time.Time { return noon })
	begin := func(i, units int) int {
		_, refused := j.begin(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 32), units, nil)
		return refused
	}
	for i := range allJobs - smallJobs {
		if refused := begin(i, smallWork+1); refused != 0 {
			t.Fatalf("large number %d: %d", i, refused)
		}
	}
	if large, small := begin(50, smallWork+1), begin(51, smallWork); large != http.StatusServiceUnavailable || small != 0 {
		t.Errorf("one more: large %d, small %d", large, small)
	}
}

// middling is a canvas whose images take a moment.
var middling = canvas.Geometry{Width: 256, Height: 256, Region: 64}

func from(address, target string) *http.Request {
	r := httptest.NewRequest("GET", target, nil)
	r.RemoteAddr = address + ":1234"
	return r
}

// TestImage_IdenticalRequestsShareOneRendering: how often regions are read tells how often
// the image, or the list of pixels, was made.
func TestImage_IdenticalRequestsShareOneRendering(t *testing.T) {
	for target, reads := range map[string]int{"/api/canvas.png?scale=4": 2, "/api/canvas": 1} {
		t.Run(target, func(t *testing.T) { shareOne(t, target, reads) })
	}
}

// shareOne asks for something many times at once, for which all regions are read so many times.
func shareOne(t *testing.T, target string, reads int) {
	p := newPod(t, func(c *Config) { c.Geometry = middling })
	noise(t, p.canvas)
	const askers = 30
	var all sync.WaitGroup
	var bodies [askers]string
	for i := range askers {
		all.Go(func() {
			w := httptest.NewRecorder()
			p.ServeHTTP(w, from("192.0.2.1", target))
			bodies[i] = fmt.Sprint(w.Code, w.Body.Len())
			if w.Code != 200 {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
		})
	}
	all.Wait()
	for _, body := range bodies {
		if body != bodies[0] {
			t.Errorf("got %s and %s", body, bodies[0])
		}
	}
	if p.canvas.reads > askers*reads*middling.Regions()/2 {
		t.Errorf("%d regions were read: each of the %d was made for itself", p.canvas.reads, askers)
	}
}

// slowly is a client that takes nothing until it is told to.
type slowly struct {
	*httptest.ResponseRecorder
	wrote, goOn chan struct{}
	once        sync.Once
}

func (s *slowly) Write(p []byte) (int, error) {
	s.once.Do(func() { close(s.wrote) })
	<-s.goOn
	return s.ResponseRecorder.Write(p)
}

// TestWork_OthersAreServedPromptly: however much one address asks for, another does not have to
// wait for it.
func TestWork_OthersAreServedPromptly(t *testing.T) {
	p := newPod(t)
	p.server.longUntil.Store(math.MaxInt64) // lists of pixels are made as they are sent
	goOn := make(chan struct{})
	var all sync.WaitGroup
	for range networkJobs {
		w := &slowly{ResponseRecorder: httptest.NewRecorder(), wrote: make(chan struct{}), goOn: goOn}
		all.Go(func() { p.ServeHTTP(w, from("192.0.2.1", "/api/canvas")) })
		<-w.wrote
	}
	for _, target := range []string{"/api/canvas.png", "/api/canvas", "/api/canvas.png?w=10&h=10"} {
		for address, want := range map[string]int{"192.0.2.1": 429, "192.0.2.2": 200} {
			w := httptest.NewRecorder()
			p.ServeHTTP(w, from(address, target))
			if w.Code != want || want == 429 && w.Header().Get("Retry-After") == "" {
				t.Errorf("%s from %s: %d", target, address, w.Code)
			}
		}
	}
	close(goOn)
	all.Wait()
	w := httptest.NewRecorder()
	if p.ServeHTTP(w, from("192.0.2.1", "/api/canvas")); w.Code != 200 {
		t.Errorf("afterwards: %d", w.Code)
	}
}

func TestWork_CostsBelongToWhoCausesThem(t *testing.T) {
	p := newPod(t)
	area := small.Width * small.Height
	p.server.costs = quota.NewRates(float64(area), 4*area)
	status := func(address, target string) int {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, from(address, target))
		return w.Code
	}
	for i := range 4 {
		if got := status("192.0.2.1", []string{"/api/canvas", "/api/canvas.png"}[i%2]); got != 200 {
			t.Fatalf("number %d: %d", i, got)
		}
	}
	for _, target := range []string{"/api/canvas", "/api/canvas.png", "/api/canvas.png?scale=2"} {
		if got := status("192.0.2.1", target); got != 429 {
			t.Errorf("%s, one more: %d", target, got)
		}
		if got := status("192.0.2.2", target); got != 200 && target != "/api/canvas.png?scale=2" {
			t.Errorf("%s from another address: %d", target, got)
		}
	}
	p.now = p.now.Add(time.Second)
	if got := status("192.0.2.1", "/api/canvas"); got != 200 {
		t.Errorf("after a pause: %d", got)
	}
}

func TestImages_GiveTheirMemoryBack(t *testing.T) {
	p := newPod(t, func(c *Config) { c.Geometry = middling })
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if i%4 == 0 {
				p.canvas.mu.Lock()
				p.canvas.paint(i, i, 0xFF0000)
				p.canvas.mu.Unlock()
			}
			r := from(fmt.Sprintf("192.0.2.%d", i), fmt.Sprintf("/api/canvas.png?scale=%d", 1+i%3))
			p.ServeHTTP(httptest.NewRecorder(), r)
		})
	}
	all.Wait()
	if taken := p.server.images.memory.Taken(); taken != 0 || len(p.server.images.views) != 0 || len(p.server.jobs.all) != 0 {
		t.Errorf("%d bytes, %d views and %d jobs are left", taken, len(p.server.images.views), len(p.server.jobs.all))
	}
}

func TestView_EstimateIsEnough(t *testing.T) {
	p := newPod(t, func(c *Config) { c.Geometry = middling })
	noise(t, p.canvas)
	for _, scale := range []int{1, 2, 3, 8} {
		w := p.ask("GET", fmt.Sprintf("/api/canvas.png?scale=%d", scale), "")
		if most := (view{part: part{0, 0, 256, 256, scale}}).estimate(); w.Body.Len() > most {
			t.Errorf("scale %d: %d bytes, estimated %d", scale, w.Body.Len(), most)
		}
	}
}

// TestBodies_OfModerators: acts and masks take from the same memory, and give it back.
func TestBodies_OfModerators(t *testing.T) {
	documents := memory.New(memory.Config{Geometry: small})
	defer documents.Close()
	p := newPodWith(t, func(ports *Ports) {
		ports.People, ports.Rules = &ranks{}, &Rules{Acts: lawless{}, Documents: documents, People: lawless{}}
	})
	ask := func(path, kind string) int {
		return p.ask("POST", path, strings.Repeat(" ", 7_000), "Cookie", "who=moderator", "Content-Type", kind).Code
	}
	kinds := map[string]string{"/api/acts": "application/json", "/api/masks": "image/png"}
	for path, kind := range kinds {
		if code := ask(path, kind); code != http.StatusBadRequest {
			t.Errorf("%s: %d", path, code)
		}
	}
	if n := p.server.bodies.Taken(); n != 0 {
		t.Errorf("%d bytes are kept", n)
	}
	p.server.bodies.Take(answer.ClientOf(from("192.0.2.9", "/")), true, allBodies)
	for path, kind := range kinds {
		if code := ask(path, kind); code != http.StatusServiceUnavailable {
			t.Errorf("%s without memory: %d", path, code)
		}
	}
}

// TestBodies_ShareTheirMemory: the memory for unfinished bodies is bounded, and one pixel always
// fits.
func TestBodies_ShareTheirMemory(t *testing.T) {
	p := newPod(t)
	server := httptest.NewServer(p)
	defer server.Close()
	var all sync.WaitGroup
	var halves []*io.PipeWriter
	send := func(size int) {
		body, half := io.Pipe()
		halves = append(halves, half)
		all.Go(func() {
			r, _ := http.NewRequest("PUT", server.URL+"/api/pixels", body)
			if response, err := server.Client().Do(r); err == nil {
				response.Body.Close()
			}
		})
		if _, err := half.Write(bytes.Repeat([]byte("["), size)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 4 {
		send(1_000_000)
		eventually(t, "it has come", func() bool { return p.server.bodies.Taken() > 990_000*(i+1) })
	}
	put := func(target, body string) int {
		r, _ := http.NewRequest("PUT", server.URL+target, strings.NewReader(body))
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode
	}
	// No larger than what net/http still reads of a body that is refused: else its client may
	// find the connection closed before it has read the answer.
	if status := put("/api/pixels", `{"pixels":[]}`+strings.Repeat(" ", 250_000)); status != 503 {
		t.Errorf("one too many: %d", status)
	}
	if status := put("/api/pixel", `{"x":1,"y":1,"color":"#FF0000"}`); status != 200 {
		t.Errorf("one pixel: %d", status)
	}
	for _, half := range halves {
		_ = half.Close()
	}
	all.Wait()
	eventually(t, "all is given back", func() bool { return p.server.bodies.Taken() == 0 })
}

func TestBodies_AnnouncedTooLargeAreNotRead(t *testing.T) {
	r := httptest.NewRequest("PUT", "/api/pixels", iotestFails{})
	r.ContentLength = answer.MaxPixelsBody + 1
	w := httptest.NewRecorder()
	if newPod(t).ServeHTTP(w, r); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d", w.Code)
	}
}

type iotestFails struct{}

func (iotestFails) Read([]byte) (int, error) { panic("it is read") }

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after 10 s still not: %s", what)
		}
	}
}

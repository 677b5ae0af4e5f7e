package loadtest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/cmd/pixelctl/loadtest/report/reporttest"
	"pixelplayground/transport/client/clienttest"
)

func TestTheilSen(t *testing.T) {
	for _, test := range []struct {
		name  string
		at, y []float64
		want  float64
	}{
		{"nothing", nil, nil, 0},
		{"a point", []float64{1}, []float64{5}, 0},
		{"a line", []float64{0, 1, 2, 5}, []float64{1, 3, 5, 11}, 2},
		{"falling", []float64{0, 2, 4}, []float64{4, 3, 2}, -0.5},
		{"level", []float64{0, 1, 2, 3}, []float64{7, 7, 7, 7}, 0},
		{"an odd one", []float64{0, 1, 2, 3, 4, 5, 6}, []float64{0, 1, 2, 900, 4, 5, 6}, 1},
		{"the same moment", []float64{3, 3}, []float64{1, 9}, 0},
	} {
		if got := theilSen(test.at, test.y); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestTheilSen_OfManyPoints(t *testing.T) {
	const points = 10 * soakPairs
	at, y := make([]float64, points), make([]float64, points)
	for i := range at {
		at[i] = float64(i)
		y[i] = 3*float64(i) + 50*math.Sin(float64(i))
	}
	if got := theilSen(at, y); math.Abs(got-3) > 0.01 {
		t.Errorf("got %v, want 3", got)
	}
}

// Goal: growth is distinguished from noise, warming up and sawteeth.
func TestGrowth(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, test := range []struct {
		name string
		y    func(part float64) float64
		ok   bool
	}{
		{"level", func(float64) float64 { return 100 }, true},
		{"noise", func(float64) float64 { return 100 + 20*random.Float64() }, true},
		{"a sawtooth, as of garbage collection", func(p float64) float64 { return 80 + 40*math.Mod(p*37, 1) }, true},
		{"warming up", func(p float64) float64 { return 100 * min(1, 0.2+2*p) }, true},
		{"a leak", func(p float64) float64 { return 100 + 50*p }, false},
		{"a leak in noise", func(p float64) float64 { return 100 + 50*p + 20*random.Float64() }, false},
		{"a slow one", func(p float64) float64 { return 100 + 15*p }, true},
		{"shrinking", func(p float64) float64 { return 100 - 90*p }, true},
	} {
		var at, y []float64
		for i := range 200 {
			at = append(at, float64(i)*10)
			y = append(y, test.y(float64(i)/199))
		}
		g := growthOf(at, y)
		if ok := g.Rise <= g.allowed(5); !g.enough() || ok != test.ok {
			t.Errorf("%s: %+v, allowed %v", test.name, g, g.allowed(5))
		}
	}
	if g := growthOf([]float64{0, 1, 2, 3}, []float64{1, 2, 3, 4}); g.enough() || g.Samples != 2 || g.Slope != 1 {
		t.Errorf("four samples: %+v", g)
	}
	if g := growthOf(nil, nil); g.enough() {
		t.Errorf("no samples: %+v", g)
	}
}

func TestGrowth_AllowsAFewMoreOfFew(t *testing.T) {
	if g := (growth{Level: 10}); g.allowed(20) != 20 || (growth{Level: 1000}).allowed(20) != 100 {
		t.Error("the floor does not hold")
	}
}

func TestSoakServer_JudgesSinceTheLastStart(t *testing.T) {
	s := newSoakServer("http://playground-0:8080/metrics")
	for i := range 100 {
		memory, started := 1e9*float64(i), 1000.0
		if i >= 50 {
			memory, started = 5e7, 2000
		}
		if err := s.take(float64(i), map[string]float64{"process_resident_memory_bytes": memory, "go_goroutines": 10, "process_open_fds": 5, "process_start_time_seconds": started}); err != nil {
			t.Fatal(err)
		}
	}
	if g := s.growth(0); s.restarts != 1 || g.Samples != 25 || g.Slope != 0 || g.Level != 50 {
		t.Errorf("%d restarts, %+v", s.restarts, g)
	}
	if v := restarts([]*soakServer{s}); v.Passed || len(v.Detail) != 1 {
		t.Errorf("got %+v", v)
	}
	if v := soakMeasures()[0].verdict(0, []*soakServer{s}); !v.Passed {
		t.Errorf("got %+v", v)
	}
	if err := s.take(101, map[string]float64{"go_goroutines": 10}); err == nil || !strings.Contains(err.Error(), "process_resident_memory_bytes") {
		t.Errorf("got %v", err)
	}
}

func TestEvenly(t *testing.T) {
	for _, test := range []struct {
		n, most int
		want    string
	}{{0, 3, "[]"}, {1, 3, "[0]"}, {3, 5, "[0 1 2]"}, {10, 4, "[0 3 6 9]"}, {1000, 3, "[0 499 999]"}, {5, 1, "[0]"}} {
		if got := fmt.Sprint(evenly(test.n, test.most)); got != test.want {
			t.Errorf("%d of %d: %v, want %v", test.most, test.n, got, test.want)
		}
	}
}

// exporter is a server with metrics, whose memory grows with each scrape.
func exporter(t *testing.T, growth float64) *httptest.Server {
	var looks atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := float64(looks.Add(1))
		fmt.Fprintf(w, "# HELP go_goroutines Number.\n# TYPE go_goroutines gauge\ngo_goroutines 12\n# TYPE process_open_fds gauge\nprocess_open_fds 9\n"+
			"# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %v\n# TYPE http_requests_total counter\nhttp_requests_total{code=\"200\"} 5\n",
			1e8+n*growth)
	}))
	t.Cleanup(s.Close)
	return s
}

// newSoak makes a test of three users on a small canvas.
func newSoak(t *testing.T, duration time.Duration, metrics ...string) *Soak {
	t.Helper()
	server := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{})
	test, err := SoakConfig{Metrics: metrics, Clients: 3, Rate: 100, Duration: duration, Sample: 10 * time.Millisecond}.
		Test(fleet.Config{Targets: []string{server.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	return test.(*Soak)
}

// Goal: a server that leaks is found among others. Method: two servers are asked 60 times, as if a
// minute had passed.
func TestSoak_FindsTheServerThatGrows(t *testing.T) {
	steady, leaking := exporter(t, 0), exporter(t, 5e6)
	test := newSoak(t, time.Minute, steady.URL, leaking.URL)
	for _, s := range test.servers {
		for i := range 60 {
			s.sample(t.Context(), time.Duration(i)*time.Second)
		}
	}
	r := &report.Report{}
	test.judgeGrowth(r)
	r.Seal()
	memory := reporttest.Verdict(t, r, "memory")
	if r.Passed || memory.Passed || len(memory.Detail) != 1 || !strings.HasPrefix(memory.Detail[0], strings.TrimPrefix(leaking.URL, "http://")+": rise of 145 MB") {
		t.Errorf("got %+v", memory)
	}
	for _, name := range []string{"goroutines", "descriptors", "restarts"} {
		if v := reporttest.Verdict(t, r, name); !v.Passed {
			t.Errorf("%+v", v)
		}
	}
	if len(r.Tables) != 2 || len(r.Tables[1].Rows) != soakRows || len(r.Tables[1].Rows[0]) != 4 {
		t.Errorf("tables: %+v", r.Tables)
	}
}

func TestSoak_WatchesWhileItDraws(t *testing.T) {
	server := exporter(t, 0)
	test := newSoak(t, 500*time.Millisecond, server.URL)
	r, err := test.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"restarts", "answers", "order", "reconnect"} {
		if v := reporttest.Verdict(t, r, name); !v.Passed {
			t.Errorf("%+v", v)
		}
	}
	if at := test.servers[0].at; len(at) < 2 || at[0] == at[len(at)-1] || test.servers[0].failed != nil {
		t.Errorf("sampled at %v, %v", at, test.servers[0].failed)
	}
}

func TestSoak_SaysWhenThereIsNotEnoughToTell(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	gone := httptest.NewServer(http.NotFoundHandler())
	defer gone.Close()
	test := newSoak(t, time.Hour, gone.URL)
	go func() {
		for test.crew.Counters.Acked.Load() < 3 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	r, err := test.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	memory := reporttest.Verdict(t, r, "memory")
	if r.Passed || memory.Passed || memory.Text != "not enough samples to tell" || !strings.Contains(strings.Join(memory.Detail, "\n"), "404 Not Found") {
		t.Errorf("got %+v", memory)
	}
	if v := reporttest.Verdict(t, r, "answers"); !v.Passed || r.Interrupted != "drawing" {
		t.Errorf("interrupted in %q: %+v", r.Interrupted, v)
	}
}

func TestSoakConfig_Validate(t *testing.T) {
	good := SoakConfig{Fleet: fleet.Config{Targets: []string{"ws://127.0.0.1:1/ws"}}, Clients: 1, Rate: 1, Duration: time.Minute, Sample: time.Second}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*SoakConfig){
		"duration": func(c *SoakConfig) { c.Sample = 10 * time.Second },
	} {
		c := good
		spoil(&c)
		if _, err := c.Test(c.Fleet); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

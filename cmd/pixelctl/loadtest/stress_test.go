package loadtest

import (
	"context"
	"fmt"
	"image"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/cmd/pixelctl/loadtest/report/reporttest"
	"pixelplayground/codec"
	"pixelplayground/transport/client/clienttest"
)

// stress runs the test against a server.
func stress(t *testing.T, s *clienttest.Canvas, cfg StressConfig) *report.Report {
	t.Helper()
	cfg.Fleet.Targets = []string{s.URL()}
	if cfg.Stroke == 0 {
		cfg.Stroke = 1
	}
	cfg.Duration = time.Second
	test, err := cfg.Test(cfg.Fleet)
	if err != nil {
		t.Fatal(err)
	}
	report, err := test.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if status := test.Status(); status.Clients != cfg.Clients || status.Phase != "settling" {
		t.Errorf("status %+v", status)
	}
	return report
}

func TestStress_PassesWhenAllIsWell(t *testing.T) {
	t.Parallel()
	r := stress(t, clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{}), StressConfig{
		Clients: 12, Rate: 200, Stroke: 2, Churn: 20, Steady: 0.5, Viewports: 0.25, P99: clienttest.Patience,
	})
	if !r.Passed {
		t.Errorf("failed: %+v", r.Verdicts)
	}
	if v := reporttest.Verdict(t, r, "placing"); !strings.HasPrefix(v.Text, "200 of 200 pixels acknowledged") {
		t.Error(v.Text)
	}
	if v := reporttest.Verdict(t, r, "numbering"); v.Text != "the regions' numbers rose by 200 for 200 pixels acknowledged" {
		t.Error(v.Text)
	}
	if r.Latencies[0].Count == 0 || r.Latencies[1].Count != 200 || len(r.Pods) != 1 || r.Pods[0].Clients < 11 {
		t.Errorf("%+v", r)
	}
}

// TestStress_FailsAsItShould: each fault of the server fails the check for it, and no other.
func TestStress_FailsAsItShould(t *testing.T) {
	frames := func(b *canvas.Batch) []codec.ServerMessage { return []codec.ServerMessage{codec.Pixels{Batch: *b}} }
	for _, test := range []struct {
		name   string
		faults clienttest.Faults
		cfg    StressConfig
		failed string
		text   string // what the first failed check says
	}{
		{"lost on the way", clienttest.Faults{Pixels: func(i, n int, b *canvas.Batch) []codec.ServerMessage {
			if i == 2 && n == 40 {
				return nil
			}
			return frames(b)
		}}, StressConfig{}, "delivery", "99.750% of 400 owed pixels delivered, 1 missing"},
		{"sent twice", clienttest.Faults{Pixels: func(i, n int, b *canvas.Batch) []codec.ServerMessage {
			if i == 2 && n == 40 {
				return append(frames(b), frames(b)...)
			}
			return frames(b)
		}}, StressConfig{}, "once", "1 pixel came twice"},
		{"never acknowledged", clienttest.Faults{Silent: func(_ int, p codec.Place) bool { return p.Op == 7 }},
			StressConfig{Fleet: fleet.Config{Patience: 500 * time.Millisecond}}, "placing, settling", "96 of 100 pixels acknowledged, 0 refused, 4 without an answer"},
		{"refused", clienttest.Faults{Refuse: func(i int, p codec.Place) codec.Refused {
			if i == 2 && p.Op == 3 {
				return codec.Refused{Code: canvas.RefusedBusy}
			}
			return codec.Refused{}
		}}, StressConfig{}, "placing", "99 of 100 pixels acknowledged, 1 refused, 0 without an answer"},
		{"slow", clienttest.Faults{Delay: func(int, int) time.Duration { return 2 * time.Millisecond }},
			StressConfig{P99: time.Millisecond}, "latency", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg := test.cfg
			cfg.Clients, cfg.Rate, cfg.Fleet.Area = 4, 100, image.Rect(0, 0, 16, 16)
			r := stress(t, clienttest.NewCanvas(t, clienttest.Small(), test.faults), cfg)
			if got := reporttest.Failed(r); got != test.failed || r.Passed {
				t.Fatalf("failed: %s, want %s: %+v", got, test.failed, r.Verdicts)
			}
			first, _, _ := strings.Cut(test.failed, ",")
			if v := reporttest.Verdict(t, r, "placing"); test.name == "refused" &&
				(len(v.Detail) != 1 || v.Detail[0] != "1 pixel refused with code 3: "+canvas.RefusedBusy.Text()) {
				t.Errorf("details %q", v.Detail)
			}
			if v := reporttest.Verdict(t, r, first); !strings.HasPrefix(v.Text, test.text) {
				t.Errorf("%q, want %q", v.Text, test.text)
			}
		})
	}
}

// TestStress_AStallIsNotHidden: a server stands still for 300 ms in the middle of a second of 200
// pixels. The pixels that were due meanwhile, about 60, had to wait. A client that places a pixel
// only after the answer to the one before would have noticed a single slow answer.
func TestStress_AStallIsNotHidden(t *testing.T) {
	t.Parallel()
	r := stress(t, clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{Placed: func(ops int) {
		if ops == 100 {
			time.Sleep(300 * time.Millisecond) // the fault itself
		}
	}}), StressConfig{Clients: 2, Rate: 200})
	slow := int64(0)
	for _, b := range r.Latencies[1].Buckets {
		if b.UpTo > 100 {
			slow += b.Count
		}
	}
	if slow < 30 {
		t.Errorf("%d of %d answers took 100 ms or more, want about 40", slow, r.Latencies[1].Count)
	}
}

func TestStress_JSON(t *testing.T) {
	t.Parallel()
	r := stress(t, clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{}), StressConfig{
		Fleet: fleet.Config{JSON: true}, Clients: 4, Rate: 100, Churn: 2, Steady: 0.5,
	})
	if !r.Passed {
		t.Errorf("failed: %+v", r.Verdicts)
	}
	if v := reporttest.Verdict(t, r, "placing"); !strings.HasPrefix(v.Text, "100 of 100") {
		t.Error(v.Text)
	}
}

func TestStress_EndsWhenInterrupted(t *testing.T) {
	s := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{})
	made, err := StressConfig{Clients: 4, Rate: 100, Stroke: 1, Duration: time.Hour, Churn: 10, Steady: 0.5}.Test(fleet.Config{Targets: []string{s.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	test := made.(*Stress)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan *report.Report, 1)
	go func() {
		r, err := test.Run(ctx)
		if err != nil {
			t.Error(err)
		}
		ended <- r
	}()
	clienttest.Until(t, "pixels", func() bool { return test.Counters.Acked.Load() > 10 })
	cancel()
	select {
	case r := <-ended:
		if r == nil || !r.Passed || r.Interrupted != "drawing" || r.Latencies[0].Count == 0 {
			t.Errorf("interrupted, and it reports %+v", r)
		}
	case <-time.After(clienttest.Patience):
		t.Fatal("did not end")
	}
}

func TestStressConfig_Validate(t *testing.T) {
	good := StressConfig{Clients: 10, Rate: 10, Stroke: 1, Duration: time.Minute}
	for _, test := range []struct {
		change func(*StressConfig)
		reason string
	}{
		{func(*StressConfig) {}, ""},
		{func(c *StressConfig) { c.Rate = 0 }, ""},
		{func(c *StressConfig) { c.Clients = 1 << 30 }, "ulimit"},
		{func(c *StressConfig) { c.Churn, c.Steady = 1, 1 }, "lower steady"},
		{func(c *StressConfig) { c.Fleet.JSON, c.Viewports = true, 0.5 }, "JSON"},
		{func(c *StressConfig) { c.Fleet.JSON, c.Rate = true, 1e5 }, "told apart"},
	} {
		cfg := good
		test.change(&cfg)
		err := cfg.Validate()
		if test.reason == "" && err != nil || test.reason != "" && (err == nil || !strings.Contains(err.Error(), test.reason)) {
			t.Errorf("%+v: error %v, want %q", cfg, err, test.reason)
		}
	}
}

// TestStress_ViewsFollowTheShare: of a hundred clients, as many as the share says see a part, and
// the first sees all.
func TestStress_ViewsFollowTheShare(t *testing.T) {
	server := clienttest.NewCanvas(t, codec.Welcome{Geometry: canvas.Geometry{Width: 1024, Height: 1024, Region: 256}}, clienttest.Faults{})
	for _, share := range []float64{0, 0.25, 0.5, 0.99} {
		made, err := StressConfig{Clients: 4, Stroke: 1, Duration: time.Second, Viewports: share}.Test(fleet.Config{Targets: []string{server.URL()}})
		if err != nil {
			t.Fatal(err)
		}
		test := made.(*Stress)
		defer test.Close()
		if err := test.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		parts := 0
		views := test.views()
		for _, v := range views {
			if v != views[0] {
				parts++
			}
		}
		first, err := test.Join(t.Context(), views[0])
		if err != nil {
			t.Fatal(err)
		}
		if want, sees := int(100*share+0.5), len(first.Held()); parts != want || sees != 16 {
			t.Errorf("share %g: %d parts, want %d; the first sees %d regions", share, parts, want, sees)
		}
	}
}

func TestGained(t *testing.T) {
	if got := gained([]uint64{1, 5, 9}, []uint64{4, 5, 2}); got != 3 {
		t.Errorf("gained %d", got)
	}
	if got := fmt.Sprint(gained(nil, []uint64{1})); got != "0" {
		t.Error(got)
	}
}

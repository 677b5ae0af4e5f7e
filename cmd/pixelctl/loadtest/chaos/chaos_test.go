package chaos

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/codec"
	"pixelplayground/transport/client/clienttest"
)

func TestPauses(t *testing.T) {
	type event struct {
		kind string
		at   int
	}
	for _, test := range []struct {
		name   string
		events []event
		want   []int // at each cut
	}{
		{"nobody draws", []event{{"visible", 5}, {"visible", 5000}, {"cut", 6000}}, []int{0}},
		{"a pixel waits", []event{{"due", 10}, {"visible", 13}, {"cut", 20}}, []int{3}},
		{"the longest counts", []event{{"due", 10}, {"visible", 110}, {"due", 200}, {"visible", 205}, {"cut", 300}}, []int{100}},
		{"the first that waits counts", []event{{"due", 10}, {"due", 20}, {"due", 30}, {"visible", 40}, {"cut", 50}}, []int{30}},
		{"it goes on", []event{{"due", 10}, {"cut", 60}, {"visible", 90}, {"cut", 100}}, []int{50, 80}},
		{"a cut begins anew", []event{{"due", 10}, {"visible", 60}, {"cut", 70}, {"cut", 100}}, []int{50, 0}},
		{"one due before the last sign", []event{{"visible", 50}, {"due", 10}, {"visible", 60}, {"cut", 100}}, []int{10}},
	} {
		p := newPauses(2)
		var got []int
		for _, e := range test.events {
			at := time.Duration(e.at)
			switch e.kind {
			case "due":
				p.due(1, at)
			case "visible":
				p.visible(1, at)
			case "cut":
				cut := p.cut(at)
				if cut[0] != 0 {
					t.Errorf("%s: another region paused %v", test.name, cut[0])
				}
				got = append(got, int(cut[1]))
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestKiller_RunsItsCommand(t *testing.T) {
	file := filepath.Join(t.TempDir(), "killed")
	k := killer{command: "echo {n} {n} > " + file}
	if err := k.kill(context.Background(), 3); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "3 3\n" {
		t.Errorf("got %q, %v", text, err)
	}
	err := killer{command: "echo no such pod {n} >&2; exit 4"}.kill(context.Background(), 2)
	if err == nil || !strings.Contains(err.Error(), "exit status 4: no such pod 2") {
		t.Errorf("got %v", err)
	}
}

func TestKiller_KillsProcesses(t *testing.T) {
	victim := exec.Command("sleep", "1000")
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	k := killer{pids: []int{victim.Process.Pid}}
	if err := k.kill(context.Background(), 0); err != nil || k.limit() != 1 {
		t.Errorf("%v, limit %d", err, k.limit())
	}
	if err := victim.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Errorf("it ended with %v", err)
	}
	if err := k.kill(context.Background(), 0); err == nil {
		t.Error("it was killed again")
	}
}

func TestChaosConfig_Validate(t *testing.T) {
	good := Config{Fleet: fleet.Config{Targets: []string{"ws://127.0.0.1:1/ws"}}, Clients: 1, Rate: 1, Duration: time.Minute, Kill: "true", Every: time.Second, Settle: time.Second}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Config){
		"json":     func(c *Config) { c.Fleet.JSON = true },
		"lower":    func(c *Config) { c.Rate, c.Duration = 1e6, time.Hour },
		"--kill":   func(c *Config) { c.Kill = "" },
		"but not":  func(c *Config) { c.PIDs = []int{1} },
		"every 1m": func(c *Config) { c.Every = time.Minute },
	} {
		c := good
		spoil(&c)
		if _, err := c.Test(c.Fleet); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func newTest(t *testing.T, cfg Config) *Test {
	t.Helper()
	test, err := cfg.Test(cfg.Fleet)
	if err != nil {
		t.Fatal(err)
	}
	return test.(*Test)
}

// Goal: a server that sometimes breaks connections and refuses ops, but loses nothing, passes, and
// the report says what happened. Method: the canvas of clienttest breaks all connections at each
// kill, and refuses every tenth op once.
func TestChaos_PassesWhenNothingIsLost(t *testing.T) {
	var server *clienttest.Canvas
	refused := make(map[canvas.Color]bool)
	asked := 0
	server = clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{Refuse: func(_ int, p codec.Place) codec.Refused {
		if asked++; asked%10 == 0 && !refused[p.Dots[0].Color] {
			refused[p.Dots[0].Color] = true
			return codec.Refused{Code: canvas.RefusedBusy, Retry: time.Millisecond}
		}
		return codec.Refused{}
	}})
	test := newTest(t, Config{
		Fleet: fleet.Config{Targets: []string{server.URL()}}, Clients: 5, Rate: 400, Duration: 900 * time.Millisecond, Kill: "true # {n}",
		Every: 300 * time.Millisecond, Settle: 20 * time.Second,
	})
	stop := dropAtKills(test, server)
	r, err := test.Run(t.Context())
	stop()
	if err != nil {
		t.Fatal(err)
	}
	if !r.Passed || r.Test != "chaos" || len(r.Verdicts) != 6 {
		t.Errorf("got %+v", r.Verdicts)
	}
	if placed := int(test.crew.Counters.Placed.Load()); server.Ops() != placed || placed < 100 || test.crew.Again.Load() == 0 {
		t.Errorf("%d pixels placed, %d on the canvas, %d times refused", placed, server.Ops(), test.crew.Again.Load())
	}
	if all := test.crew.Outages.All(); len(r.Tables[0].Rows) != 3 || all.Affected != 5 || all.Missing != 0 || len(all.Ack) == 0 {
		t.Errorf("%+v; kills: %v", all, r.Tables[0].Rows)
	}
	if test.Status().Note != "2 kills" {
		t.Errorf("status: %+v", test.Status())
	}
}

// dropAtKills breaks all connections at each kill, until stop is called.
func dropAtKills(test *Test, server *clienttest.Canvas) (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for kills := ""; ; {
			select {
			case <-tick.C:
			case <-quit:
				return
			}
			if note := test.Status().Note; note != kills {
				kills = note
				server.Drop()
			}
		}
	}()
	return func() {
		close(quit)
		<-ended
	}
}

// Goal: failed kills, and a server that is gone at the end, are reported.
func TestChaos_FailsWhenKillsFail(t *testing.T) {
	server := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{})
	test := newTest(t, Config{
		Fleet: fleet.Config{Targets: []string{server.URL(), "ws://127.0.0.1:1/ws"}}, Clients: 2, Rate: 100, Duration: 200 * time.Millisecond, Kill: "exit 3",
		Every: 100 * time.Millisecond, Settle: 20 * time.Second, MaxPause: time.Minute,
	})
	r, err := test.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Verdicts {
		if v.Passed != (v.Name != "kills") {
			t.Errorf("%s: %v, %s", v.Name, v.Passed, v.Text)
		}
		if v.Name == "colours" && (len(v.Detail) != 1 || !strings.HasPrefix(v.Detail[0], "not compared: ")) {
			t.Errorf("the server that is gone: %v", v.Detail)
		}
	}
	if r.Passed || len(r.Events) != 2 || r.Events[1].Kind != "failed" {
		t.Errorf("events: %+v", r.Events)
	}
}

func TestChaos_EndsWhenInterrupted(t *testing.T) {
	server := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{})
	test := newTest(t, Config{
		Fleet: fleet.Config{Targets: []string{server.URL()}}, Clients: 2, Rate: 100, Duration: time.Hour, Kill: "true", Every: time.Minute, Settle: time.Minute,
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan *report.Report, 1)
	go func() {
		r, err := test.Run(ctx)
		if err != nil {
			t.Error(err)
		}
		ended <- r
	}()
	for deadline := time.Now().Add(20 * time.Second); server.Ops() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is drawn")
		}
	}
	cancel()
	r := <-ended
	if r == nil || r.Interrupted != "drawing" || r.Verdicts[0].Name != "delivery" || !r.Verdicts[0].Passed {
		t.Errorf("interrupted, and it reports %+v", r)
	}
}

func TestChaos_SaysWhyItCannotConnect(t *testing.T) {
	test := newTest(t, Config{
		Fleet: fleet.Config{Targets: []string{"ws://127.0.0.1:1/ws"}}, Clients: 2, Rate: 100, Duration: time.Minute, Kill: "true", Every: time.Second, Settle: time.Second,
	})
	if _, err := test.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "ws://127.0.0.1:1/ws") {
		t.Errorf("got %v", err)
	}
}

// Goal: a pause that is too long fails the test, and says where it was.
func TestChaos_PauseVerdict(t *testing.T) {
	test := &Test{cfg: Config{MaxPause: 2 * time.Second}, calm: []time.Duration{0, time.Millisecond}, kills: []kill{
		{pauses: []time.Duration{time.Second, 0}}, {pauses: []time.Duration{0, 2100 * time.Millisecond}},
	}}
	var r report.Report
	test.judgePauses(&r)
	v := r.Verdicts[0]
	if want := "no region that was drawn on stood still for more than 2,100 ms (region 1 after kill 2), before the first kill 1.00 ms; 2,000 ms are allowed"; v.Passed || v.Text != want {
		t.Errorf("got %v, %q", v.Passed, v.Text)
	}
	if fmt.Sprint(v.Detail) != "[kill 2: region 1 stood still for 2,100 ms]" {
		t.Errorf("got %q", v.Detail)
	}
	test.cfg.MaxPause = 0
	if test.judgePauses(&r); !r.Verdicts[1].Passed {
		t.Errorf("nothing was promised: %+v", r.Verdicts[1])
	}
}

// TestSubject_IsBannedInTurn: as a user, by its network and by its address, as far as it has these alone.
func TestSubject_IsBannedInTurn(t *testing.T) {
	shared, own := subject{user: 7}, subject{user: 7, from: netip.MustParseAddr("127.77.0.1"), network: 9}
	for turn, want := range []rules.Target{{User: 7}, {Network: 9}, {CIDR: "127.77.0.1/32"}, {User: 7}} {
		if got := own.target(turn); *got != want {
			t.Errorf("turn %d: %+v, want %+v", turn, got, want)
		}
		if got := shared.target(turn); *got != (rules.Target{User: 7}) {
			t.Errorf("turn %d, where all come from the same: %+v", turn, got)
		}
	}
}

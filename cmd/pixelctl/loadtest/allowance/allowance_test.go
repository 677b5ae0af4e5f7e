package allowance

import (
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/codec"
	"pixelplayground/transport/client/clienttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestAllowance_FailsAsItShould: a server that gives too much, or too little, fails the check for it, and
// no other.
func TestAllowance_FailsAsItShould(t *testing.T) {
	pace := canvas.Pace{Rate: 0.001, Burst: 50} // so slow that it does not matter how long the test takes
	grant := func(burst int) func(int, codec.Place) codec.Refused {
		var mu sync.Mutex
		given := 0
		return func(int, codec.Place) codec.Refused {
			mu.Lock()
			defer mu.Unlock()
			if given++; given <= burst {
				return codec.Refused{}
			}
			return codec.Refused{Code: canvas.RefusedRate, Retry: 20 * time.Millisecond}
		}
	}
	for _, test := range []struct {
		name   string
		refuse func(int, codec.Place) codec.Refused
		failed string
	}{
		{"one allowance", grant(50), ""},
		{"twice as much", grant(100), "one allowance"},
		{"half of it", grant(25), "the whole of it"},
		{"no limit at all", grant(1 << 30), "one allowance refused"},
	} {
		t.Run(test.name, func(t *testing.T) {
			limits := clienttest.Small()
			limits.Rate, limits.Burst = pace.Rate, uint64(pace.Burst)
			s := clienttest.NewCanvas(t, limits, clienttest.Faults{Refuse: test.refuse})
			// More reconnects than any of them grants: however slow the machine is, each limit is reached.
			todo, err := Config{Reconnects: 120, Connections: 5, Duration: 200 * time.Millisecond, Least: 90}.Test(fleet.Config{Targets: []string{s.URL()}})
			if err != nil {
				t.Fatal(err)
			}
			r, err := todo.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var failed []string
			for _, v := range r.Verdicts {
				if !v.Passed {
					failed = append(failed, v.Name)
				}
			}
			if got := strings.Join(failed, " "); got != test.failed || r.Passed != (test.failed == "") {
				t.Errorf("failed: %q, want %q: %+v", got, test.failed, r.Verdicts)
			}
		})
	}
}

func TestAllowance_NeedsALimit(t *testing.T) {
	s := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{})
	todo, err := Config{Reconnects: 1, Duration: time.Second}.Test(fleet.Config{Targets: []string{s.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := todo.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "no limit") {
		t.Errorf("%v", err)
	}
	if _, err := (Config{}).Test(fleet.Config{JSON: true}); err == nil {
		t.Error("takes a protocol without answers")
	}
}

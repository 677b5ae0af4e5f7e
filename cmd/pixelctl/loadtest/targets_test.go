package loadtest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/chaos"
	"pixelplayground/cmd/pixelctl/loadtest/contend"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/cmd/pixelctl/loadtest/report/reporttest"
	"pixelplayground/transport/client/clienttest"
)

// Goal: a test that is given several servers uses all of them, as evenly as the numbers allow, so
// that its findings are about the cluster and not about one server. Method: three gateways of one
// canvas, which count the requests.
func TestTargets_AllAreUsed(t *testing.T) {
	t.Parallel()
	type loadTest interface {
		Run(context.Context) (*report.Report, error)
	}
	config := func(targets []string, json bool) fleet.Config { return fleet.Config{Targets: targets, JSON: json} }
	made := func(test loadTest, err error) loadTest {
		if err != nil {
			t.Fatal(err)
		}
		return test
	}
	for name, make := range map[string]func(targets []string, json bool) loadTest{
		"balance": func(targets []string, json bool) loadTest {
			return made(BalanceConfig{Clients: 12, Pixels: 20, Rate: 500, Tolerance: 0.05, Settle: 2 * time.Second}.Test(config(targets, json)))
		},
		"stress": func(targets []string, json bool) loadTest {
			return made(StressConfig{Clients: 12, Rate: 100, Stroke: 1, Duration: time.Second}.Test(config(targets, json)))
		},
		"contend": func(targets []string, json bool) loadTest {
			return made(contend.Config{Clients: 12, Pixels: 2, Rounds: 6}.Test(config(targets, json)))
		},
		"chaos": func(targets []string, json bool) loadTest {
			return made(chaos.Config{Clients: 12, Rate: 100, Duration: 300 * time.Millisecond,
				Kill: "true", Every: 100 * time.Millisecond, Settle: clienttest.Patience}.Test(config(targets, json)))
		},
	} {
		for _, json := range []bool{false, true} {
			if json && name == "chaos" {
				continue // this test needs sequence numbers
			}
			t.Run(fmt.Sprintf("%s, JSON %v", name, json), func(t *testing.T) {
				t.Parallel()
				s := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{})
				var mu sync.Mutex
				asked := map[string]int{}
				var targets []string
				for _, gateway := range []string{"a", "b", "c"} {
					targets = append(targets, s.Gateway(gateway, func(r *http.Request) {
						mu.Lock()
						defer mu.Unlock()
						asked[gateway+" "+strings.Split(r.URL.Path, "/")[1]]++
					}))
				}
				r, err := make(targets, json).Run(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if !r.Passed {
					t.Errorf("%s", reporttest.Failed(r))
				}
				if got := fmt.Sprint(r.Pods); got != "[{a 4} {b 4} {c 4}]" {
					t.Errorf("clients by server: %s", got)
				}
				mu.Lock()
				defer mu.Unlock()
				if name != "contend" {
					return
				}
				for _, site := range []string{"a api", "b api", "c api"} {
					if asked[site] == 0 {
						t.Errorf("HTTP was asked %v", asked)
					}
				}
			})
		}
	}
}

// Clients that lose their server go to other servers, and not all to the same one.
func TestTargets_OfAServerThatIsGone(t *testing.T) {
	t.Parallel()
	s := clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{})
	none := func(*http.Request) {}
	made, err := StressConfig{Clients: 12, Rate: 0, Stroke: 1, Duration: time.Second}.
		Test(fleet.Config{Targets: []string{s.Gateway("a", none), "ws://127.0.0.1:1/ws", s.Gateway("c", none)}})
	if err != nil {
		t.Fatal(err)
	}
	test := made.(*Stress)
	defer test.Close()
	if _, err := test.gather(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(test.Pods()); got != "[{a 6} {c 6}]" {
		t.Errorf("clients by server: %s", got)
	}
}

package loadtest

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/cmd/pixelctl/loadtest/report/reporttest"
	"pixelplayground/transport/client/clienttest"
)

// TestChiSquare compares with the finite sums of exp and erfc (Abramowitz and Stegun, 26.4.4 and 26.4.5).
func TestChiSquare(t *testing.T) {
	for _, test := range []struct {
		counts       []int
		statistic, p float64
	}{
		{[]int{10, 10, 10}, 0, 1},
		{[]int{100}, 0, 1},
		{nil, 0, 1},
		{[]int{0, 0}, 0, 1},
		{[]int{60, 40}, 4, 0.04550026389635842},
		{[]int{50, 30, 40}, 5, 0.0820849986238988}, // exp(-5/2)
		{[]int{0, 100}, 100, 1.523970604832105e-23},
		{[]int{25, 30, 20, 25}, 2, 0.5724067044708798},
		{[]int{1010, 990, 1000, 1000, 1000, 1000}, 0.2, 0.9991138612111875},
	} {
		statistic, p := chiSquare(test.counts)
		if math.Abs(statistic-test.statistic) > 1e-9 || math.Abs(p-test.p) > 1e-9*max(test.p, 1e-20) && math.Abs(p-test.p) > 1e-12 {
			t.Errorf("%v: %g and p = %g, want %g and %g", test.counts, statistic, p, test.statistic, test.p)
		}
	}
}

func balance(t *testing.T, faults clienttest.Faults, change func(*BalanceConfig)) *report.Report {
	t.Helper()
	s := clienttest.NewCanvas(t, clienttest.Small(), faults)
	cfg := BalanceConfig{
		Fleet: fleet.Config{Targets: []string{s.URL()}}, Clients: 40, Pixels: 50, Rate: 500, Tolerance: 0.05, Settle: 2 * time.Second,
	}
	if change != nil {
		change(&cfg)
	}
	test, err := cfg.Test(cfg.Fleet)
	if err != nil {
		t.Fatal(err)
	}
	r, err := test.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// inTurn returns the servers' names in turn. Connection 0 only learns the canvas' size.
func inTurn(servers int) func(int) string {
	return func(i int) string { return fmt.Sprintf("pod-%d", i%servers) }
}

func TestBalance_Verdicts(t *testing.T) {
	const members = `{"members":[{"name":"pod-0","roles":["gateway","canvas"]},{"name":"pod-1","roles":["gateway"]},
		{"name":"pod-2","roles":["canvas"]},{"name":"pod-3","roles":["gateway"],"draining":true}]}`
	for _, test := range []struct {
		name   string
		faults clienttest.Faults
		change func(*BalanceConfig)
		failed string
		text   string
	}{
		{"even", clienttest.Faults{Node: inTurn(4)}, nil, "", "4 servers, at most 0.0% from the mean of 10.0 clients"},
		{"one", clienttest.Faults{}, nil, "", `all 40 clients are on "test", the only server`},
		{"by chance", clienttest.Faults{Node: func(i int) string { return map[bool]string{true: "a", false: "b"}[i <= 15] }}, nil, "", "2 servers, at most 25.0%"},
		{"uneven", clienttest.Faults{Node: func(i int) string { return map[bool]string{true: "a", false: "b"}[i <= 5] }}, nil, "balance", "2 servers, at most 75.0%"},
		{"tolerated", clienttest.Faults{Node: func(i int) string { return map[bool]string{true: "a", false: "b"}[i <= 5] }},
			func(c *BalanceConfig) { c.Tolerance = 0.8 }, "", "2 servers"},
		{"one got none", clienttest.Faults{Node: inTurn(2)}, func(c *BalanceConfig) { c.Pods = 3 }, "balance", "3 servers, at most 100.0%"},
		{"a gateway got none", clienttest.Faults{Node: func(int) string { return "pod-0" }, Cluster: members}, nil, "balance", "2 servers, at most 100.0%"},
		{"all gateways got some", clienttest.Faults{Node: inTurn(2), Cluster: members}, nil, "", "2 servers, at most 0.0%"},
		{"nameless", clienttest.Faults{Node: func(int) string { return "" }}, nil, "balance", "the server does not tell its name"},
		{"wrong count", clienttest.Faults{Users: func(_, n int) int { return n - n/40 }},
			func(c *BalanceConfig) { c.Settle = 500 * time.Millisecond }, "users after joining", ""},
		{"wrong count for one", clienttest.Faults{Users: func(conn, n int) int {
			if conn == 7 && n == 40 {
				return 41
			}
			return n
		}}, func(c *BalanceConfig) { c.Settle = 500 * time.Millisecond }, "users after joining", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := balance(t, test.faults, test.change)
			if got := reporttest.Failed(r); got != test.failed {
				t.Errorf("failed: %s, want %s: %+v", got, test.failed, r.Verdicts)
			}
			if v := reporttest.Verdict(t, r, "balance"); !strings.HasPrefix(v.Text, test.text) {
				t.Errorf("%q, want %q", v.Text, test.text)
			}
		})
	}
}

// TestBalance_CountsOthersToo: users that were there before are part of the displayed number.
func TestBalance_CountsOthersToo(t *testing.T) {
	t.Parallel()
	r := balance(t, clienttest.Faults{Users: func(_, n int) int { return n + 5 }}, nil)
	v := reporttest.Verdict(t, r, "users after joining")
	if !r.Passed || !strings.Contains(v.Text, "the true number of 45 users, 5 of them not of this test") {
		t.Errorf("%+v", r.Verdicts)
	}
	if v := reporttest.Verdict(t, r, "users after leaving"); !strings.Contains(v.Text, "true number of 25 users") {
		t.Error(v.Text)
	}
}

func TestBalanceConfig_Validate(t *testing.T) {
	if err := (BalanceConfig{Clients: 10}).Validate(); err != nil {
		t.Error(err)
	}
	if err := (BalanceConfig{Clients: 1 << 30}).Validate(); err == nil || !strings.Contains(err.Error(), "ulimit") {
		t.Errorf("as many clients: %v", err)
	}
	if fleet.MaxProbes != 1048576 { // tags of flags can't name constants: that of Pixels has this number
		t.Errorf("%d pixels can be told apart", fleet.MaxProbes)
	}
}

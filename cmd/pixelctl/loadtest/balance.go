package loadtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"gonum.org/v1/gonum/mathext"

	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/cmd/pixelctl/loadtest/target"
)

const (
	// chance is how improbable counts must be to be judged uneven: a balancer that picks at random
	// fails one test in a thousand.
	chance = 0.001
	// countPause is how often the displayed number of users is compared with the true one.
	countPause = 10 * time.Millisecond
	// countCalm is how long the number must stay right, so that it isn't right just in passing.
	countCalm = 500 * time.Millisecond
)

// BalanceConfig describes a crowd that connects, draws a little and leaves. The tags make its
// fields flags of pixelctl, and bound them.
type BalanceConfig struct {
	Fleet fleet.Config `kong:"-"`

	Clients   int           `placeholder:"N" default:"1000" min:"2" help:"Users that connect."`
	Pixels    int           `placeholder:"N" default:"2000" min:"0" max:"1048576" why:"more can't be told apart" help:"Pixels that are placed while all are connected: everyone must get each of them."`
	Rate      float64       `placeholder:"PIXELS" default:"200" above:"0" max:"1000000" help:"How many of them are placed per second, in all."`
	Pods      int           `name:"nodes" placeholder:"N" default:"0" min:"0" help:"Servers that the users should be spread over. 0: those that the cluster tells, or that users were on."`
	Tolerance float64       `placeholder:"SHARE" default:"0.05" min:"0" max:"1" why:"it is a share" help:"By how much a server may differ from the mean even if chance does not explain it."`
	Settle    time.Duration `placeholder:"TIME" default:"1s" above:"0s" max:"1m" help:"How soon after the last has come or gone everyone must be shown the true number of users."`
}

// Validate says what is wrong that no tag can bound, and how to fix it.
func (cfg BalanceConfig) Validate() error {
	return fleet.CheckDescriptors(cfg.Clients)
}

// Help is the long help text.
func (BalanceConfig) Help() string {
	return "The users are counted by the server they are on while they are connected. Nobody else should come or go meanwhile," +
		" or the number of users can't be compared."
}

// Balance is a test of how a crowd is spread, served and counted.
type Balance struct {
	cfg BalanceConfig
	*fleet.Fleet

	others int64 // users who are connected besides the fleet
}

// Test makes the test for a fleet; it starts nothing.
func (cfg BalanceConfig) Test(f fleet.Config) (report.Test, error) {
	f.Clients = cfg.Clients
	cfg.Fleet = f
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Balance{cfg: cfg, Fleet: fleet.New(cfg.Fleet)}, nil
}

// Run is report.Test's.
func (b *Balance) Run(ctx context.Context) (*report.Report, error) {
	defer b.Close()
	r := b.NewReport("balance")
	b.Enter("connecting", 0)
	if err := b.Open(ctx); err != nil {
		return nil, err
	}
	joined, err := b.join(ctx)
	if err != nil {
		return nil, err
	}
	pods := b.Pods() // now, while all clients are connected
	b.judgeSpread(ctx, r, pods)
	b.Enter("drawing", time.Duration(float64(b.cfg.Pixels)/b.cfg.Rate*float64(time.Second)))
	if err := b.draw(ctx, r); err != nil {
		return nil, err
	}
	r.MarkInterrupted(ctx, "drawing")
	b.judgeUsers(r, "users after joining", joined)
	if ctx.Err() == nil {
		b.Enter("leaving", 0)
		left := b.leave(ctx)
		if r.MarkInterrupted(ctx, "leaving"); ctx.Err() == nil {
			b.judgeUsers(r, "users after leaving", left)
		}
	}
	r.Pods = pods
	r.Latencies = []report.Latency{
		b.Sights.Summary("placed to seen by another"), b.Acks.Summary("placed to acknowledged"),
	}
	return r.Seal(), nil
}

// join connects the crowd and waits until its size is shown. One client goes first, to see how many
// others are there.
func (b *Balance) join(ctx context.Context) (settling, error) {
	all := b.All()
	first, err := b.JoinAll(ctx, 1, func(int) *fleet.Viewport { return all })
	if err != nil {
		return settling{}, err
	}
	scout := first[0]
	if err := fleet.Wait(ctx, countCalm); err != nil {
		return settling{}, err
	}
	if scout.Users() == 0 {
		return settling{}, errors.New("the server does not tell the number of users: is this a canvas' server?")
	}
	b.others = int64(scout.Users()) - 1
	if _, err = b.JoinAll(ctx, b.cfg.Clients-1, func(int) *fleet.Viewport { return all }); err != nil {
		return settling{}, err
	}
	return b.settle(ctx), nil
}

// draw places the pixels, and judges whether every client got them.
func (b *Balance) draw(ctx context.Context, r *report.Report) error {
	if b.cfg.Pixels == 0 {
		return nil
	}
	f, clients := b.Fleet, b.Clients()
	f.Pace(ctx, b.cfg.Pixels, time.Duration(float64(time.Second)/b.cfg.Rate), func(k int, due time.Duration) {
		_ = f.Paint(clients[k%len(clients)], due, 1) // counted as refused
	})
	end, err := f.Drain(ctx)
	if err != nil {
		return err
	}
	tally, findings := f.Settle(end.Goal)
	b.JudgeDelivery(r, tally, findings)
	f.JudgeOrder(r, findings)
	acked, placed := f.Counters.Acked.Load(), f.Counters.Placed.Load()
	v := r.Judge("placing", acked == placed, "%d of %d pixels acknowledged", acked, placed)
	v.Detail = f.Refusals()
	end.Judge(r)
	r.Tables = append(r.Tables, fleet.Deliveries(tally))
	return nil
}

// leave closes every second client, and waits until the size of the rest is shown.
func (b *Balance) leave(ctx context.Context) settling {
	var wait sync.WaitGroup
	slots := make(chan struct{}, fleet.Handshakes)
	for i, c := range b.Clients() {
		if i%2 == 1 {
			slots <- struct{}{}
			wait.Go(func() {
				c.Close()
				<-slots
			})
		}
	}
	wait.Wait()
	return b.settle(ctx)
}

// judgeSpread judges whether the clients are spread evenly over the servers.
func (b *Balance) judgeSpread(ctx context.Context, r *report.Report, pods []report.Pod) {
	if len(pods) == 1 && pods[0].Name == "" {
		r.Judge("balance", false, "the server does not tell its name, so it can't be said who is where")
		return
	}
	known := make(map[string]int)
	for _, name := range gateways(ctx, b.cfg.Fleet.Targets) {
		known[name] = 0
	}
	for _, n := range pods {
		known[n.Name] = n.Clients
	}
	names, counts := slices.Sorted(maps.Keys(known)), []int(nil)
	for _, name := range names {
		counts = append(counts, known[name])
	}
	for len(counts) < b.cfg.Pods {
		counts, names = append(counts, 0), append(names, "(not seen)")
	}
	b.spread(r, names, counts)
}

// spread writes the verdict and the table of how many clients each server has.
func (b *Balance) spread(r *report.Report, names []string, counts []int) {
	mean := float64(b.cfg.Clients) / float64(len(counts))
	table := report.Table{Title: "Clients by server", Header: []string{"server", "clients", "deviation"}}
	worst := 0.0
	for i, n := range counts {
		deviation := float64(n)/mean - 1
		worst = max(worst, math.Abs(deviation))
		table.Rows = append(table.Rows, []string{names[i], fmt.Sprint(n), fmt.Sprintf("%+.1f%%", 100*deviation)})
	}
	r.Tables = append(r.Tables, table)
	statistic, p := chiSquare(counts)
	if len(counts) == 1 {
		r.Judge("balance", true, "all %d clients are on %q, the only server", counts[0], names[0])
		return
	}
	v := r.Judge("balance", p >= chance || worst <= b.cfg.Tolerance,
		"%d servers, at most %.1f%% from the mean of %.1f clients; chi-square %.2f, p = %.3g (uneven below %g, if over %.0f%% off)",
		len(counts), 100*worst, mean, statistic, p, chance, 100*b.cfg.Tolerance)
	for _, row := range table.Rows {
		v.Detail = append(v.Detail, fmt.Sprintf("%s: %s clients (%s)", row[0], row[1], row[2]))
	}
}

// chiSquare tests whether the counts look as if each client had chosen its place at random, with
// all places equally likely. It returns Pearson's statistic and the probability that chance makes
// it as large or larger (0 and 1 if there is one place). Counts that are more even than chance
// would make them have a probability near 1.
func chiSquare(counts []int) (statistic, p float64) {
	total := 0.0
	for _, n := range counts {
		total += float64(n)
	}
	if len(counts) < 2 || total == 0 {
		return 0, 1
	}
	expected := total / float64(len(counts))
	for _, n := range counts {
		statistic += (float64(n) - expected) * (float64(n) - expected) / expected
	}
	// The distribution's upper tail. Not by gonum's stat/distuv: that brings linear algebra, half a minute to compile and check.
	freedom := float64(len(counts) - 1)
	return statistic, mathext.GammaIncRegComp(freedom/2, statistic/2)
}

// gateways asks the targets for the gateways of their cluster, so that a gateway without clients is
// seen too. It returns all that any target names, since a target may be cut off from the others. A
// server that doesn't answer that question adds none.
func gateways(ctx context.Context, targets []string) (names []string) {
	for _, target := range targets {
		names = append(names, gatewaysOf(ctx, target)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func gatewaysOf(ctx context.Context, url string) (names []string) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var cluster struct {
		Members []struct {
			Name     string   `json:"name"`
			Roles    []string `json:"roles"`
			Draining bool     `json:"draining"`
		} `json:"members"`
	}
	if target.GetJSON(ctx, target.Site(url)+"/api/cluster", &cluster) != nil {
		return nil
	}
	for _, m := range cluster.Members {
		if slices.Contains(m.Roles, "gateway") && !m.Draining {
			names = append(names, m.Name)
		}
	}
	return names
}

package fleet

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/ledger"
	"pixelplayground/cmd/pixelctl/loadtest/report"
)

const (
	// awaitPause is how often to check clients that have not got everything.
	awaitPause = 2 * time.Millisecond
	// quiet is how long to listen after the last expected frame: nothing more should come.
	quiet = 300 * time.Millisecond
)

// Goal is what every client should have reached.
type Goal struct {
	Seqs []uint64     // by region
	last uint64       // in the JSON protocol: the number of a pixel,
	void ledger.Spans // except these, which nobody has seen
}

// Goal returns the most that any client has got by now.
func (f *Fleet) Goal() Goal {
	g := Goal{Seqs: make([]uint64, len(f.high))}
	for i := range g.Seqs {
		g.Seqs[i] = f.high[i].Load()
	}
	if f.cfg.JSON {
		g.last = f.probes.last()
		g.void = f.probes.unseen(g.last - min(g.last, MaxProbes))
	}
	return g
}

// reached reports whether the client has reached a goal.
func (c *Client) reached(g Goal) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fleet.cfg.JSON {
		r := ledger.Roll{From: c.roll.From, Got: c.roll.Got}
		var t ledger.Tally
		return len(r.Settle(g.last, g.void, &t)) == 0
	}
	for i, region := range c.View.regions {
		if c.accounts[i].Held < g.Seqs[region] {
			return false
		}
	}
	return true
}

// Await waits until clients have reached a goal or ctx is done, and returns how many have not.
func (f *Fleet) Await(ctx context.Context, clients []*Client, g Goal) (behind int) {
	waiting := slices.Clone(clients)
	for {
		waiting = slices.DeleteFunc(waiting, func(c *Client) bool { return c.reached(g) })
		if len(waiting) == 0 || Wait(ctx, awaitPause) != nil {
			return len(waiting)
		}
	}
}

// Leave closes the client once it has its answers and everything that any client had got when Leave
// was called. Whatever is missing when ctx is done counts as owed.
func (c *Client) Leave(ctx context.Context) {
	f := c.fleet
	for c.Unanswered() > 0 && Wait(ctx, awaitPause) == nil {
	}
	g := f.Goal()
	f.Await(ctx, []*Client{c}, g)
	c.settle(g)
	c.Close()
}

// settle closes the client's accounts.
func (c *Client) settle(g Goal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.begun {
		return
	}
	if c.fleet.cfg.JSON {
		for _, s := range c.roll.Settle(g.last, g.void, &c.tally) {
			c.note("missing", 0, s)
		}
	}
	for i, region := range c.View.regions {
		for _, s := range c.accounts[i].Settle(g.Seqs[region], &c.tally) {
			c.note("missing", region, s)
		}
	}
	f := c.fleet
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tally.Add(c.tally)
	f.misordered += c.misordered
	c.tally, c.misordered = ledger.Tally{}, 0
}

// Drained is how a load ended.
type Drained struct {
	Goal       Goal
	Unanswered int           // strokes without an answer
	Behind     int           // clients that have not reached the goal
	Took       time.Duration // until all clients had reached it
}

// Drain is called when nothing is placed any more. It waits until every stroke is answered and
// every client has reached the final position of each region it follows, as the targets report it,
// and then a little longer for frames that should not come. It reports the clients that are behind
// after Config.Patience. It waits even if ctx is done: what was placed until then is judged.
func (f *Fleet) Drain(ctx context.Context) (d Drained, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.cfg.Patience)
	defer cancel()
	since, clients := f.Now(), f.Clients()
	for {
		if d.Unanswered = f.Unanswered(clients); d.Unanswered == 0 || Wait(ctx, awaitPause) != nil {
			break
		}
	}
	if !f.cfg.JSON && ctx.Err() == nil {
		// What a new client is told also raises the goal.
		if _, err = f.Positions(ctx); err != nil {
			return d, err
		}
	}
	d.Goal = f.Goal()
	d.Behind = f.Await(ctx, clients, d.Goal)
	d.Took = f.Now() - since
	_ = Wait(ctx, quiet)
	return d, nil
}

// Wait returns after a pause, or with ctx's error.
func Wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *Fleet) Unanswered(clients []*Client) (n int) {
	if f.cfg.JSON {
		k := &f.Counters
		return int(k.Placed.Load() - k.Acked.Load() - k.Refused.Load() - k.Errors.Load())
	}
	for _, c := range clients {
		n += c.Unanswered()
	}
	return n
}

// Positions asks every target for the sequence number that each region has reached, and returns the
// highest.
func (f *Fleet) Positions(ctx context.Context) ([]uint64, error) {
	highest := make([]uint64, len(f.high))
	for i := range f.cfg.Targets {
		c, err := f.addTo(i, f.All())
		if err != nil {
			return nil, err
		}
		err = c.join(ctx)
		held := c.Held()
		c.Close()
		if err != nil {
			return nil, fmt.Errorf("ask %s for its positions: %w", f.cfg.Targets[i], err)
		}
		for region, at := range held {
			highest[region] = max(highest[region], at)
		}
	}
	return highest, nil
}

// Settle closes the accounts of all current clients at a goal, and returns what was found about
// them and about those that left before. The clients stay connected; what they are owed begins
// anew.
func (f *Fleet) Settle(g Goal) (ledger.Tally, []Finding) {
	for _, c := range f.Clients() {
		c.settle(g)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tally, slices.Clone(f.findings)
}

// Pods counts the clients that are connected now by the server they are on.
func (f *Fleet) Pods() []report.Pod {
	counts := make(map[string]int)
	for _, c := range f.Clients() {
		if c.Connected() {
			counts[c.Pod()]++
		}
	}
	pods := make([]report.Pod, 0, len(counts))
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		pods = append(pods, report.Pod{Name: name, Clients: counts[name]})
	}
	return pods
}

// Shown returns the lowest and the highest number of users that a client is shown.
func (f *Fleet) Shown() (low, high uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.clients) == 0 {
		return 0, 0
	}
	low = ^uint64(0)
	for c := range f.clients {
		users := c.Users()
		low, high = min(low, users), max(high, users)
	}
	return low, high
}

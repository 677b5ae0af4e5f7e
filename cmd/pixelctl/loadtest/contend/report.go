package contend

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/report"
)

// searchLimit is how long the search for an order may take, for all pixels together. A failing
// search fills up to 100 MB of memory per second.
const searchLimit = 10 * time.Second

// done returns the writes in the order in which they began. Each has been answered or never will
// be.
func (c *Test) done() []*write {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.SortedFunc(maps.Values(c.writes), func(a, b *write) int { return cmp.Compare(a.call, b.call) })
}

// judgeWrites judges whether every write was acknowledged.
func (c *Test) judgeWrites(r *report.Report) {
	acked, refused := 0, 0
	writes := c.done()
	for _, w := range writes {
		switch {
		case w.at > 0 && w.why == 0:
			acked++
		case w.at > 0:
			refused++
		}
	}
	v := r.Judge("placing", acked == len(writes), "%d of %d pixels acknowledged, %d refused, %d without an answer",
		acked, len(writes), refused, len(writes)-acked-refused)
	v.Detail = c.Refusals()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.history.foreign > 0 {
		r.Judge("alone", false, "others painted the contended pixels (%s): the rest can't be judged;"+
			" choose another --area", report.Counted(c.history.foreign, "time"))
	}
}

// judgeAgreement compares what every client sees, what every target answers over HTTP, and what was
// written last according to the numbers.
func (c *Test) judgeAgreement(ctx context.Context, r *report.Report, clients []*fleet.Client) {
	writes := c.done()
	var wrong []string
	views := 0
	compare := func(who string, at int, got, want canvas.Color) {
		views++
		if got != want {
			wrong = append(wrong, fmt.Sprintf("pixel %d,%d: %s has %v, want %v", c.spots[at].x, c.spots[at].y, who, got, want))
		}
	}
	want := c.last(writes)
	for _, client := range clients {
		if err := client.Sync(ctx); err != nil {
			wrong = append(wrong, fmt.Sprintf("client %d: %v", client.Index, err))
			continue
		}
		c.mu.Lock()
		replica := slices.Clone(c.replicas[client.Index])
		c.mu.Unlock()
		for at, s := range replica {
			if s.known {
				compare(fmt.Sprintf("client %d on %q", client.Index, client.Pod()), at, s.color, want[at])
			}
		}
	}
	for _, site := range c.sites {
		whole, err := readCanvas(ctx, site, c.spots)
		if err != nil {
			wrong = append(wrong, err.Error())
			continue
		}
		for at, s := range c.spots {
			compare(site+"/api/canvas", at, whole[at], want[at])
			single, err := readPixel(ctx, site, s)
			if err != nil {
				wrong = append(wrong, err.Error())
				continue
			}
			compare(site+"/api/pixel", at, single, want[at])
		}
	}
	v := r.Judge("agreement", len(wrong) == 0, "%s of %s compared with what was written last: not the same %d", report.Counted(views, "view"), report.Counted(len(c.spots), "pixel"), len(wrong))
	v.Detail = report.First(wrong, report.MaxDetail)
}

// last returns the final colour of each spot: that with the highest number or, without numbers (in
// the JSON protocol), the one that the first client sees. A write that everyone received in frames
// from which pixels were left out has no known number, but it is the last of its spot up to the
// frame's end.
func (c *Test) last(writes []*write) []canvas.Color {
	final := slices.Clone(c.history.initial)
	highest := make([]uint64, len(final))
	c.mu.Lock()
	defer c.mu.Unlock()
	for at, s := range c.replicas[0] {
		if s.known {
			final[at] = s.color
		}
	}
	for _, w := range writes {
		if w.seq > highest[w.spot] {
			highest[w.spot], final[w.spot] = w.seq, w.color
		}
	}
	for _, replica := range c.replicas {
		for at, s := range replica {
			if s.upTo > 0 && s.upTo >= highest[at] {
				highest[at], final[at] = s.upTo, s.color
			}
		}
	}
	return final
}

// compareOrders numbers the pixels in the order in which the first client was shown them, and
// checks that the other clients were shown them in that order too. They may have been shown fewer:
// a slow client is not shown what has been painted over.
func (c *Test) compareOrders() {
	for at, reference := range c.orders[0] {
		for i, color := range reference {
			if w := c.writes[color]; w != nil && w.spot == at {
				w.seq = uint64(i) + 1
			}
		}
		for client, orders := range c.orders[1:] {
			last := uint64(0)
			for _, color := range orders[at] {
				w := c.writes[color]
				if w == nil || w.spot != at || w.seq == 0 {
					continue
				}
				if w.seq <= last {
					c.history.disagree(fmt.Sprintf("pixel %d,%d: %v was shown to client %d after a colour that client 0 was shown later",
						c.spots[at].x, c.spots[at].y, color, client+1))
				}
				last = w.seq
			}
		}
	}
}

// judgeOrder judges whether all clients were shown every pixel under the same number.
func (c *Test) judgeOrder(r *report.Report) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cfg.Fleet.JSON {
		c.compareOrders()
	}
	v := r.Judge("one order", len(c.history.conflicts) == 0, "%s between what clients were shown", report.Counted(len(c.history.conflicts), "contradiction"))
	v.Detail = slices.Clone(c.history.conflicts)
}

// judgeHistory judges whether all operations on each pixel have an order in which every read shows
// what was written last. It looks at each pixel alone, since registers are linearizable if each of
// them is.
func (c *Test) judgeHistory(r *report.Report) {
	writes := c.done()
	c.mu.Lock()
	reads, unread := slices.Clone(c.history.reads), c.history.unread
	c.mu.Unlock()
	deadline := time.Now().Add(searchLimit)
	undecided, faults := 0, []string(nil)
	for at, s := range c.spots {
		found, decided := c.check(writes, reads, at, time.Until(deadline))
		for _, f := range found {
			faults = append(faults, fmt.Sprintf("pixel %d,%d: %s", s.x, s.y, f))
		}
		if !decided {
			undecided++
			faults = append(faults, fmt.Sprintf("pixel %d,%d: undecided after %v: use fewer clients or rounds", s.x, s.y, searchLimit))
		}
	}
	v := r.Judge("linearizable", len(faults) == 0,
		"%s and %s (%d more failed) of %s, reads up to %v old: %s, %s undecided",
		report.Counted(len(writes), "write"), report.Counted(len(reads), "read"), unread, report.Counted(len(c.spots), "pixel"), c.cfg.Staleness,
		report.Counted(len(faults)-undecided, "contradiction"), report.Counted(undecided, "pixel"))
	v.Detail = report.First(faults, report.MaxDetail)
	answers := report.NewRecorder()
	for _, w := range writes {
		if w.at > 0 {
			answers.Record(0, w.at-w.call, 1)
		}
	}
	r.Latencies = []report.Latency{answers.Summary("placed to acknowledged")}
}

// check decides about one spot. First explain checks the server's numbers, and can say what is
// wrong. Then an independent search looks for any order. Without numbers, only the search decides.
func (c *Test) check(writes []*write, reads []look, at int, limit time.Duration) (faults []string, decided bool) {
	initial := c.history.initial[at]
	faults, known := explain(initial, writes, reads, at, c.cfg.Staleness)
	if len(faults) > 0 {
		return faults, true // the search might never finish proving that no order explains it
	}
	ops := operations(initial, writes, reads, at, c.cfg.Staleness)
	switch porcupine.CheckOperationsTimeout(register(initial), ops, max(limit, time.Millisecond)) {
	case porcupine.Illegal:
		return []string{fmt.Sprintf("no order explains its %s", report.Counted(len(ops), "operation"))}, true
	case porcupine.Unknown:
		return nil, known
	}
	return nil, true
}

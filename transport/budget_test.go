package transport

import (
	"net/netip"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
	"pixelplayground/transport/quota"
)

// greedy is a client that asks for all regions again every 20 ms, and its socket.
type greedy struct {
	conn   *conn
	socket *benchSocket
	drawn  int // bytes
}

func (b *bench) greedyFrom(network string) *greedy {
	c, socket := b.connect(frames.Binary)
	socket.keep = false
	c.account.Close()
	c.account = b.server.accounts.Open(netip.MustParseAddr(network), 0)
	return &greedy{conn: c, socket: socket}
}

func (g *greedy) follow(b *bench) {
	marks := make([]canvas.Mark, testGeometry.Regions())
	for i := range marks {
		marks[i].Region = canvas.RegionID(i)
	}
	b.do(follow{g.conn, marks})
}

// serveNoise answers all questions with the worst snapshot, until nobody asks.
func (b *bench) serveNoise(all []*greedy) {
	snapshot := make([]byte, 197_000)
	for len(b.asked) > 0 {
		m, v := b.asked[0], b.askedBy[0]
		b.asked, b.askedBy = b.asked[1:], b.askedBy[1:]
		b.do(join{viewer: v, region: m.Region, at: canvas.Position{Epoch: 1, Seq: 1}, snapshot: snapshot})
		for _, g := range all {
			if g.conn.id == v {
				g.drawn += len(snapshot)
			}
		}
		b.flush()
	}
}

// pester lets clients ask again and again for a while.
func (b *bench) pester(all []*greedy, during time.Duration) {
	begin, sweepAt := b.now, b.now
	for ; b.now.Sub(begin) < during; b.now = b.now.Add(20 * time.Millisecond) {
		for _, g := range all {
			g.follow(b)
		}
		b.serveNoise(all)
		if !b.now.Before(sweepAt) {
			b.sweep()
			b.serveNoise(all)
			sweepAt = sweepAt.Add(time.Second)
		}
	}
}

// A client that asks without end draws only what the budget allows, and others can join at once.
// When it stops asking, it gets everything.
func TestBudget_Connection(t *testing.T) {
	b := newBench(t)
	g := b.greedyFrom("192.0.2.1")
	const during = 20 * time.Second
	b.pester([]*greedy{g}, during)
	most := int(quota.Budget(testGeometry)) + quota.ConnDrawRate*int(during/time.Second) + 400_000
	if g.drawn > most || g.drawn < most/2 {
		t.Errorf("drew %d bytes, at most %d are right", g.drawn, most)
	}
	for _, from := range []string{"192.0.2.1", "192.0.2.2"} {
		other := b.greedyFrom(from)
		other.follow(b)
		b.serveNoise([]*greedy{other})
		if other.conn.view == nil || other.drawn < 16*197_000 {
			t.Errorf("another from %s: in a view %t, drew %d", from, other.conn.view != nil, other.drawn)
		}
	}
	for range 10 {
		b.now = b.now.Add(time.Second)
		g.conn.heard = b.moment()
		b.sweep()
		b.serveNoise([]*greedy{g})
	}
	if g.conn.view == nil {
		t.Errorf("is still waiting: %d regions", len(g.conn.catchingUp.want))
	}
	if err := b.audit(); err != nil {
		t.Error(err)
	}
}

// The connections of one network together draw no more than a network may, even if the
// network makes new ones all the time.
func TestBudget_Network(t *testing.T) {
	b := newBench(t)
	total := 0
	const during = 30 // seconds
	for range during {
		for range 10 { // connections a second that ask for everything once
			g := b.greedyFrom("2001:db8::7")
			g.follow(b)
			b.serveNoise([]*greedy{g})
			total += g.drawn
			b.destroy(g.conn, frames.CodeVanished)
		}
		b.now = b.now.Add(time.Second)
		b.sweep()
	}
	most := 64<<20 + int(quota.Budget(testGeometry)) + during*(4<<20+128<<10) + 400_000 // a network with one connection at a time
	if total > most || b.server.counters.Waits.Load() == 0 {
		t.Errorf("drew %d bytes, at most %d are right", total, most)
	}
	other := b.greedyFrom("2001:db8:0:1::7")
	other.follow(b)
	b.serveNoise([]*greedy{other})
	if other.conn.view == nil {
		t.Error("another network has to wait")
	}
}

// Three hundred people behind one address open a canvas of noise at once, and nobody waits.
func TestBudget_SchoolClass(t *testing.T) {
	b := newBench(t)
	for i := range 300 {
		g := b.greedyFrom("198.51.100.1")
		g.follow(b)
		b.serveNoise([]*greedy{g})
		if g.conn.view == nil {
			t.Fatalf("number %d has to wait", i)
		}
	}
	if n := b.server.counters.Waits.Load(); n > 0 {
		t.Errorf("%d waits", n)
	}
}

// A slow client that is brought up to date pays nothing for that. It works even when the client
// may draw nothing.
func TestBudget_HealingIsFree(t *testing.T) {
	b := newBench(t)
	c, socket := b.slow(1, 2)
	b.draw(1, 1)
	b.flush() // misses it
	b.do(follow{c, []canvas.Mark{{Region: 3}}})
	before := c.paidBy
	c.paidBy = b.moment() + moment(time.Hour)
	b.drain(c, socket)
	b.answer()
	if !c.catchingUp.synced.Has(1) || c.catchingUp.synced.Has(3) {
		t.Errorf("synced %v, wants %v", c.catchingUp.synced, c.catchingUp.want)
	}
	c.paidBy = before
	b.sweep()
	b.answer()
	b.flush()
	if c.view == nil {
		t.Errorf("is still waiting for %v", c.catchingUp.want)
	}
}

// JSON clients that come and go can't make the server ask for all regions each time.
func TestBudget_JSONClientsThatComeAndGo(t *testing.T) {
	b := newBench(t)
	var marks []canvas.Mark
	for region := range canvas.RegionID(testGeometry.Regions()) {
		marks = append(marks, canvas.Mark{Region: region, Position: canvas.Head()})
	}
	asks := func() int {
		c, _ := b.connect(frames.JSON)
		c.account.Close()
		c.account = b.server.accounts.Open(netip.MustParseAddr("192.0.2.7"), 0)
		b.asked, b.askedBy = nil, nil
		b.do(follow{c, marks})
		n := len(b.asked)
		b.shard.destroy(c, codec.CloseRestart)
		return n
	}
	if n := asks(); n != len(marks) {
		t.Errorf("the first asks for %d regions, want all %d", n, len(marks))
	}
	account := b.server.accounts.Open(netip.MustParseAddr("192.0.2.7"), 0)
	defer account.Close()
	account.Draw(b.now, 1<<30)
	if n := asks(); n != 0 {
		t.Errorf("one of a network that owes too much asks for %d regions", n)
	}
}

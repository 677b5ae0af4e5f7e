package transport

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/gobwas/ws"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
	"pixelplayground/transport/upgrade/upgradetest"
)

// kinds names messages by their type.
func kinds(messages []codec.ServerMessage) []string {
	var names []string
	for _, m := range messages {
		names = append(names, fmt.Sprintf("%T", m)[len("codec."):])
	}
	return names
}

func TestShard_OneWriteForATick(t *testing.T) {
	b := newBench(t)
	var conns []*conn
	var sockets []*benchSocket
	for range 3 {
		c, socket := b.connect(frames.Binary)
		b.follows(c, 1, 2)
		conns, sockets = append(conns, c), append(sockets, socket)
	}
	b.do(deliver{conn: conns[0], frame: frames.Seal(ws.OpBinary, codec.AppendAck(frames.Room(9), codec.Ack{Ops: []uint64{1}}))})
	b.do(present{b.server.presence.Next(&actors.Presence{Count: 3}, time.Now), nil})
	for range 4 {
		b.draw(1, 2)
		b.draw(2, 1)
		b.draw(3, 1) // nobody's
	}
	for range 2 {
		b.do(point{2, frames.Seal(ws.OpBinary, codec.AppendCursors(frames.Room(9), codec.Cursors{}))})
	}
	b.flush()
	for i, socket := range sockets {
		want := []string{"Pixels", "Pixels", "Cursors", "Cursors", "Presence"} // one frame a region
		if i == 0 {
			want = []string{"Pixels", "Pixels", "Cursors", "Cursors", "Ack", "Presence"}
		}
		_, messages := socket.take(t)
		if got := kinds(messages); socket.writes != 1 || !slices.Equal(got, want) {
			t.Errorf("connection %d: %d writes, %v", i, socket.writes, got)
		}
	}
	if n := b.server.counters.Pixels.Load(); n != 3*(4*2+4*1) {
		t.Errorf("%d pixels counted", n)
	}
	b.flush()
	if sockets[0].writes != 1 {
		t.Error("written to again")
	}
}

func TestShard_ViewsAreShared(t *testing.T) {
	b := newBench(t)
	c, _ := b.connect(frames.Binary)
	d, _ := b.connect(frames.Binary)
	j, _ := b.connect(frames.JSON)
	if c.view != d.view || c.view == j.view {
		t.Fatal("who follows nothing shares a view with others of the protocol")
	}
	b.follows(c, 1, 2)
	b.follows(d, 2, 1)
	if c.view != d.view {
		t.Error("the same regions are two views")
	}
	old := c.view
	b.follows(d, 3)
	if c.view != old || c.view == d.view {
		t.Error("other regions are the same view")
	}
	b.do(unfollow{d, []canvas.RegionID{3, 9}})
	b.flush()
	if c.view != d.view {
		t.Error("the same regions again are two views")
	}
	if len(b.order) != 2 || len(b.views) != 2 { // and that of j
		t.Errorf("%d views", len(b.order))
	}
	for region, want := range map[canvas.RegionID]int{1: 2, 2: 2, 3: 0, 9: 0} {
		if got := int(b.server.following[region].Load()); got != want || b.feeds[region].viewers != want {
			t.Errorf("region %d: %d follow, %d are in sync, not %d", region, got, b.feeds[region].viewers, want)
		}
	}
	for _, c := range slices.Clone(b.conns) {
		b.destroy(c, frames.CodeVanished)
	}
	if len(b.order)+len(b.catchingUp)+len(b.conns)+len(b.byID) != 0 || b.server.Viewing(1) {
		t.Error("something is left of connections that are gone")
	}
}

// A connection that leaves its group in the middle of a tick loses nothing of the tick.
func TestShard_ChangeWithinATick(t *testing.T) {
	b := newBench(t)
	c, socket := b.connect(frames.Binary)
	b.follows(c, 1, 2)
	b.draw(1, 1)
	b.draw(2, 1)
	b.draw(1, 1)
	b.do(follow{c, []canvas.Mark{{Region: 3}, {Region: 3, Position: canvas.Position{Seq: 9}}, {Region: 2}}})
	b.draw(1, 1)
	if want := []canvas.Mark{{Region: 3}}; !slices.Equal(b.asked, want) {
		t.Fatalf("asked for %v", b.asked)
	}
	b.flush()
	_, messages := socket.take(t)
	if len(messages) != 1 {
		t.Fatalf("%d messages", len(messages))
	}
	if p := messages[0].(codec.Pixels).Batch; p.Region != 1 || p.From != 0 || p.To != 3 {
		t.Errorf("got %+v", p)
	}
}

// Viewers of a batch that found no room in the inbox are brought up to date, even if nothing
// follows it.
func TestShard_DroppedBatchIsNoticed(t *testing.T) {
	b := newBench(t)
	c, _ := b.connect(frames.Binary)
	b.follows(c, 1, 2)
	for b.server.counters.Dropped.Load() == 0 {
		b.server.Publish(b.batch(1, 1000).Batch) // all but the first are refused later
	}
	b.server.Publish(b.batch(2, 10_000).Batch)
	b.obey()
	b.flush()
	if want := []canvas.Mark{{Region: 1, Position: b.feeds[1].at}}; !slices.Equal(b.asked, want) {
		t.Errorf("asked for %v", b.asked)
	}
	if want := []canvas.Mark{{Region: 1, Position: b.feeds[1].at}, {Region: 2}}; !slices.Equal(c.catchingUp.want, want) {
		t.Errorf("wants %v", c.catchingUp.want)
	}
}

// Connections that break while a tick is written don't make it skip others or write twice.
func TestShard_BrokenConnectionsInATick(t *testing.T) {
	b := newBench(t)
	random := upgradetest.NewRandom(t)
	var sockets []*benchSocket
	for range 50 {
		c, socket := b.connect(frames.Binary)
		b.follows(c, canvas.RegionID(random.IntN(2)))
		sockets = append(sockets, socket)
	}
	broken := 0
	for _, socket := range sockets {
		if socket.broken = random.IntN(3) == 0; socket.broken {
			broken++
		}
	}
	b.draw(0, 1)
	b.draw(1, 1)
	b.do(present{b.server.presence.Next(&actors.Presence{Count: 1}, time.Now), nil})
	b.flush()
	for i, socket := range sockets {
		if socket.closed != socket.broken || !socket.broken && socket.writes != 1 {
			t.Errorf("connection %d: broken %t, closed %t, %d writes", i, socket.broken, socket.closed, socket.writes)
		}
	}
	if len(b.conns) != 50-broken || b.server.counters.Closes.All()[frames.CodeVanished] != int64(broken) {
		t.Errorf("%d connections left of 50, %d broken", len(b.conns), broken)
	}
}

// A batch shown to a thousand connections costs as much memory as one shown to one.
func TestShard_FanoutAllocatesNothingPerConnection(t *testing.T) {
	measure := func(connections int) float64 {
		b := newBench(t)
		for range connections {
			c, socket := b.connect(frames.Binary)
			socket.keep = false
			b.follows(c, 0, 1, 2, 3, 4, 5, 6, 7)
		}
		return testing.AllocsPerRun(50, func() {
			for region := range canvas.RegionID(6) {
				b.draw(region, 20)
			}
			b.flush()
		})
	}
	if one, thousand := measure(1), measure(1000); thousand > one+5 {
		t.Errorf("%v allocations for one connection, %v for a thousand", one, thousand)
	}
}

// Most connections are idle, so what one of them takes decides what a crowd takes.
func TestConn_IsSmall(t *testing.T) {
	if size := unsafe.Sizeof(conn{}); size > 192 {
		t.Errorf("%d bytes: the next size that is allocated is 192", size)
	}
}

func TestOutbox_Answers(t *testing.T) {
	b := newBench(t)
	c, socket := b.connect(frames.Binary)
	j, jsonSocket := b.connect(frames.JSON)
	for _, c := range []*conn{c, j} {
		outbox{c}.Refuse(4, canvas.RefusedBusy, time.Second, actors.Left{Pixels: 3})
		outbox{c}.Ack([]uint64{1}, actors.Left{Pixels: 2})
	}
	outbox{c}.Waiting([]uint64{5, 6})
	b.obey()
	b.receive(c, frame(ws.OpBinary, []byte{0x91, 0x0f})) // of unknown type: the allowance is told again
	b.flush()
	_, messages := socket.take(t)
	want := "[{4 busy 1s 3 {0 true}} {[1] 2 {0 true}} {[5 6]} {0 unknown 0s 2 {0 false}}]"
	if got := fmt.Sprint(messages); got != want {
		t.Errorf("got %s", got)
	}
	if got := jsonSocket.written.String(); !strings.HasSuffix(got, `{"type":"error","message":"`+canvas.RefusedBusy.Text()+`","retryAfter":1000}`) {
		t.Errorf("got %q", got)
	}
}

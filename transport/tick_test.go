package transport

import (
	"slices"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
)

// crowded makes a bench with groups of two, and so many connections that follow region 1.
func crowded(t *testing.T, n int) (b *bench, conns []*conn, sockets []*benchSocket) {
	b = newBench(t)
	b.groupSize = 2
	for range n {
		c, socket := b.connect(frames.Binary)
		b.follows(c, 1)
		conns, sockets = append(conns, c), append(sockets, socket)
	}
	return b, conns, sockets
}

// shown is how far region 1 has come for each client.
func shown(sockets []*benchSocket, t *testing.T, at []uint64) []uint64 {
	at = slices.Clone(at)
	for i, socket := range sockets {
		_, messages := socket.take(t)
		for _, m := range messages {
			if p, ok := m.(codec.Pixels); ok {
				if p.Batch.From != at[i] {
					t.Fatalf("client %d is at %d and is sent what begins at %d", i, at[i], p.Batch.From)
				}
				at[i] = p.Batch.To
			}
		}
	}
	return at
}

// A tick is to those who have waited for longest, with everything that there is by then. So nobody waits for a
// tick to all others that began just before.
func TestTick_ThoseWhoHaveWaitedForLongestComeFirst(t *testing.T) {
	b, _, sockets := crowded(t, 6)
	at := make([]uint64, 6)
	for step, c := range []struct {
		draw  int
		want  []uint64
		round bool // is over then
	}{
		{1, []uint64{1, 1, 0, 0, 0, 0}, false},
		{1, []uint64{1, 1, 2, 2, 0, 0}, false},
		{1, []uint64{1, 1, 2, 2, 3, 3}, true},
		{1, []uint64{4, 4, 2, 2, 3, 3}, false},
		{0, []uint64{4, 4, 4, 4, 3, 3}, false},
		{0, []uint64{4, 4, 4, 4, 4, 4}, true},
	} {
		for range c.draw {
			b.draw(1, 1)
		}
		b.writeDue(2)
		if at = shown(sockets, t, at); !slices.Equal(at, c.want) {
			t.Fatalf("after tick %d they are at %v, not %v", step, at, c.want)
		}
		if over := !b.owes(b.roundEnd); over != c.round {
			t.Errorf("after tick %d the round is over: %t", step, over)
		}
	}
	if b.unwritten() {
		t.Error("something is left")
	}
}

// A quiet shard writes at once, and during a pause it sleeps until the pause is over.
func TestTick_BeginsAtOnceUnlessThereIsAPause(t *testing.T) {
	b, _, _ := crowded(t, 1)
	b.sweepAt = b.now.Add(time.Hour)
	b.flushAt = b.now.Add(-time.Second)
	b.draw(1, 1)
	if b.deadline().After(b.now) {
		t.Error("it sleeps")
	}
	b.flushAt = b.now.Add(3 * time.Millisecond)
	if b.deadline() != b.flushAt {
		t.Error("it does not sleep until the end of the pause")
	}
}

// An acknowledgement does not overtake the pixels that it is for, and one that is for no pixels due to its client
// does not wait.
func TestTick_AcksWaitOnlyForTheirPixels(t *testing.T) {
	b, conns, sockets := crowded(t, 4)
	idle, idleSocket := b.connect(frames.Binary)
	b.draw(1, 1)
	for _, c := range append(conns, idle) {
		outbox{c}.Ack([]uint64{1}, actors.Left{Pixels: 5})
	}
	b.obey()
	b.writeDue(1)
	both, ack, none := []string{"Pixels", "Ack"}, []string{"Ack"}, []string(nil)
	for i, want := range [][]string{both, both, none, none, ack} {
		_, messages := append(sockets, idleSocket)[i].take(t)
		if got := kinds(messages); !slices.Equal(got, want) {
			t.Errorf("client %d is written %v in the first tick, not %v", i, got, want)
		}
	}
	b.writeDue(1)
	for i, want := range [][]string{none, none, both, both} {
		_, messages := sockets[i].take(t)
		if got := kinds(messages); !slices.Equal(got, want) {
			t.Errorf("client %d is written %v in the second tick, not %v", i, got, want)
		}
	}
}

// Whoever has caught up joins a group that has room, even while there is always something due to it.
func TestTick_GroupsFillUpWhileOthersDraw(t *testing.T) {
	b, _, _ := crowded(t, 2)
	b.groupSize = 100
	for range 50 {
		c, _ := b.connect(frames.Binary)
		b.do(follow{c, []canvas.Mark{{Region: 1, Position: b.at(1)}}})
		b.answer()
		for range 3 {
			b.draw(1, 1)
			b.writeDue(1)
		}
		if c.view == nil {
			t.Fatalf("connection %d is in no group: %+v", c.id, c.catchingUp)
		}
	}
	groups := 0
	for key, alike := range b.views {
		if key.regions != "" {
			groups += len(alike)
		}
	}
	if err := b.audit(); groups != 1 || err != nil {
		t.Errorf("%d groups of 52 connections: %v", groups, err)
	}
}

// A connection that is catching up has its turn like a group: it is not written to with every tick.
func TestTick_CatchingUpTakesTurns(t *testing.T) {
	b, _, sockets := crowded(t, 6)
	c, socket := b.connect(frames.Binary)
	b.do(follow{c, []canvas.Mark{{Region: 1}, {Region: 2}}})
	b.do(join{viewer: c.id, region: 1, at: b.at(1)}) // region 2 is never answered
	b.flush()
	socket.writes = 0
	const ticks = 40
	for range ticks {
		b.draw(1, 1)
		b.writeDue(2)
	}
	if socket.writes > ticks/3+1 || socket.writes < ticks/4-1 { // one of three turns, or of four
		t.Errorf("was written to %d times in %d ticks, the others %d times", socket.writes, ticks, sockets[0].writes)
	}
	b.flush()
	if at := shown([]*benchSocket{socket}, t, []uint64{0}); at[0] != ticks {
		t.Errorf("is at %d of %d", at[0], ticks)
	}
}

// News of who is here is for all, and goes with whatever else is due.
func TestTick_PresenceIsForAll(t *testing.T) {
	b, _, sockets := crowded(t, 6)
	b.draw(1, 1)
	b.do(present{b.server.presence.Next(&actors.Presence{Count: 6}, time.Now), nil})
	b.do(point{1, frames.Seal(ws.OpBinary, codec.AppendCursors(frames.Room(9), codec.Cursors{}))})
	b.writeDue(1)
	for i, socket := range sockets {
		_, messages := socket.take(t)
		if got := kinds(messages); socket.writes != 1 || !slices.Equal(got, []string{"Pixels", "Cursors", "Presence"}) {
			t.Errorf("client %d: %d writes, %v", i, socket.writes, got)
		}
	}
	if b.unwritten() {
		t.Error("something is left")
	}
}

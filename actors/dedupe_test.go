package actors

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/store/memory"
)

// overrun makes a client draw more than a log of 100 pixels holds, so that the next owner learns
// nothing of what was drawn in region 0 before.
func (w *world) overrun(c *client, from uint64) {
	w.t.Helper()
	before := len(c.acked)
	for num := from; num < from+12; num++ {
		dots := make([]canvas.Dot, 10)
		for i := range dots {
			dots[i] = dot(3+i%2, 3, 0x00FF00)
		}
		c.conn.Send(Place{Num: num, Dots: dots})
	}
	w.eventually("acknowledged", func() bool { return len(c.acked) == before+12 })
}

func (w *world) pixel(x, y int) canvas.Color {
	w.t.Helper()
	id, pos := testGeometry.Locate(x, y)
	s, err := w.node.Read(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Tile.At(pos)
}

// Goal: an op that may have been applied, and is no longer known, is neither applied again nor
// acknowledged. An op that its client has never sent before is. Method: the ack is lost, and the
// client stays away while others draw more than the log holds and the region gets another owner.
// Then it comes back.
func TestDedupe_ForgottenOpAfterAMove(t *testing.T) {
	for name, sent := range map[string]*uint64{"the client says what it has sent": new(uint64(1)), "an earlier client does not": nil} {
		t.Run(name, func(t *testing.T) {
			s := memory.New(memory.Config{Geometry: testGeometry, LogPixels: 100})
			w := openWorld(t, s, nil)
			a := w.connect(Hello{})
			a.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(3, 3, 0xFF0000)}})
			w.eventually("acknowledged", func() bool { return len(a.acked) == 1 })
			w.overrun(w.connect(Hello{}), 1)
			w.node.Close()

			next := openWorld(t, s, nil)
			b := next.connect(Hello{Session: a.welcome.Session, Resume: true, Sent: sent})
			b.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(3, 3, 0xFF0000)}})
			next.eventually("refused", func() bool { return b.refused[1] == canvas.RefusedUnsure })
			if got := next.pixel(3, 3); got != 0x00FF00 || len(b.acked) > 0 {
				t.Errorf("pixel %v, acknowledged %v: it was taken for new", got, b.acked)
			}
			if sent == nil {
				return // its next ops may be repetitions too
			}
			b.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(3, 3, 0x0000FF)}})
			next.eventually("a new op is acknowledged", func() bool { return len(b.acked) == 1 && b.acked[0] == 2 })
			// Now the region knows the session, and from which op on it knows all of them.
			c := next.connect(Hello{Session: a.welcome.Session, Resume: true, Sent: new(uint64(5))})
			for num := uint64(1); num <= 3; num++ {
				c.conn.Send(Place{Num: num, Dots: []canvas.Dot{dot(4, 4, 0x0000FF)}})
			}
			next.eventually("answered", func() bool { return c.refused[1] == canvas.RefusedUnsure && len(c.acked) == 2 })
			if next.pixel(4, 4) != 0x0000FF || next.logged(a.welcome.User)[2] != 1 {
				t.Error("op 3, which was lost, was not applied, or op 2 was twice")
			}
		})
	}
}

// A region that has not forgotten anything applies an op that was lost on the way, whoever sends it
// again.
func TestDedupe_LostOpIsAppliedWhereAllIsKnown(t *testing.T) {
	s := memory.New(memory.Config{Geometry: testGeometry})
	w := openWorld(t, s, nil)
	w.overrun(w.connect(Hello{}), 1)
	w.node.Close()
	next := openWorld(t, s, nil)
	for _, sent := range []*uint64{nil, new(uint64(1))} {
		b := next.connect(Hello{Session: canvas.Session{7}, Resume: true, Sent: sent})
		b.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(3, 3, 0xFF0000)}})
		next.eventually("acknowledged", func() bool { return len(b.acked) == 1 })
	}
	if got := next.logged(canvas.Session{7}.Author())[1]; got != 1 {
		t.Errorf("applied %d times", got)
	}
}

// A client of an earlier version that comes back to a region which no longer knows it is believed
// again as soon as it can't be repeating itself.
func TestResumed_GuessEnds(t *testing.T) {
	r := resume(Hello{})
	start := time.Unix(1_700_000_000, 0)
	for num := range uint64(Window) {
		if !r.repeats(1000+num, start) {
			t.Fatalf("op %d after resuming can't be a repetition", num+1)
		}
	}
	if r.repeats(2000, start) {
		t.Error("more than a window of repetitions")
	}

	r = resume(Hello{})
	r.heard(start)
	if !r.repeats(1, start.Add(resendTime)) || r.repeats(2, start.Add(resendTime+1)) || r.repeats(3, start) {
		t.Error("the guess does not end with the time to send again")
	}

	r = resume(Hello{Sent: new(uint64(7))})
	if !r.repeats(7, start) || r.repeats(8, start) {
		t.Error("the client's word is not taken")
	}
	if r = (resumed{}); r.repeats(1, start) {
		t.Error("a new session has repetitions")
	}
}

// teller is an actor that keeps the messages it receives.
type teller struct {
	pid  *actor.PID
	mu   sync.Mutex
	told []any
}

func (w *world) teller() *teller {
	t := &teller{}
	t.pid = w.node.system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.told = append(t.told, ctx.Message())
	}))
	w.t.Cleanup(func() { w.node.system.Root.Stop(t.pid) })
	return t
}

// acked counts the acks for the ops with a number.
func (t *teller) acked(num uint64) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range t.told {
		switch m := m.(type) {
		case opsAcked:
			for _, acked := range m.nums {
				if acked == num {
					n++
				}
			}
		case *message.Committed:
			for _, id := range m.Acks {
				if id.Num == num {
					n++
				}
			}
		}
	}
	return n
}

// Goal: two sessions whose public ids collide, which anyone can bring about, are not answered for
// each other. Method: both place an op with the same number, at once and one after the other.
func TestDedupe_SessionsOfOneAuthor(t *testing.T) {
	w := newWorld(t, nil)
	w.overrun(w.connect(Hello{}), 1)
	op := func(key byte, num uint64, x int) canvas.Op {
		_, pos := testGeometry.Locate(x, 0)
		return canvas.Op{ID: canvas.OpID{Author: 0xABC, Num: num, Key: canvas.Key{15: key}}, Pixels: []canvas.Pixel{{Pos: pos, Color: canvas.Color(key)}}}
	}
	one, two := w.teller(), w.teller()
	release := w.store.Hold()
	w.node.system.Root.Send(w.node.relays[0], place{op: op(9, 1, 9), from: one.pid})
	w.eventually("the commit is under way", func() bool { return w.store.Held() == 1 })
	w.node.system.Root.Send(w.node.relays[0], place{op: op(1, 5, 1), from: one.pid}) // this op and the next wait behind it
	w.node.system.Root.Send(w.node.relays[0], place{op: op(2, 5, 2), from: two.pid})
	release()
	w.eventually("both are acknowledged", func() bool { return one.acked(5) == 1 && two.acked(5) == 1 })
	w.node.system.Root.Send(w.node.relays[0], place{op: op(1, 6, 3), from: one.pid})
	w.eventually("the first's next is acknowledged", func() bool { return one.acked(6) == 1 })
	w.node.system.Root.Send(w.node.relays[0], place{op: op(2, 6, 4), from: two.pid, repeated: true})
	w.eventually("the other's is", func() bool { return two.acked(6) == 1 })
	for x, want := range []canvas.Color{1: 1, 2: 2, 3: 1, 4: 2} {
		if got := w.pixel(x, 0); want != 0 && got != want {
			t.Errorf("pixel %d is %v, want %v: an op was taken for another's", x, got, want)
		}
	}
	if got := w.logged(0xABC); got[5] != 2 || got[6] != 2 {
		t.Errorf("log %v, want ops 5 and 6 of both", got)
	}
}

// Goal: pods of the version before keys and pods of this version recognize the same op. Method: a
// relay without keys submits an op, and then its client resumes here: once with the region that
// took the op, once with the next owner, which has it from the log. And the other way round.
func TestDedupe_RelayWithoutKeys(t *testing.T) {
	s := memory.New(memory.Config{Geometry: testGeometry})
	w := openWorld(t, s, nil)
	session := canvas.Session{7}
	keyless := func(num uint64) canvas.Op {
		return canvas.Op{ID: canvas.OpID{Author: session.Author(), Num: num}, Pixels: []canvas.Pixel{{Pos: uint16(num), Color: 1}}}
	}
	old := w.teller()
	tell := func(message any) { w.node.system.Root.RequestWithCustomSender(w.node.regions[0], message, old.pid) }
	tell(&message.Attach{Stream: 1})
	w.eventually("attached", func() bool { return old.attached(1) })
	tell(&message.Submit{Stream: 1, Ops: []canvas.Op{keyless(1)}})
	w.eventually("acknowledged", func() bool { return old.acked(1) == 1 })

	same := w.connect(Hello{Session: session, Resume: true, Sent: new(uint64(2))})
	same.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 0, 1)}})
	same.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(2, 0, 1)}})
	w.eventually("acknowledged", func() bool { return len(same.acked) == 2 })
	tell(&message.Submit{Stream: 1, N: 1, Ops: []canvas.Op{keyless(2)}})
	w.eventually("acknowledged", func() bool { return old.acked(2) == 1 })
	w.node.Close()

	next := openWorld(t, s, nil)
	b := next.connect(Hello{Session: session, Resume: true, Sent: new(uint64(2))})
	b.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 0, 1)}})
	b.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(2, 0, 1)}})
	next.eventually("acknowledged", func() bool { return len(b.acked) == 2 })
	if got := next.logged(session.Author()); got[1] != 1 || got[2] != 1 {
		t.Errorf("log %v, want each op once", got)
	}
}

func (t *teller) attached(stream uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range t.told {
		if a, ok := m.(*message.Attached); ok && a.Stream == stream {
			return true
		}
	}
	return false
}

func (t *teller) checked(question uint64) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range t.told {
		if c, ok := m.(*message.Checked); ok && c.N == question {
			n++
		}
	}
	return n
}

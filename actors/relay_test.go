package actors

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/oplog"
)

// I5: a client that was away gets exactly what it missed, or a snapshot if it was away too long.
func TestRelay_ResumesFromTheRingElseFromASnapshot(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.RingPixels = 300 })
	a := w.connect(Hello{})
	w.watch(a, nil)
	place := func(num uint64, pixels int) {
		t.Helper()
		p := Place{Num: num}
		for i := range pixels {
			p.Dots = append(p.Dots, dot(i%16, i/16%16, canvas.Color(num)))
		}
		a.conn.Send(p)
		w.eventually("acknowledged", func() bool { return len(a.acked) == int(num) })
	}
	place(1, 10)
	w.converged(a)
	for _, c := range []struct {
		pixels   int
		snapshot bool
	}{{20, false}, {256, true}} {
		b := w.connect(Hello{})
		w.watch(b, nil)
		w.converged(b)
		held := map[canvas.RegionID]*replica{}
		w.crowd.do(func() { held, b.replicas = b.replicas, make(map[canvas.RegionID]*replica) })
		place(uint64(len(a.acked)+1), c.pixels)
		place(uint64(len(a.acked)+1), c.pixels)
		before := w.node.Stats().Snapshots.Load()
		w.watch(b, held)
		w.converged(b)
		if got := w.node.Stats().Snapshots.Load() > before; got != c.snapshot {
			t.Errorf("away for 2 x %d pixels: snapshot %v, want %v", c.pixels, got, c.snapshot)
		}
	}
}

// Goal: a relay that keeps up is not dropped for lagging, however much is drawn within a beat.
// Method: the beat is long, and many times as much as may be under way is drawn in one region.
func TestRelay_ConfirmsWhatItHasBeforeTheNextBeat(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.RingPixels, c.Rate, c.Beat = 256, 0, time.Hour })
	a := w.connect(Hello{})
	w.watch(a, nil)
	for num := range uint64(40) {
		stroke := Place{Num: num + 1}
		for i := range 100 {
			stroke.Dots = append(stroke.Dots, dot(i%16, i/16, canvas.Color(num)))
		}
		a.conn.Send(stroke)
		w.eventually("acknowledged", func() bool { return len(a.acked) == int(num)+1 })
	}
	if n := w.node.Stats().Lagging.Load(); n > 0 {
		t.Errorf("the relay was dropped %d times", n)
	}
	w.converged(a)
}

// A relay that fails keeps its ops, and their order.
func TestRelay_RestartKeepsTheOrderOfOps(t *testing.T) {
	w := newWorld(t, nil)
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.converged(a)
	release := w.holdCommit(a, Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
	a.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(0, 0, 2)}})
	w.node.system.Root.Send(w.node.relays[0], (*message.Committed)(nil))
	a.conn.Send(Place{Num: 3, Dots: []canvas.Dot{dot(0, 0, 3)}})
	w.eventually("the relay has restarted", func() bool { return w.node.Stats().Restarts[message.KindRelay].Load() == 1 })
	release()
	w.eventually("all are acknowledged", func() bool { return len(a.acked) == 3 })
	w.converged(a)
	if _, tile := w.stored(0); tile.At(0) != 3 || a.failed {
		t.Errorf("the pixel is %v, drawn last was 3; the connection failed: %v", tile.At(0), a.failed)
	}
}

// Goal: whoever asks for the present and has to wait for it learns what is placed meanwhile.
// Method: a pod can't attach to a region of another, on which is drawn before the question and after it.
func TestRelay_PresentThatIsLong(t *testing.T) {
	p := newPods(t, 2, unhurried)
	owner, other := p.apart(0)
	a := owner.connect(Hello{})
	var before, now canvas.Position
	place := func(num uint64, c canvas.Color) canvas.Position {
		t.Helper()
		a.conn.Send(Place{Num: num, Dots: []canvas.Dot{dot(0, 0, c)}})
		owner.eventually("acknowledged", func() bool { return len(a.acked) == int(num) })
		at, _ := owner.stored(0)
		return at
	}
	before = place(1, 1)
	placed := time.Now().UnixMilli()
	owner.eventually("the next millisecond, in which times are kept", func() bool { return time.Now().UnixMilli() > placed })
	var apart atomic.Bool
	var asked atomic.Int64
	apart.Store(true)
	p.change(func() {
		p.lose = func(l letter) bool {
			_, attach := l.message.(*message.Attach)
			if attach = attach && l.from == other.address && apart.Load(); attach {
				asked.Add(1)
			}
			return attach
		}
	})
	viewer := other.connect(Hello{})
	var joined []CatchUp
	other.crowd.do(func() { other.crowd.onJoin = func(u CatchUp) { joined = append(joined, u) } })
	other.node.Resync(viewer.id, canvas.Mark{Region: 0, Position: canvas.Head()})
	other.eventually("the relay has asked the region", func() bool { return asked.Load() > 0 })
	now = place(2, 2)
	apart.Store(false)
	other.eventually("the viewer has its answer", func() bool { return len(joined) == 1 })
	u := joined[0]
	if u.At != now || u.Snapshot != nil || u.Delta == nil || u.Delta.From != before.Seq || u.Delta.Position() != now {
		t.Errorf("got %+v, want what leads from %v to %v", u, before, now)
	}
	other.node.Resync(viewer.id, canvas.Mark{Region: 0, Position: canvas.Head()})
	other.eventually("and again", func() bool { return len(joined) == 2 })
	if u := joined[1]; u.At != now || u.Snapshot != nil || u.Delta != nil {
		t.Errorf("got %+v without having to wait", u)
	}
}

// Goal: a viewer that comes from a pod that has heard more of the region is not led back. Method: what the owner
// commits does not reach the pod until the viewer has asked, and the relay has asked the owner again.
func TestRelay_LeadsNobodyBack(t *testing.T) {
	p := newPods(t, 0, nil)
	p.ports = func(_ *testPod, ports *Ports) { ports.Clock = standing{now: time.Now()} } // so no viewer waits for too long
	p.join()
	p.join()
	owner, other, a, first := seenFromAfar(t, p)
	var asked atomic.Int64
	p.change(func() {
		p.lose = func(l letter) bool {
			switch l.message.(type) {
			case *message.Attach:
				asked.Add(1)
			case *message.Committed, *message.Attached:
				return l.to == other.address
			}
			return false
		}
	})
	a.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(0, 0, 2)}})
	owner.eventually("acknowledged", func() bool { return len(a.acked) == 2 })
	now, _ := owner.stored(0)
	joined := other.joins(canvas.Mark{Region: 0, Position: now})
	before := asked.Load()
	other.eventually("the relay has asked again", func() bool { return asked.Load() > before+1 })
	other.crowd.do(func() {
		if len(*joined) > 0 {
			t.Errorf("who holds %v, after %v, is led to %+v", now, first, (*joined)[0])
		}
	})
	p.change(func() { p.lose = nil })
	other.eventually("answered", func() bool { return len(*joined) == 1 })
	if u := (*joined)[0]; u.At != now || u.Snapshot != nil || u.Delta != nil {
		t.Errorf("who holds %v is led to %+v", now, u)
	}
}

// What a viewer holds may be lost: it waits for a while, and is shown what there is.
func TestRelay_WaitsNotForeverForWhatAViewerHolds(t *testing.T) {
	p := newPods(t, 2, nil)
	_, other, _, first := seenFromAfar(t, p)
	joined := other.joins(canvas.Mark{Region: 0, Position: canvas.Position{Epoch: first.Epoch, Seq: first.Seq + 5}})
	other.eventually("answered", func() bool { return len(*joined) == 1 })
	if u := (*joined)[0]; u.At != first || u.Snapshot == nil {
		t.Errorf("led to %+v, want %v", u, first)
	}
}

// seenFromAfar places the first pixel of region 0 with the owner's first client, and has another pod show it.
func seenFromAfar(t *testing.T, p *pods) (owner, other *testPod, a *client, at canvas.Position) {
	owner, other = p.apart(0)
	a = owner.connect(Hello{})
	viewer := other.connect(Hello{})
	other.watch(viewer, nil)
	a.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
	owner.eventually("acknowledged", func() bool { return len(a.acked) == 1 })
	at, _ = owner.stored(0)
	other.eventually("shown", func() bool { return viewer.replicas[0].position == at })
	return owner, other, a, at
}

// joins asks for what a newcomer lacks that holds a mark; the answers are under the crowd's lock.
func (w *world) joins(held canvas.Mark) *[]CatchUp {
	comer, joined := w.connect(Hello{}), new([]CatchUp)
	w.crowd.do(func() {
		w.crowd.onJoin = func(u CatchUp) {
			if u.Region == held.Region {
				*joined = append(*joined, u)
			}
		}
	})
	w.node.Resync(comer.id, held)
	return joined
}

// A relay that nobody needs drops its replica.
func TestRelay_LetsGoWhenNobodyViews(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Linger = time.Millisecond })
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.converged(a)
	subscribed := func() bool {
		report := w.node.Survey(context.Background(), []string{w.node.Address()}, message.Inspect{})[0]
		return report != nil && len(report.Regions) > 0 && report.Regions[0].Relays == 1
	}
	deadline := time.Now().Add(10 * time.Second)
	for !subscribed() {
		if time.Now().After(deadline) {
			t.Fatal("a viewed region has no relay")
		}
	}
	w.crowd.do(func() { a.replicas = make(map[canvas.RegionID]*replica) })
	for subscribed() {
		if time.Now().After(deadline) {
			t.Fatal("the relay has not let go")
		}
	}
	w.watch(a, nil)
	w.converged(a)
}

// The pointers of a crowd are shown a bounded number at a time, and eventually all of them.
func TestRelay_BoundsPointers(t *testing.T) {
	w := newWorld(t, nil)
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.converged(a)
	const many = 3*oplog.PointersAtOnce + 1
	w.eventually("all are shown", func() bool {
		shown := make(map[canvas.Author]bool)
		for _, p := range w.crowd.pointers {
			shown[p.Author] = true
		}
		for i := range many { // moves may get lost
			if author := canvas.Author(i + 1); !shown[author] {
				w.node.system.Root.Send(w.node.relays[0], pointerMoved{canvas.Pointer{Author: author, X: 1, Y: 1}})
			}
		}
		return len(shown) == many
	})
	if w.crowd.mostPointers > oplog.PointersAtOnce {
		t.Errorf("%d pointers at once, at most %d", w.crowd.mostPointers, oplog.PointersAtOnce)
	}
}

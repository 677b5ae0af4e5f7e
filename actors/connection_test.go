package actors

import (
	"fmt"
	"testing"

	"pixelplayground/actors/canvas"
)

func TestConnection_RefusesWithTheReason(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Rate, c.Burst = 1, 10 })
	a := w.connect(Hello{})
	many := make([]canvas.Dot, 8)
	for _, c := range []struct {
		place Place
		why   canvas.Refusal
	}{
		{Place{Num: 5, Dots: many}, 0},
		{Place{Num: 6, Dots: many}, canvas.RefusedRate},
		{Place{Num: 7, Dots: []canvas.Dot{dot(50, 0, 1)}}, canvas.RefusedBounds},
		{Place{Num: 8, Dots: []canvas.Dot{dot(0, 40, 1)}}, canvas.RefusedBounds},
		{Place{Num: 4, Dots: many[:1]}, canvas.RefusedOrder},
	} {
		a.conn.Send(c.place)
		w.eventually(fmt.Sprintf("op %d answered with %v", c.place.Num, c.why), func() bool {
			if c.why == 0 {
				return len(a.acked) == 1
			}
			return a.refused[c.place.Num] == c.why
		})
	}
	w.node.Drain()
	a.conn.Send(Place{Num: 9, Dots: many[:1]})
	w.eventually("draining", func() bool { return a.refused[9] == canvas.RefusedDraining })
	w.eventually("every command was handled", func() bool { return a.handled == 7 })
}

func TestConnection_WindowBoundsWhatIsOpen(t *testing.T) {
	w := newWorld(t, nil)
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.converged(a)
	w.outage()
	for num := uint64(1); num <= Window+1; num++ {
		a.conn.Send(Place{Num: num, Dots: []canvas.Dot{dot(0, 0, 1)}})
	}
	w.eventually("one over the window refused", func() bool { return a.refused[Window+1] == canvas.RefusedBusy })
	w.store.Fail(nil)
	w.eventually("the others acknowledged", func() bool { return len(a.acked) == Window })
	if batches := w.node.Stats().Batches.Load(); batches > 3 {
		t.Errorf("%d batches for %d ops that waited together", batches, Window)
	}
}

// A pointer that crosses into another region is not hidden by the region that it left.
func TestConnection_PointerCrossesABorder(t *testing.T) {
	w := newWorld(t, nil)
	a, b := w.connect(Hello{}), w.connect(Hello{})
	w.watch(b, nil)
	w.converged(b)
	a.conn.Send(Cursor{X: 15, Y: 0})
	a.conn.Send(Cursor{X: 17, Y: 0})
	w.eventually("both regions show where it is", func() bool {
		at := 0
		for _, p := range w.crowd.pointers {
			if p.X == canvas.PointerGone {
				w.crowd.fault("the pointer was taken away")
			}
			if p.X == 17 {
				at++
			}
		}
		return at == 2
	})
}

func TestConnection_TwoOfOneSessionBothGetTheAnswer(t *testing.T) {
	w := newWorld(t, nil)
	a := w.connect(Hello{})
	b := w.connect(Hello{Session: a.welcome.Session, Resume: true})
	w.watch(a, nil)
	w.converged(a)
	release := w.store.Hold()
	op := Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}}
	a.conn.Send(op)
	b.conn.Send(op)
	w.eventually("both are handled", func() bool { return a.handled+b.handled == 5 })
	release()
	w.eventually("both are acknowledged", func() bool { return len(a.acked) == 1 && len(b.acked) == 1 })
	if got := w.logged(a.welcome.User); got[1] != 1 {
		t.Errorf("the op stands %d times in the log", got[1])
	}
}

// A client that can't know the window is slowed, not refused.
func TestConnection_HoldsUnnumberedOpsOverTheWindow(t *testing.T) {
	w := newWorld(t, nil)
	a := w.connect(Hello{})
	release := w.store.Hold()
	const ops = Window + 20
	for range ops {
		a.conn.Send(Place{Dots: []canvas.Dot{dot(0, 0, 1)}})
	}
	w.eventually("the window is full, the rest waits", func() bool { return a.handled == 1+Window })
	release()
	w.eventually("all are placed", func() bool { return a.handled == 1+ops && w.node.Stats().Pixels.Load() == ops })
	if len(a.refused)+len(a.acked) > 0 {
		t.Errorf("refused %v, acknowledged %v", a.refused, a.acked)
	}
}

func TestConnection_PointersAreShownAndTakenAway(t *testing.T) {
	w := newWorld(t, nil)
	a, b := w.connect(Hello{}), w.connect(Hello{})
	w.watch(b, nil)
	w.converged(b)
	a.conn.Send(Cursor{X: 3, Y: 4})
	w.eventually("shown", func() bool {
		return len(w.crowd.pointers) == 1 && w.crowd.pointers[0] == canvas.Pointer{Author: a.welcome.User, X: 3, Y: 4}
	})
	for x := range uint16(10) {
		a.conn.Send(Cursor{X: x, Y: 5})
	}
	w.eventually("the last place of many is shown, of the others few", func() bool {
		n := len(w.crowd.pointers)
		return n < 6 && w.crowd.pointers[n-1] == canvas.Pointer{Author: a.welcome.User, X: 9, Y: 5}
	})
	a.conn.Close()
	w.eventually("taken away", func() bool {
		return w.crowd.pointers[len(w.crowd.pointers)-1].X == canvas.PointerGone
	})
}

func TestConnection_PanicClosesItsSocketOnly(t *testing.T) {
	w := newWorld(t, nil)
	a, b := w.connect(Hello{}), w.connect(Hello{})
	w.eventually("2 users", func() bool { return w.crowd.presence != nil && w.crowd.presence.Count == 2 })
	a.conn.Send(Place{Num: panickingNum, Dots: []canvas.Dot{dot(60, 0, 1)}})
	w.eventually("its socket closes, one user is left", func() bool { return a.failed && w.crowd.presence.Count == 1 })
	b.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
	w.eventually("the other draws on", func() bool { return len(b.acked) == 1 && !b.failed })
}

func TestSplit_KeepsOrderWithinRegions(t *testing.T) {
	g := canvas.Geometry{Width: 50, Height: 50, Region: 16}
	parts := split(g, []canvas.Dot{{X: 15, Y: 0, Color: 1}, {X: 16, Y: 0, Color: 2}, {X: 15, Y: 0, Color: 3}, {X: 49, Y: 49, Color: 4}})
	if len(parts) != 3 || parts[0].region != 0 || parts[1].region != 1 || parts[2].region != 15 {
		t.Fatalf("parts %+v", parts)
	}
	if p := parts[0].pixels; len(p) != 2 || p[0].Color != 1 || p[1].Color != 3 || p[0].Pos != 15 {
		t.Errorf("region 0: %+v", p)
	}
	if p := parts[2].pixels; p[0].Pos != 1*2+1 { // the corner region is 2 x 2
		t.Errorf("corner: %+v", p)
	}
}

// A JSON client is shown its own pixel although transport has not asked for the region yet.
func TestConnection_JSONClientSeesWhatItPlaces(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connect(Hello{})
	w.crowd.do(func() { c.replicas[0] = &replica{tile: canvas.NewTile(16, 16)} })
	for n := range 3 {
		c.conn.Send(Place{Dots: []canvas.Dot{dot(n, 0, canvas.Color(n+1))}})
	}
	w.eventually("its pixels are shown", func() bool {
		r := c.replicas[0]
		return r.position.Seq == 3 && r.tile.At(0) == 1 && r.tile.At(1) == 2 && r.tile.At(2) == 3
	})
}

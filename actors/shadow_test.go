package actors

import (
	"slices"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store/memory"
)

// TestShadow: what somebody draws whom the rules shadow is acknowledged, taken from the allowance and shown to them;
// it gets no sequence number, and no other pixel is hindered. When the act is undone, they draw as all do.
func TestShadow(t *testing.T) {
	s := memory.New(memory.Config{Geometry: testGeometry})
	w := ruledWorld(t, s)
	w.person = canvas.Person{Kind: canvas.Guest, Subject: canvas.Subject{1}, User: 0xA1, Pace: canvas.Pace{Rate: 0.001, Burst: 10}}
	shady := w.connect(Hello{Name: "Shady"})
	w.person = canvas.Person{Kind: canvas.Guest, Subject: canvas.Subject{2}, User: 0xB2, Pace: canvas.Pace{Rate: 0.001, Burst: 10}}
	other := w.connect(Hello{})
	w.watch(other, nil)
	act := w.decide(rules.Act{ID: "s", Do: rules.Shadow, Target: &rules.Target{User: 0xA1}, By: rules.By{Role: canvas.RoleOwner, Via: "server"}})

	dots := []canvas.Dot{{X: 1, Color: 1}, {X: uint16(testGeometry.Region), Color: 2}} // in two regions
	for num := uint64(1); num <= 3; num++ {
		shady.conn.Send(Place{Num: num, Dots: dots})
	}
	other.conn.Send(Place{Num: 1, Dots: dots[:1]})
	w.eventually("all is acknowledged", func() bool { return len(shady.acked) == 3 && len(other.acked) == 1 })
	if want := []uint64{1, 2, 3}; !slices.Equal(shady.acked, want) || shady.left.Pixels > 4 { // on a busy machine some may count as spent
		t.Errorf("acknowledged %v, left %+v", shady.acked, shady.left)
	}
	w.crowd.do(func() {
		if len(w.crowd.own) != 6 {
			t.Fatalf("%d parts were shown to who placed them", len(w.crowd.own))
		}
		for i, own := range w.crowd.own {
			b := own.batch
			if own.viewer != shady.id || own.whose != (canvas.Subject{1}) || b.From != 0 || b.To != 1 || len(b.Ops) != 1 || b.Ops[0].By() != 0xA1 || b.Ops[0].Pixels[0].Color != canvas.Color(1+i%2) {
				t.Errorf("part %d: %+v %+v", i, own, b)
			}
		}
	})
	if placed, err := w.node.Place(t.Context(), canvas.Person{Kind: canvas.Guest, Subject: canvas.Subject{1}, User: 0xA1, Pace: canvas.Pace{Rate: 0.001, Burst: 10}}, []Stroke{{Dots: dots[:1]}}); err != nil || placed.Pixels != 1 || placed.Left.Pixels > 3 {
		t.Errorf("over HTTP: %+v, %v", placed, err)
	}
	w.eventually("nobody but the honest one has painted", func() bool {
		return other.replicas[0].position.Seq == 1 && other.replicas[1].position.Seq == 0
	})
	w.crowd.do(func() {
		if len(w.crowd.own) != 7 || w.crowd.own[6].whose != (canvas.Subject{1}) || len(w.crowd.by) != 1 {
			t.Errorf("%d parts shown, %v published", len(w.crowd.own), w.crowd.by)
		}
	})

	w.decide(rules.Act{ID: "u", Do: rules.Undo, Of: act.N, By: rules.By{Role: canvas.RoleOwner, Via: "server"}})
	shady.conn.Send(Place{Num: 4, Dots: dots[1:]})
	w.eventually("it counts again", func() bool { return len(shady.acked) == 4 && other.replicas[1].position.Seq == 1 })
}

// A program's subject is its network, so others have it too: they are not shown what it draws.
func TestShadow_Program(t *testing.T) {
	w := ruledWorld(t, memory.New(memory.Config{Geometry: testGeometry}))
	w.person = canvas.Person{Kind: canvas.Program, Subject: canvas.Subject{7}, From: 9}
	c := w.connect(Hello{})
	w.decide(rules.Act{ID: "s", Do: rules.Shadow, Target: &rules.Target{Network: 9}, By: rules.By{Role: canvas.RoleOwner, Via: "server"}})
	c.conn.Send(Place{Num: 1, Dots: []canvas.Dot{{X: 1}}})
	w.eventually("it is acknowledged", func() bool { return len(c.acked) == 1 })
	w.crowd.do(func() {
		if len(w.crowd.own) != 1 || w.crowd.own[0].viewer != c.id || w.crowd.own[0].whose != (canvas.Subject{}) {
			t.Errorf("shown to %+v", w.crowd.own)
		}
	})
}

// TestShadow_TakesAsLong: an acknowledgement comes neither at once nor before those of earlier ops.
func TestShadow_TakesAsLong(t *testing.T) {
	n := ruledWorld(t, memory.New(memory.Config{Geometry: testGeometry})).node
	for range 100 {
		n.stats.CountAck(80*time.Millisecond, "")
	}
	if got := n.shadowDelay(); got < 30*time.Millisecond || got > 130*time.Millisecond {
		t.Errorf("where others wait for 80 ms: %v", got)
	}
}

package actors

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// happened returns the events of a kind that the node has noted.
func (w *world) happened(kind string) (of []message.Event) {
	for _, e := range w.node.events.All() {
		if e.Kind == kind {
			of = append(of, e)
		}
	}
	return of
}

func TestEvents_OutageAndRecovery(t *testing.T) {
	w := newWorld(t, nil)
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.converged(a)
	w.outage()
	a.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
	w.eventually("noted", func() bool { return len(w.happened(message.EventOutage)) == 1 })
	w.store.Fail(nil)
	w.eventually("over", func() bool { return len(w.happened(message.EventRecovered)) == 1 })
	if e := w.happened(message.EventRecovered)[0]; e.Duration <= 0 || e.Region != message.NoRegion {
		t.Errorf("%+v", e)
	}
}

func TestEvents_RestartIsNoHandoff(t *testing.T) {
	w := newWorld(t, nil)
	a := w.connect(Hello{})
	w.watch(a, nil)
	a.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
	w.eventually("acknowledged", func() bool { return len(a.acked) == 1 })
	w.node.system.Root.Send(w.node.regions[0], (*message.Submit)(nil)) // no handler expects nil
	w.eventually("restarted", func() bool { return len(w.happened(message.EventRestarted)) == 1 })
	a.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(0, 0, 2)}})
	w.eventually("acknowledged again", func() bool { return len(a.acked) == 2 })
	if moved := w.happened(message.EventHandoff); len(moved) != 0 {
		t.Errorf("%+v", moved)
	}
	if e := w.happened(message.EventRestarted)[0]; !strings.HasPrefix(e.Text, "region/0 failed: ") {
		t.Errorf("%+v", e)
	}
}

// TestEvents_Handoff shows that the move of a region is noted, both when its owner let go of it and
// when its owner died.
func TestEvents_Handoff(t *testing.T) {
	p := newPods(t, 2, nil)
	a := p.members[0].connect(Hello{})
	p.members[0].watch(a, nil)
	for i := range testGeometry.Regions() {
		x, y, _, _ := testGeometry.Bounds(canvas.RegionID(i))
		a.conn.Send(Place{Num: uint64(i + 1), Dots: []canvas.Dot{dot(x, y, 1)}})
	}
	p.members[0].eventually("acknowledged", func() bool { return len(a.acked) == testGeometry.Regions() })
	moved := func(pods ...*testPod) (let, dead int) {
		for _, pod := range pods {
			for _, e := range pod.happened(message.EventHandoff) {
				if strings.HasSuffix(e.Text, "was gone") {
					dead++
				} else {
					let++
				}
			}
		}
		return let, dead
	}
	third := p.join()
	third.eventually("it takes its share", func() bool { let, dead := moved(third); return let > 0 && dead == 0 })
	second := p.members[1]
	owned := 0
	for i := range testGeometry.Regions() {
		if owner, _ := p.owner(i); owner == second {
			owned++
		}
	}
	p.kill(second)
	p.members[0].eventually("its regions move", func() bool { _, dead := moved(p.members[0], third); return dead >= owned })
}

// TestEvents_HandoffOfWhatWasNeverDrawnOn shows the same for regions without pixels, of a pod that
// drains and of one that dies.
func TestEvents_HandoffOfWhatWasNeverDrawnOn(t *testing.T) {
	for _, end := range []string{"drain", "death"} {
		t.Run(end, func(t *testing.T) {
			p := newPods(t, 2, nil)
			first, second := p.members[0], p.members[1]
			a := first.connect(Hello{})
			first.watch(a, nil)
			first.converged(a)
			owned := 0
			for i := range testGeometry.Regions() {
				if owner, _ := p.owner(i); owner == second {
					owned++
				}
			}
			if owned == 0 {
				t.Fatal("the second pod owns nothing")
			}
			if end == "death" {
				p.kill(second)
			} else {
				p.change(func() { second.draining.Store(true) })
				if err := second.node.HandOver(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			first.eventually("each region's move is told", func() bool { return len(first.happened(message.EventHandoff)) == owned })
			for _, e := range first.happened(message.EventHandoff) {
				if gone := strings.HasSuffix(e.Text, "was gone"); e.Duration <= 0 || gone != (end == "death") {
					t.Errorf("%+v", e)
				}
			}
		})
	}
}

// TestInspector_FindsUsers finds users by their viewers and by a part of their name.
func TestInspector_FindsUsers(t *testing.T) {
	w := newWorld(t, nil)
	a, b := w.connect(Hello{Name: "Ada"}), w.connect(Hello{Name: "Adamson"})
	w.connect(Hello{})
	ctx := context.Background()
	w.eventually("all on the roster", func() bool { return len(w.node.who(ctx, who{viewers: []canvas.ViewerID{0, 1, 2, 9}})) == 3 })
	if found := w.node.who(ctx, who{name: "aDa", most: 5}); len(found) != 2 {
		t.Errorf("%+v", found)
	}
	if found := w.node.who(ctx, who{name: "SON", most: 5}); len(found) != 1 || found[0].Viewer != b.id {
		t.Errorf("%+v", found)
	}
	if found := w.node.who(ctx, who{name: "a", most: 1}); len(found) != 1 {
		t.Errorf("%+v", found)
	}
	_ = a
}

var errFault = errors.New("fault")

func TestEvents_FailedActIsTold(t *testing.T) {
	w := newWorld(t, nil)
	w.node.NoteAct(message.Act{Do: message.ActHandOver, Target: "region 3 to pod-2", Who: "::1", At: time.Now().UnixMilli(), Region: 3}, errFault)
	if e := w.happened(message.EventAct); len(e) != 1 || e[0].Region != 3 || e[0].Text != "handover region 3 to pod-2, by ::1: fault" {
		t.Errorf("%+v", e)
	}
}

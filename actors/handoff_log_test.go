package actors

import (
	"context"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store/memory"
)

// shortLog is pods on a store whose log holds less than a second of what they draw: every
// new owner of a region has forgotten most of its ops.
func shortLog(t *testing.T, n int) (*pods, map[*drawing]*testPod) {
	p := newPods(t, 0, nil)
	p.store = memory.New(memory.Config{Geometry: testGeometry, LogPixels: 20})
	drawings := make(map[*drawing]*testPod)
	for i := range n {
		pod := p.join()
		drawings[p.draw(pod, uint64(i))] = pod
	}
	return p, drawings
}

// counted halts the drawings, waits until every op is answered, and gives how many were
// acknowledged and refused, and how many pixels the store has taken: one for each op that was applied.
func (p *pods) counted(drawings map[*drawing]*testPod) (acked, refused, applied int) {
	p.t.Helper()
	for d := range drawings {
		d.halt()
	}
	for d, pod := range drawings {
		pod.eventually("every op is answered", func() bool {
			return int(d.placed) == len(d.client.acked)+len(d.client.refused)
		})
		acked, refused = acked+len(d.client.acked), refused+len(d.client.refused)
		for num, why := range d.client.refused {
			if why != canvas.RefusedUnsure {
				p.t.Errorf("op %d was refused: %v", num, why)
			}
		}
	}
	for id := range testGeometry.Regions() {
		claim, err := p.store.Claim(context.Background(), canvas.RegionID(id), "the test")
		if err != nil {
			p.t.Fatal(err)
		}
		applied += int(claim.Position.Seq)
	}
	return acked, refused, applied
}

// Goal: an owner that has forgotten most of a region's ops refuses none of those that its
// relays send it again, since they know when they had them first. Method: as in
// TestHandoff_JoinsAndDrainsUnderLoad, with a short log.
func TestHandoff_ForgetfulOwnersTakeWhatComesAgain(t *testing.T) {
	p, drawings := shortLog(t, 2)
	for i := range 3 {
		p.more(drawings, 60)
		pod := p.join()
		drawings[p.draw(pod, uint64(10+i))] = pod
		p.more(drawings, 60)
		first := p.members[i]
		p.change(func() { first.draining.Store(true) })
		if err := first.node.HandOver(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	p.more(drawings, 60)
	if acked, refused, applied := p.counted(drawings); refused > 0 || applied != acked {
		t.Errorf("%d acknowledged, %d applied, %d refused", acked, applied, refused)
	}
}

// Goal: with a network that loses answers as well, some ops can't be told from new ones any
// more; those are refused, and nothing is applied twice. Method: one message in twenty
// vanishes, a pod joins, another drains, and one is cut off from the others for a while.
func TestHandoff_ForgetfulOwnersApplyNothingTwice(t *testing.T) {
	p, drawings := shortLog(t, 4)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	lossy := func(letter) bool { return random.IntN(20) == 0 }
	p.change(func() { p.lose = lossy })
	p.more(drawings, 100)
	p.join()
	p.more(drawings, 100)
	cut := p.members[1]
	p.change(func() {
		p.lose = func(l letter) bool { return (l.from == cut.address) != (l.to == cut.address) || lossy(l) }
	})
	others := maps.Clone(drawings)
	maps.DeleteFunc(others, func(_ *drawing, pod *testPod) bool { return pod == cut })
	first := p.members[0]
	p.change(func() { first.draining.Store(true) }) // its regions go to the others
	p.more(others, 20)                              // in those that the cut off does not have
	p.change(func() { p.lose = lossy })
	p.more(drawings, 100)
	p.change(func() { p.lose = nil })
	acked, refused, applied := p.counted(drawings)
	if applied < acked || applied > acked+refused {
		t.Errorf("%d acknowledged, %d applied, %d refused", acked, applied, refused)
	}
}

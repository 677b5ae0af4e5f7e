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

// logPixels is how many pixels of a region the log of forgetful pods holds: a small part of what is
// drawn there, so that every new owner has forgotten most of the region's ops.
const logPixels = 30

// forgetful returns pods on a store with a short log, and a drawing for each.
func forgetful(t *testing.T, n int, inRounds bool, change func(*Config)) (*pods, map[*drawing]*testPod) {
	p := newPods(t, 0, change)
	p.store, p.inRounds = memory.New(memory.Config{Geometry: testGeometry, LogPixels: logPixels}), inRounds
	drawings := make(map[*drawing]*testPod)
	for i := range n {
		pod := p.join()
		drawings[p.draw(pod, uint64(i))] = pod
	}
	return p, drawings
}

// rounds makes every drawing place a few ops, several times. Before each next round all ops are
// answered, and everybody has been shown them. So no relay is further behind than the ops of one
// round, which the log holds, however busy the machine is.
func (p *pods) rounds(drawings map[*drawing]*testPod, n int) {
	p.t.Helper()
	const ops = 3
	if ops*len(drawings) > logPixels/2 {
		p.t.Fatalf("%d drawings are too many", len(drawings))
	}
	for range n {
		for d := range drawings {
			d.allowed.Add(ops)
		}
		for d, pod := range drawings {
			pod.eventually("the ops of a round are answered", func() bool {
				return len(d.client.acked)+len(d.client.refused) >= int(d.allowed.Load())
			})
		}
		for d, pod := range drawings {
			pod.eventually("the ops of a round are shown", func() bool {
				for id, r := range d.client.replicas {
					history, err := p.store.History(context.Background(), id, 0, 1<<30)
					if err != nil {
						p.t.Fatal(err)
					}
					if len(history) > 0 && (!r.live || r.position != history[len(history)-1].Position()) {
						return false
					}
				}
				return true
			})
		}
	}
}

// counted halts the drawings, waits until every op is answered, and returns how many ops were
// acknowledged and refused, and how many pixels the store has taken: one for each op that was
// applied.
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

// Goal: an owner that has forgotten most of a region's ops refuses none of those that its relays
// send again, since the relays know when they first had them. Method: pods join and drain while
// people draw, but nobody falls further behind than the log reaches.
func TestHandoff_ForgetfulOwnersTakeWhatComesAgain(t *testing.T) {
	p, drawings := forgetful(t, 2, true, unhurried)
	for i := range 3 {
		p.rounds(drawings, 20)
		pod := p.join()
		drawings[p.draw(pod, uint64(10+i))] = pod
		p.rounds(drawings, 20)
		first := p.members[i]
		p.change(func() { first.draining.Store(true) })
		p.rounds(drawings, 20)
		if err := first.node.HandOver(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	p.rounds(drawings, 20)
	acked, refused, applied := p.counted(drawings)
	if refused > 0 || applied != acked {
		t.Errorf("%d acknowledged, %d applied, %d refused", acked, applied, refused)
	}
	if applied < 2*logPixels*testGeometry.Regions() {
		t.Errorf("%d ops are too few to be forgotten", applied)
	}
}

// Goal: if the network also loses answers, some ops can no longer be told from new ones. Those are
// refused, and nothing is applied twice. Method: one message in twenty vanishes, a pod joins,
// another drains, and one is cut off from the others for a while.
func TestHandoff_ForgetfulOwnersApplyNothingTwice(t *testing.T) {
	p, drawings := forgetful(t, 4, false, func(c *Config) { c.Patience = time.Minute })
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
	p.more(others, 20)                              // in regions that the cut-off pod does not own
	p.change(func() { p.lose = lossy })
	p.more(drawings, 100)
	p.change(func() { p.lose = nil })
	acked, refused, applied := p.counted(drawings)
	if applied < acked || applied > acked+refused {
		t.Errorf("%d acknowledged, %d applied, %d refused", acked, applied, refused)
	}
}

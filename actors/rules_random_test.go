package actors

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
)

// span is what an act forbade for a while: in each region, what was committed after a position and up to
// another.
type span struct {
	act         *rules.Act
	after, upTo map[canvas.RegionID]uint64
}

// forbids reports whether an op breaks an act that is in force.
func forbids(act *rules.Act, region canvas.RegionID, op *canvas.Op) bool {
	switch act.Do {
	case rules.SetFrozen:
		return true
	case rules.Ban:
		return op.By() == act.Target.User
	case rules.Protect:
		left, top, width, _ := testGeometry.Bounds(region)
		for _, p := range op.Pixels {
			x, y := left+int(p.Pos)%width, top+int(p.Pos)/width
			if x >= act.Area.X && x < act.Area.X+act.Area.Width && y >= act.Area.Y && y < act.Area.Y+act.Area.Height {
				return true
			}
		}
	}
	return false
}

// reached is where all regions are in the store.
func (p *pods) reached() map[canvas.RegionID]uint64 {
	at := make(map[canvas.RegionID]uint64)
	for id := range canvas.RegionID(testGeometry.Regions()) {
		history, err := p.store.History(context.Background(), id, 0, 1<<30)
		if err != nil {
			p.t.Error(err)
		}
		if n := len(history); n > 0 {
			at[id] = history[n-1].To
		}
	}
	return at
}

// randomAct is something to decide about people who draw.
func randomAct(random *rand.Rand, id string, users []canvas.Author) rules.Act {
	switch random.IntN(3) {
	case 0:
		return freeze(id)
	case 1:
		return rules.Act{ID: id, Do: rules.Ban, Target: &rules.Target{User: users[random.IntN(len(users))]}, By: byOperator()}
	}
	x, y := random.IntN(testGeometry.Width-10), random.IntN(testGeometry.Height-10)
	return protect(id, x, y, 1+random.IntN(testGeometry.Width-x-1), 1+random.IntN(testGeometry.Height-y-1))
}

// Goal: I11. Method: clients draw on three pods over a network that loses messages, while the store loses
// answers and pods come, drain, and are cut off, with what they have on its way. Random acts are decided
// on random pods. Of each one that is obeyed it is noted how far each region has come, and so again before
// it is taken back: nothing in between may be forbidden by it.
func TestRules_NothingForbiddenAfterItsAct(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random, faults := rand.New(rand.NewPCG(seed, 3)), rand.New(rand.NewPCG(seed, 4))
	p := ruledPods(t, 3)
	var mu sync.Mutex // guards faults
	chance := func(n int) bool {
		mu.Lock()
		defer mu.Unlock()
		return faults.IntN(n) == 0
	}
	p.change(func() { p.lose = func(letter) bool { return chance(100) } })
	p.store.Lose(func(operation string, _ canvas.RegionID) error {
		if operation == "commit" && chance(30) {
			return store.ErrUnavailable
		}
		return nil
	})
	drawings := make(map[*drawing]*testPod)
	var users []canvas.Author
	for i, pod := range p.members {
		d := p.draw(pod, uint64(i))
		drawings[d], users = pod, append(users, d.client.welcome.User)
	}
	var spans []*span
	obeyed, asked := 0, 0
	for round := range 8 {
		p.disturb(random, round)
		decider := p.members[random.IntN(len(p.members))]
		s := &span{}
		d, err := decider.node.Decide(t.Context(), randomAct(random, fmt.Sprint("act-", round), users))
		if asked++; err != nil {
			t.Log(err) // such as that somebody is banned already
			continue
		}
		if s.act = d.Act; d.Obeyed {
			s.after = p.reached()
			obeyed++
		}
		p.pause()
		t.Logf("round %d: act %d (%s): %v; committed %d of %d pods", round, d.Act.N, d.Act.Do, d.Obeyed, p.store.Commits(), len(p.members))
		if s.upTo = p.reached(); s.after != nil {
			spans = append(spans, s)
		}
		if _, err := decider.node.Decide(t.Context(), rules.Act{ID: fmt.Sprint("undo-", round), Do: rules.Undo, Of: d.Act.N, By: byOperator()}); err != nil {
			t.Logf("undo: %v", err)
		}
	}
	p.change(func() { p.lose = nil })
	p.store.Lose(nil)
	maps.DeleteFunc(drawings, func(_ *drawing, pod *testPod) bool { return !p.Has(pod.address) })
	p.more(drawings, 5)
	for d := range maps.Keys(drawings) {
		d.halt()
	}
	committed := p.check(spans)
	t.Logf("%d of %d acts obeyed, %d ops committed", obeyed, asked, committed)
	if obeyed < asked/3 || committed == 0 {
		t.Error("that proves nothing")
	}
}

// disturb changes the members.
func (p *pods) disturb(random *rand.Rand, round int) {
	switch what, victim := random.IntN(6), random.IntN(len(p.members)); {
	case round == 0:
	case what == 0 && len(p.members) > 2:
		p.kill(p.members[victim])
	case what == 1 && len(p.members) < 5:
		p.join()
	case what == 2:
		pod := p.members[victim]
		p.change(func() { pod.draining.Store(!pod.draining.Load()) })
	}
}

// pause lets people draw.
func (p *pods) pause() {
	before := p.store.Commits()
	for deadline := time.Now().Add(200 * time.Millisecond); p.store.Commits() < before+20 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond) // between polls
	}
}

// check goes through everything that was committed.
func (p *pods) check(spans []*span) (committed int) {
	for id := range canvas.RegionID(testGeometry.Regions()) {
		history, err := p.store.History(context.Background(), id, 0, 1<<30)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, b := range history {
			committed += len(b.Ops)
			for _, s := range spans {
				if b.To <= s.after[id] || b.To > s.upTo[id] {
					continue
				}
				for i := range b.Ops {
					if forbids(s.act, id, &b.Ops[i]) {
						p.t.Errorf("region %d: op %v at %d was committed after act %d (%s) was obeyed at %d", id, b.Ops[i].ID, b.To, s.act.N, s.act.Do, s.after[id])
					}
				}
			}
		}
	}
	return committed
}

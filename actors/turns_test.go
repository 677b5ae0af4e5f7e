package actors

import "testing"

// A few have their turn at a time, and the others wait.
func TestTurns_AreBounded(t *testing.T) {
	p := newPods(t, 1, nil)
	root := p.members[0].system.Root
	limiter := newTurns[*region](root, movesAtOnce, handoffGranted{})
	var regions []*region
	for range 3 * movesAtOnce {
		r := &region{}
		regions = append(regions, r)
		limiter.acquire(r, p.members[0].node.inspector)
		limiter.acquire(r, p.members[0].node.inspector)
	}
	for done := 0; done < len(regions); done++ {
		if want := min(movesAtOnce, len(regions)-done); len(limiter.taken) != want {
			t.Fatalf("%d move after %d are done, want %d", len(limiter.taken), done, want)
		}
		if len(limiter.waiting)+len(limiter.taken) != len(regions)-done {
			t.Fatalf("%d wait and %d move of %d", len(limiter.waiting), len(limiter.taken), len(regions)-done)
		}
		for r := range limiter.taken {
			limiter.release(r)
			break
		}
	}
}

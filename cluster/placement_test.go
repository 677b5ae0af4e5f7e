package cluster

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
)

// candidates makes n candidates with ids of the real form.
func candidates(n int) (list []candidate) {
	for i := range n {
		list = append(list, candidate{seed: seedOf(fmt.Sprintf("%012x-%08x", 1_700_000_000_000+int64(i), i))})
	}
	return list
}

func TestPlace_OwnerAndThoseBefore(t *testing.T) {
	const key = 7
	all := candidates(4)
	ranked := []int{0, 1, 2, 3} // best first
	slices.SortFunc(ranked, func(a, b int) int {
		if score(all[a].seed, key) > score(all[b].seed, key) {
			return -1
		}
		return 1
	})
	for name, test := range map[string]struct {
		draining []int // ranks
		owner    int   // rank
		before   []int // ranks
	}{
		"nobody drains":              {nil, 0, []int{1, 2}},
		"the best drains":            {[]int{0}, 1, []int{0, 2, 3}},
		"the next drains":            {[]int{1}, 0, []int{1, 2, 3}},
		"another drains":             {[]int{3}, 0, []int{1, 2, 3}},
		"all but one drain":          {[]int{0, 1, 3}, 2, []int{0, 1, 3}},
		"all drain":                  {[]int{0, 1, 2, 3}, 0, []int{1, 2, 3}},
		"all but the next drain":     {[]int{0, 2, 3}, 1, []int{0, 2, 3}},
		"the best two drain at once": {[]int{0, 1}, 2, []int{0, 1, 3}},
	} {
		list := slices.Clone(all)
		for _, rank := range test.draining {
			list[ranked[rank]].draining = true
		}
		var want []int
		for _, rank := range test.before {
			want = append(want, ranked[rank])
		}
		slices.Sort(want)
		owner, before := place(list, key)
		if owner != ranked[test.owner] || !slices.Equal(before, want) {
			t.Errorf("%s: owner %d, before %v, not %d and %v", name, owner, before, ranked[test.owner], want)
		}
	}
}

func TestPlace_FewCandidates(t *testing.T) {
	if owner, before := place(nil, 1); owner != -1 || before != nil {
		t.Errorf("nobody: %d, %v", owner, before)
	}
	one := candidates(1)
	if owner, before := place(one, 1); owner != 0 || before != nil {
		t.Errorf("one: %d, %v", owner, before)
	}
	one[0].draining = true
	if owner, before := place(one, 1); owner != 0 || before != nil {
		t.Errorf("one that drains: %d, %v", owner, before)
	}
}

// Pods of two versions of the program must agree, so these numbers never change.
func TestScore_IsTheSameInEveryProcess(t *testing.T) {
	for id, want := range map[string][2]uint64{
		"018bcfe56800-00000000": {0x66e2590337d87f7b, 0xf1a83e9fcac5407e},
		"":                      {0x97a7e8de67b775bb, 0x7b97f18cd8da03b1},
	} {
		got := [2]uint64{score(seedOf(id), 0), score(seedOf(id), presenceKey)}
		if got != want {
			t.Errorf("%q: %#x, not %#x", id, got, want)
		}
	}
}

// Every member gets its share: 100,000 keys spread over n members as independent throws of dice
// would, within 5 standard deviations.
func TestPlace_IsBalanced(t *testing.T) {
	const keys = 100_000
	for _, n := range []int{2, 3, 5, 8, 20} {
		list, counts := candidates(n), make([]int, n)
		for key := range uint64(keys) {
			owner, _ := place(list, key)
			counts[owner]++
		}
		p := 1 / float64(n)
		expected, deviation := keys*p, math.Sqrt(keys*p*(1-p))
		for i, count := range counts {
			if math.Abs(float64(count)-expected) > 5*deviation {
				t.Errorf("%d members: %d has %d keys of %d", n, i, count, keys)
			}
		}
	}
}

// A new member takes keys from the others and moves none between them. A member that drains or goes
// does the reverse.
func TestPlace_MovesOnlyWhatMust(t *testing.T) {
	const keys = 10_000
	all := candidates(9)
	fewer := all[:8] // without the last
	moved := 0
	for key := range uint64(keys) {
		with, before := place(all, key)
		without, _ := place(fewer, key)
		switch {
		case with == without:
		case with != 8:
			t.Fatalf("key %d moved from %d to %d when another came", key, without, with)
		default:
			moved++
			if len(before) != 2 || !slices.Contains(before, without) {
				t.Errorf("key %d: the one before is %d, told are %v", key, without, before)
			}
		}
	}
	if moved < keys/9*8/10 || moved > keys/9*12/10 {
		t.Errorf("%d of %d keys moved to the ninth member", moved, keys)
	}
	// A draining member is as good as gone, and later takes back what it had.
	drained := slices.Clone(all)
	drained[8].draining = true
	for key := range uint64(keys) {
		a, _ := place(drained, key)
		if b, _ := place(fewer, key); a != b {
			t.Fatalf("key %d: %d while one drains, %d when it is gone", key, a, b)
		}
	}
}

func TestNewID_SortsByTimeAndIsUnique(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	a, b, later := newID(now), newID(now), newID(now.Add(time.Millisecond))
	if a == b || a >= later || b >= later || len(a) != len(later) {
		t.Errorf("%s, %s and then %s", a, b, later)
	}
}

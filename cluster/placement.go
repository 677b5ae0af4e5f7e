package cluster

// Rendezvous hashing: of all candidates, the one with the highest score for a key owns it. When a
// member comes or goes, only the keys it wins or loses move. The scores are the same in every
// process and must not change between versions that run in one cluster.

// presenceKey is not the key of any region: ids of regions fit in 32 bits.
const presenceKey = 1 << 32

// candidate is a member as placement sees it.
type candidate struct {
	seed     uint64 // of its id
	draining bool
}

// place returns the indexes of the key's owner (-1: none) and of the candidates that may have owned
// it before: the next two in line, since two pods may join at once, and every draining one. The
// owner is the best candidate that is not draining, or the best of all if all are draining.
func place(candidates []candidate, key uint64) (owner int, before []int) {
	serving := func(i int) bool { return !candidates[i].draining }
	owner = ownerOf(candidates, key)
	next := best(candidates, key, func(i int) bool { return i != owner && serving(i) })
	second := best(candidates, key, func(i int) bool { return i != owner && i != next && serving(i) })
	for i := range candidates {
		if i == next || i == second || i != owner && !serving(i) {
			before = append(before, i)
		}
	}
	return owner, before
}

// ownerOf returns the index of the key's owner; -1: none. It is also asked for single keys, so it
// allocates nothing.
func ownerOf(candidates []candidate, key uint64) int {
	owner := best(candidates, key, func(i int) bool { return !candidates[i].draining })
	if owner < 0 {
		owner = best(candidates, key, func(int) bool { return true })
	}
	return owner
}

// best returns the eligible candidate with the highest score for a key, the first of equals.
func best(candidates []candidate, key uint64, eligible func(int) bool) int {
	found, highest := -1, uint64(0)
	for i, c := range candidates {
		if !eligible(i) {
			continue
		}
		if s := score(c.seed, key); found < 0 || s > highest {
			found, highest = i, s
		}
	}
	return found
}

// score is uniform and independent for every pair of seed and key.
func score(seed, key uint64) uint64 { return mix(seed ^ mix(key)) }

// seedOf is FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/), mixed, since ids
// differ in few bits.
func seedOf(id string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 0x100000001b3
	}
	return mix(h)
}

// mix is the finaliser of SplitMix64 (https://prng.di.unimi.it/splitmix64.c): each bit of
// the argument changes each bit of the result with a probability of one half.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

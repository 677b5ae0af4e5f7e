package canvas

import (
	"math/rand/v2"
	"testing"
)

func TestRegionSet(t *testing.T) {
	const regions = 130
	r := rand.New(rand.NewPCG(1, regions))
	members := make(map[RegionID]bool)
	set, other := NewRegionSet(regions), NewRegionSet(regions)
	for range 1000 {
		id := RegionID(r.IntN(regions))
		if members[id] = r.IntN(2) == 0; members[id] {
			set.Add(id)
		} else {
			set.Remove(id)
		}
	}
	next := RegionID(0)
	for id := range set.All() {
		if !members[id] || id < next {
			t.Errorf("%d is no member, or out of order", id)
		}
		next = id + 1
		other.Add(id)
	}
	for id := range RegionID(regions) {
		if set.Has(id) != members[id] {
			t.Errorf("%d: %t", id, set.Has(id))
		}
	}
	if set.Key() != other.Key() {
		t.Error("equal sets have other keys")
	}
	clone := set.Clone()
	if clone.Add(129); set.Has(129) != members[129] {
		t.Error("a clone is not apart")
	}
	other.Remove(next - 1)
	if set.Key() == other.Key() {
		t.Error("other sets have equal keys")
	}
}

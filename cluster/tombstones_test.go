package cluster

import (
	"fmt"
	"testing"
	"time"
)

func TestTombstones_KeepTheLastDead(t *testing.T) {
	set := newTombstones()
	at := func(i int) time.Time { return time.UnixMilli(int64(1000 + i)) }
	for i := range maxTombstones + 3 {
		if !set.add(fmt.Sprint(i), at(i)) {
			t.Fatalf("%d not kept", i)
		}
	}
	if set.has("2") || !set.has("3") || len(set.died) != maxTombstones {
		t.Errorf("holds %d, the oldest: %v", len(set.died), set.sorted()[0])
	}
	if set.add("3", at(3)) {
		t.Error("added twice")
	}
	if set.add("old", at(0)) || set.has("old") {
		t.Error("an older one took the place of a younger")
	}
	told, err := decodeKnowledge((&knowledge{Joined: true, Deaths: set.list()}).encode())
	if err != nil || !told.Joined || len(told.Deaths) != maxTombstones || told.Deaths[0] != (death{ID: "3", Died: at(3).UnixMilli()}) {
		t.Errorf("travelled as %v, %v", told, err)
	}
	set.remove("3")
	if set.has("3") {
		t.Error("still there")
	}
	if _, err := decodeKnowledge([]byte("no such thing")); err == nil {
		t.Error("nonsense was read")
	}
}

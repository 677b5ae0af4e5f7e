package cluster

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

// maxTombstones bounds how many dead ids are remembered; each takes about 30 bytes in every
// comparison. The one that has been dead longest is forgotten first: a pod could return under its
// old id only after 256 other deaths.
const maxTombstones = 256

// tombstones is the ids of members that are gone for good. All members come to share one set by
// comparing. They order it by time of death, and so forget the same ones. Any goroutine may call
// it.
type tombstones struct {
	mu   sync.Mutex
	died map[string]time.Time // by id, in milliseconds, as told by the first pod to notice
}

func newTombstones() *tombstones { return &tombstones{died: make(map[string]time.Time)} }

func (t *tombstones) has(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.died[id]
	return ok
}

// add reports whether the id is new and was kept.
func (t *tombstones) add(id string, died time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.died[id]; ok {
		return false
	}
	t.died[id] = died
	if len(t.died) <= maxTombstones {
		return true
	}
	oldest := t.sorted()[0].ID
	delete(t.died, oldest)
	return oldest != id
}

func (t *tombstones) remove(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.died, id)
}

// death is one tombstone as members tell it to each other.
type death struct {
	_msgpack struct{} `msgpack:",as_array"` //lint:ignore U1000 read by msgpack

	ID   string
	Died int64 // Unix milliseconds
}

// knowledge is what members tell each other when they compare: a MessagePack array.
type knowledge struct {
	_msgpack struct{} `msgpack:",as_array"` //lint:ignore U1000 read by msgpack

	Joined bool    // the teller has: otherwise it may know no more than we do
	Deaths []death // the longest dead first

	// Members is the ids of the members that the teller counts; earlier versions tell none.
	// memberlist tells a newcomer nothing about a member that is under suspicion at that moment.
	Members []string
}

// sorted returns the deaths, the longest dead first. mu must be held.
func (t *tombstones) sorted() []death {
	deaths := make([]death, 0, len(t.died))
	for id, died := range t.died {
		deaths = append(deaths, death{ID: id, Died: died.UnixMilli()})
	}
	slices.SortFunc(deaths, func(a, b death) int { return cmp.Or(cmp.Compare(a.Died, b.Died), cmp.Compare(a.ID, b.ID)) })
	return deaths
}

func (t *tombstones) list() []death {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sorted()
}

func (k *knowledge) encode() []byte {
	b, err := msgpack.Marshal(k)
	if err != nil {
		panic(fmt.Sprintf("cluster: knowledge: %v", err)) // strings and numbers can't fail
	}
	return b
}

// maxKnowledge bounds how many bytes are read: maxTombstones of the longest ids, twice.
const maxKnowledge = 2 * maxTombstones * (maxID + 16)

// decodeKnowledge reads what anybody who reaches the gossip port may have written. The bound also
// limits how deep arrays may be nested.
func decodeKnowledge(b []byte) (*knowledge, error) {
	if len(b) > maxKnowledge {
		return nil, fmt.Errorf("read what another member knows: %d bytes, at most %d", len(b), maxKnowledge)
	}
	k := new(knowledge)
	if err := msgpack.Unmarshal(b, k); err != nil {
		return nil, fmt.Errorf("read what another member knows: %w", err)
	}
	k.Members = slices.DeleteFunc(k.Members, func(id string) bool { return len(id) > maxID })
	k.Deaths = slices.DeleteFunc(k.Deaths, func(d death) bool { return len(d.ID) > maxID })
	return k, nil
}

// died returns the time of death, or now if that lies in the future: such a tombstone would never
// be the oldest, and would push out all others.
func (d death) died(now time.Time) time.Time {
	if at := time.UnixMilli(d.Died); at.Before(now) {
		return at
	}
	return now
}

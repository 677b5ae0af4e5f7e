package cluster

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"
)

// incarnation is one membership of this pod: from joining under a fresh id until it leaves, ends,
// or finds its id among the dead. memberlist calls it from its own goroutines, sometimes while it
// holds its lock, so what it calls may neither block nor call memberlist.
type incarnation struct {
	id          string
	started     time.Time
	self        metadata     // what stays the same; see metadata
	draining    *atomic.Bool // the pod's
	aside       *atomic.Bool // the pod's
	pinRequests *pinRequests // the pod's
	dead        *tombstones  // the pod's: they outlast an incarnation
	pulse       *pulse
	refusals    *refusals
	store       func() string // Config.Store, never nil

	announced string       // what store gave when gossip began
	stoodBy   bool         // the value of aside then
	strangers atomic.Int64 // when a member with another store was last met, in Unix milliseconds; 0: never
	guest     atomic.Bool  // not joined yet: others see it as draining, so that none gives it a region

	changed         func() // asks the cluster to look again
	previousMembers []string
	list            *memberlist.Memberlist // set before the cluster knows the incarnation

	mu      sync.Mutex
	members map[string]Member    // the others that memberlist takes for alive, and the dying
	dying   map[string]time.Time // members taken for dead that may still object, and since when
	accused []string             // gossip addresses of the dying that are yet to be asked whether they are dead
	losses  map[string]loss      // members that died recently
	told    bool                 // a joined member has told all it knows
	toldOf  []string             // the members that the last one to tell counted
	joined  bool                 // this incarnation has joined
	evicted bool                 // this incarnation's id is among the dead
	ended   bool
}

// loss is a member that died.
type loss struct {
	gossip string
	at     time.Time
}

// lossesFor is how long a member that died counts as a loss: see cutOff, and discover.
const lossesFor = 30 * time.Second

var (
	errDead       = errors.New("it was seen dead under this id")
	errOtherSize  = errors.New("it has another canvas")
	errOtherStore = errors.New("it has another store")
)

// view returns the current members: this pod, and all that memberlist takes for alive or that are
// dying.
func (i *incarnation) view() []Member {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.AppendSeq([]Member{i.me()}, maps.Values(i.members))
}

func (i *incarnation) me() Member {
	m := i.metadata().member(&memberlist.Node{Name: i.id})
	m.Self, m.gossip = true, ""
	return m
}

func (i *incarnation) metadata() *metadata {
	m := i.self
	m.Draining, m.Pins, m.Store = i.draining.Load() || i.guest.Load(), i.pinRequests.now(), i.store()
	m.Aside = !m.Draining && i.aside.Load()
	m.Draining = m.Draining || m.Aside
	return &m
}

// others returns the gossip addresses of all recent members, dead or not.
func (i *incarnation) others(now time.Time) (addresses []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.forgetLosses(now)
	for _, m := range i.members {
		addresses = append(addresses, m.gossip)
	}
	for _, lost := range i.losses {
		addresses = append(addresses, lost.gossip)
	}
	return addresses
}

// wasTold reports whether a member that had joined has told all it knows, and this pod has heard of
// every member that it counts.
func (i *incarnation) wasTold() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.told && len(i.missing()) == 0
}

// missing returns the members that another one counts and this pod has not heard of. mu must be
// held.
func (i *incarnation) missing() (ids []string) {
	for _, id := range i.toldOf {
		if _, known := i.members[id]; !known && id != i.id && !i.dead.has(id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// lacks reports whether any member is missing.
func (i *incarnation) lacks() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.missing()) > 0
}

func (i *incarnation) join() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.joined = true
}

func (i *incarnation) isEvicted() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.evicted
}

// end stops the membership without leaving. Whatever memberlist still calls has no effect.
func (i *incarnation) end() {
	i.mu.Lock()
	i.ended = true
	i.mu.Unlock()
	_ = i.list.Shutdown() // fails only with its transport, which does not
}

// NotifyAlive refuses dead members, and pods with another canvas or store.
func (i *incarnation) NotifyAlive(node *memberlist.Node) error {
	if node.Name == i.id {
		return nil
	}
	if i.dead.has(node.Name) {
		return errDead
	}
	_, err := i.accept(node)
	return err
}

// NotifyMerge refuses a pod whose members have another canvas or store, so that the pod that wants
// to join is told.
func (i *incarnation) NotifyMerge(nodes []*memberlist.Node) error {
	for _, node := range nodes {
		if node.State == memberlist.StateAlive || node.State == memberlist.StateSuspect {
			if _, err := i.accept(node); err != nil {
				return err
			}
		}
	}
	return nil
}

func (i *incarnation) accept(node *memberlist.Node) (*metadata, error) {
	m, err := decodeMetadata(node.Meta)
	if err == nil && len(node.Name) > maxID {
		err = fmt.Errorf("an id of %d bytes, at most %d", len(node.Name), maxID)
	}
	if err != nil {
		i.refusals.add("a pod's metadata can't be read: run one version of the program, or compatible ones", "gossip", node.Address(), "err", err)
		return nil, err
	}
	if m.Geometry != i.self.Geometry {
		i.refusals.add("a pod has another canvas: give all the same size and region", "name", m.Name, "gossip", node.Address(), "canvas", m.Geometry, "own", i.self.Geometry)
		return nil, fmt.Errorf("%w: %s, not %s", errOtherSize, m.Geometry, i.self.Geometry)
	}
	if own := i.store(); otherStores(own, m.Store) {
		i.strangers.Store(time.Now().UnixMilli())
		i.refusals.add(anotherStore, "name", m.Name, "gossip", node.Address(), "store", m.Store, "own", own)
		return nil, fmt.Errorf("%w: %s, not %s", errOtherStore, m.Store, own)
	}
	return m, nil
}

// NotifyJoin is also called for a member that has objected to its death.
func (i *incarnation) NotifyJoin(node *memberlist.Node) { i.NotifyUpdate(node) }

// NotifyUpdate takes a member's metadata.
func (i *incarnation) NotifyUpdate(node *memberlist.Node) {
	m, err := decodeMetadata(node.Meta) // accepted before
	if err != nil || node.Name == i.id {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.members[node.Name] = m.member(node)
	delete(i.dying, node.Name)
	// A member that has restarted, or come back as a new one, is not lost.
	maps.DeleteFunc(i.losses, func(id string, lost loss) bool { return id == node.Name || lost.gossip == node.Address() })
	i.changed()
}

// NotifyLeave is called for a member that died or left. memberlist doesn't say which, but a member
// that leaves is draining.
func (i *incarnation) NotifyLeave(node *memberlist.Node) {
	i.mu.Lock()
	defer i.mu.Unlock()
	m, ok := i.members[node.Name]
	if !ok || i.ended {
		return
	}
	i.dying[node.Name] = time.Now()
	i.accused = append(i.accused, m.gossip)
	i.changed()
}

// nextAccused returns the gossip addresses of the dying that are yet to be asked, each only once.
func (i *incarnation) nextAccused() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	accused := i.accused
	i.accused = nil
	return accused
}

// nobodyAt ends the time to object of a dying member, since nobody listens at its address any more.
// If several members have that address, it is unclear whose time that is, and nothing changes.
func (i *incarnation) nobodyAt(gossip string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var there []string
	for id, m := range i.members {
		if m.gossip == gossip {
			there = append(there, id)
		}
	}
	if len(there) != 1 {
		return
	}
	if _, ok := i.dying[there[0]]; ok {
		i.dying[there[0]] = time.Time{}
		i.changed()
	}
}

// reap removes the members that died or left and have not objected in time.
func (i *incarnation) reap(now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.ended {
		return
	}
	grace := i.pulse.grace(now)
	for id, since := range i.dying {
		if !i.members[id].Draining {
			if now.Sub(since) < grace {
				continue
			}
			i.losses[id] = loss{i.members[id].gossip, now}
		}
		delete(i.dying, id)
		delete(i.members, id)
		if !i.cutOff(now) {
			i.dead.add(id, now)
		}
	}
}

// cutOff reports whether this pod has lost more members than are left. Then it is more likely on
// the smaller side of a partition than the survivor of so many deaths, so it withdraws the word that
// they died. If it told them of their deaths when they meet again, the whole larger side would have
// to come back as new members. The larger side does tell this pod. mu must be held.
func (i *incarnation) cutOff(now time.Time) bool {
	i.forgetLosses(now)
	if len(i.losses) <= len(i.members)+1 {
		return false
	}
	for id := range i.losses {
		i.dead.remove(id)
	}
	return true
}

// forgetLosses drops those of long ago. mu must be held.
func (i *incarnation) forgetLosses(now time.Time) {
	maps.DeleteFunc(i.losses, func(_ string, lost loss) bool { return now.Sub(lost.at) > lossesFor })
}

// NodeMeta is what the others learn about this pod.
func (i *incarnation) NodeMeta(int) []byte { return i.metadata().encode() }

// LocalState is what this pod tells another when the two compare what they know.
func (i *incarnation) LocalState(bool) []byte {
	i.mu.Lock()
	defer i.mu.Unlock()
	told := knowledge{Joined: i.joined, Deaths: i.dead.list(), Members: []string{i.id}}
	for id := range i.members {
		told.Members = append(told.Members, id)
	}
	return told.encode()
}

// MergeRemoteState learns of deaths, perhaps this pod's own. The members that the other pod knows
// have been added by now.
func (i *incarnation) MergeRemoteState(state []byte, _ bool) {
	told, err := decodeKnowledge(state)
	i.mu.Lock()
	defer i.mu.Unlock()
	if err != nil || i.ended {
		return
	}
	if told.Joined {
		i.told, i.toldOf = true, told.Members
	}
	believed := !i.cutOff(time.Now())
	for _, d := range told.Deaths {
		if d.ID == i.id {
			i.evicted = true
		} else if believed {
			i.dead.add(d.ID, d.died(time.Now()))
		}
	}
	i.changed()
}

// NotifyMsg is for messages that no pod sends.
func (i *incarnation) NotifyMsg([]byte) {}

// GetBroadcasts returns none: all news is in the metadata and the comparisons.
func (i *incarnation) GetBroadcasts(int, int) [][]byte { return nil }

package cluster

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"
)

// life is one membership of this pod: from joining under a fresh id until it leaves, ends,
// or finds its id among the dead. memberlist calls it from its own goroutines, some while
// it holds its lock, so nothing here may block or call memberlist.
type life struct {
	id       string
	started  time.Time
	self     metadata     // but Draining
	draining *atomic.Bool // the pod's
	aside    *atomic.Bool // likewise
	wishes   *wishes      // likewise
	dead     *tombstones  // the pod's: they outlast a life
	pulse    *pulse
	refusals *refusals
	store    func() string // as Config's, not nil

	announced string       // what store gave when gossip began
	stoodBy   bool         // what aside was then
	strangers atomic.Int64 // when a member that keeps the canvas in another store was met last, in Unix milliseconds; 0: never
	guest     atomic.Bool  // not joined yet: for the others it is draining, so that none gives it a region

	changed  func() // asks the cluster to look again
	heirloom []string
	list     *memberlist.Memberlist // set before the cluster knows the life

	mu      sync.Mutex
	members map[string]Member    // others, alive to memberlist or dying
	dying   map[string]time.Time // members taken for dead, which may object yet, and since when
	asked   map[string]bool      // of the dying
	left    map[string]bool      // gone from members while draining
	losses  map[string]loss      // members that died of late
	told    bool                 // a member that had joined has told all it knows
	toldOf  []string             // the members that the last such one counted
	joined  bool                 // this pod, in this life
	doomed  bool                 // own id is among the dead
	ended   bool
}

// loss is a member that died.
type loss struct {
	gossip string
	at     time.Time
}

// lossesFor is how long a member that died counts as a loss of the side it was lost to.
const lossesFor = 30 * time.Second

var (
	errDead       = errors.New("it was seen dead under this id")
	errOtherSize  = errors.New("it has another canvas")
	errOtherStore = errors.New("it has another store")
)

// view is the members now: this pod, and those alive to memberlist, or dying, that are
// not known dead.
func (l *life) view() []Member {
	l.mu.Lock()
	defer l.mu.Unlock()
	members := append(make([]Member, 0, len(l.members)+1), l.me())
	for id, m := range l.members {
		if !l.dead.has(id) {
			members = append(members, m)
		}
	}
	return members
}

func (l *life) me() Member {
	m := l.metadata().member(&memberlist.Node{Name: l.id})
	m.Self, m.gossip = true, ""
	return m
}

func (l *life) metadata() *metadata {
	m := l.self
	m.Draining, m.Pins, m.Store = l.draining.Load() || l.guest.Load(), l.wishes.now(), l.store()
	m.Aside = !m.Draining && l.aside.Load()
	m.Draining = m.Draining || m.Aside
	return &m
}

// leavers is the ids of those that are gone and had been draining, since it was asked last.
func (l *life) leavers() map[string]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.left
	l.left = make(map[string]bool)
	return left
}

// others is the gossip addresses of all that were members of late, dead or not.
func (l *life) others() (addresses []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.members {
		addresses = append(addresses, m.gossip)
	}
	for _, lost := range l.losses {
		addresses = append(addresses, lost.gossip)
	}
	return addresses
}

// wasTold tells whether a member that had joined has told all it knows, and this pod has
// heard of all that it counts.
func (l *life) wasTold() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.told && len(l.missing()) == 0
}

// missing is the members that another counts, and this pod has not heard of. mu must be held.
func (l *life) missing() (ids []string) {
	for _, id := range l.toldOf {
		if _, known := l.members[id]; !known && id != l.id && !l.dead.has(id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// lacks tells whether there are such members.
func (l *life) lacks() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.missing()) > 0
}

func (l *life) join() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.joined = true
}

func (l *life) isDoomed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.doomed
}

// end stops the membership without leaving. What memberlist still calls has no effect.
func (l *life) end() {
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	_ = l.list.Shutdown() // fails only with its transport, which does not
}

// NotifyAlive refuses the dead and pods of another canvas or store.
func (l *life) NotifyAlive(node *memberlist.Node) error {
	if node.Name == l.id {
		return nil
	}
	if l.dead.has(node.Name) {
		return errDead
	}
	_, err := l.accept(node)
	return err
}

// NotifyMerge refuses a pod whose members are of another canvas or store, so that the one that
// wants to join is told.
func (l *life) NotifyMerge(nodes []*memberlist.Node) error {
	for _, node := range nodes {
		if node.State == memberlist.StateAlive || node.State == memberlist.StateSuspect {
			if _, err := l.accept(node); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *life) accept(node *memberlist.Node) (*metadata, error) {
	m, err := decodeMetadata(node.Meta)
	if err == nil && len(node.Name) > maxID {
		err = fmt.Errorf("an id of %d bytes, at most %d", len(node.Name), maxID)
	}
	if err != nil {
		l.refusals.add("a pod's metadata can't be read: run one version of the program, or compatible ones", "gossip", node.Address(), "err", err)
		return nil, err
	}
	if m.Geometry != l.self.Geometry {
		l.refusals.add("a pod has another canvas: give all the same size and region", "name", m.Name, "gossip", node.Address(), "canvas", m.Geometry, "own", l.self.Geometry)
		return nil, fmt.Errorf("%w: %s, not %s", errOtherSize, m.Geometry, l.self.Geometry)
	}
	if own := l.store(); otherStores(own, m.Store) {
		l.strangers.Store(time.Now().UnixMilli())
		l.refusals.add(anotherStore, "name", m.Name, "gossip", node.Address(), "store", m.Store, "own", own)
		return nil, fmt.Errorf("%w: %s, not %s", errOtherStore, m.Store, own)
	}
	return m, nil
}

// NotifyJoin is also called for a member that has objected to its death.
func (l *life) NotifyJoin(node *memberlist.Node) { l.NotifyUpdate(node) }

// NotifyUpdate takes a member's metadata.
func (l *life) NotifyUpdate(node *memberlist.Node) {
	m, err := decodeMetadata(node.Meta) // accepted before
	if err != nil || node.Name == l.id {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.members[node.Name] = m.member(node)
	delete(l.dying, node.Name)
	delete(l.asked, node.Name)
	// What has restarted, or come back as a new member, is not lost.
	maps.DeleteFunc(l.losses, func(id string, lost loss) bool { return id == node.Name || lost.gossip == node.Address() })
	l.changed()
}

// NotifyLeave is called for a member that died or left: memberlist doesn't tell which, but
// who leaves is draining.
func (l *life) NotifyLeave(node *memberlist.Node) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.members[node.Name]; !ok || l.ended {
		return
	}
	l.dying[node.Name] = time.Now()
	l.changed()
}

// accused is the gossip addresses of the dying that have not been asked yet whether they
// are dead, once each.
func (l *life) accused() (addresses []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id := range l.dying {
		if !l.asked[id] {
			l.asked[id] = true
			addresses = append(addresses, l.members[id].gossip)
		}
	}
	return addresses
}

// answered notes what a dying member did when it was asked: one that answers has its time
// to object anew, and one where nobody listens any more has had it. It is not the one that
// was asked if there is another at its address.
func (l *life) answered(gossip string, alive bool, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var there []string
	for id, m := range l.members {
		if m.gossip == gossip {
			there = append(there, id)
		}
	}
	if len(there) != 1 {
		return
	}
	if _, ok := l.dying[there[0]]; !ok {
		return
	}
	if !alive {
		l.dying[there[0]] = time.Time{}
		l.changed()
		return
	}
	l.dying[there[0]] = now
	delete(l.asked, there[0])
}

// bury takes those out of the members who died or left and have not objected in time.
func (l *life) bury(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	grace := l.pulse.grace(thisMoment())
	for id, since := range l.dying {
		switch {
		case l.members[id].Draining:
			l.left[id] = true
		case now.Sub(since) < grace:
			continue
		default:
			l.losses[id] = loss{l.members[id].gossip, now}
		}
		delete(l.dying, id)
		delete(l.asked, id)
		delete(l.members, id)
		if !l.cutOff(now) {
			l.dead.add(id, now)
		}
	}
}

// NotifyPingComplete learns how long answers take.
func (l *life) NotifyPingComplete(_ *memberlist.Node, trip time.Duration, _ []byte) {
	l.pulse.delayed(trip)
}

// AckPayload is empty: that there is an answer is all it says.
func (l *life) AckPayload() []byte { return nil }

// cutOff tells whether this pod has lost more members than are left. It is then more
// likely on the lesser side of a partition than the survivor of so many deaths, so it
// takes back that they died: were they told so when they meet again, all of the greater
// side would have to come back as new members. The greater side does tell this one.
// mu must be held.
func (l *life) cutOff(now time.Time) bool {
	maps.DeleteFunc(l.losses, func(_ string, lost loss) bool { return now.Sub(lost.at) > lossesFor })
	if len(l.losses) <= len(l.members)+1 {
		return false
	}
	for id := range l.losses {
		l.dead.remove(id)
	}
	return true
}

// NodeMeta is what the others learn of this pod.
func (l *life) NodeMeta(int) []byte { return l.metadata().encode() }

// LocalState is what this pod tells when it compares what it knows with another.
func (l *life) LocalState(bool) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	told := knowledge{Joined: l.joined, Deaths: l.dead.list(), Members: []string{l.id}}
	for id := range l.members {
		told.Members = append(told.Members, id)
	}
	return told.encode()
}

// MergeRemoteState learns of deaths, perhaps its own. The members that the other knows are
// known by now.
func (l *life) MergeRemoteState(state []byte, _ bool) {
	told, err := decodeKnowledge(state)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil || l.ended {
		return
	}
	if told.Joined {
		l.told, l.toldOf = true, told.Members
	}
	believed := !l.cutOff(time.Now())
	for _, d := range told.Deaths {
		if d.ID == l.id {
			l.doomed = true
		} else if believed {
			l.dead.add(d.ID, d.died(time.Now()))
		}
	}
	l.changed()
}

// NotifyMsg is for messages that no pod sends.
func (l *life) NotifyMsg([]byte) {}

// GetBroadcasts has none: what there is to tell is in the metadata and the comparisons.
func (l *life) GetBroadcasts(int, int) [][]byte { return nil }

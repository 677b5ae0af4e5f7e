package cluster

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// reconciler is the loop that keeps the view: one goroutine from Open to Close. After every event
// it looks at everything, so the order of events does not matter.
type reconciler struct {
	*Cluster
	tell func() // the view has changed

	incarnation *incarnation // what the fields below are about
	joined      bool
	searching   bool  // a round of discovery is under way
	last        round // the last one finished
	lastErr     string
	pause       time.Duration     // to the next round
	look        *time.Timer       // starts it
	shown       map[string]Member // the view's members by id; nil before an incarnation's first view
	store       string            // the pod's, as last told to the others
	aside       bool              // the pod's, as last told to the others
	silence     bool              // it has been logged that a member names no store
}

func newReconciler(c *Cluster, tell func()) *reconciler {
	k := &reconciler{Cluster: c, tell: tell, look: time.NewTimer(0)}
	k.adopt()
	return k
}

func (k *reconciler) run() {
	defer k.look.Stop()
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		var done chan struct{}
		select {
		case <-k.ctx.Done():
			return
		case <-k.wake:
		case done = <-k.flush:
		case <-k.look.C:
			k.discover()
		case r := <-k.rounds:
			k.finished(r)
		case <-beat.C:
			if gap := k.pulse.beat(time.Now()); gap > pauseNoticed && !k.left.Load() {
				k.log.Warn("this process was stopped or starved: it may have been taken for dead", "for", gap.Round(time.Millisecond))
			}
		}
		k.check()
		if done != nil {
			close(done)
		}
	}
}

func (k *reconciler) check() {
	if k.left.Load() {
		k.show(nil)
		return
	}
	if k.incarnation.isEvicted() {
		k.await("this pod was taken for dead: joining again as a new member")
		was := k.incarnation.id
		if k.rejoin() {
			k.log.Warn("taken for dead by other members: joining again as a new one", "id", k.incarnation.id, "was", was)
		}
	}
	k.incarnation.reap(time.Now())
	k.ask(k.incarnation.nextAccused())
	if aside := k.Cluster.aside.Load(); aside != k.aside {
		k.aside = aside
		k.tellOthers()
	}
	members := k.incarnation.view()
	if !k.sameStore(members) {
		members = k.incarnation.view()
	}
	if !k.joined && k.mayJoin(len(members)-1) {
		k.joined = true
		k.incarnation.join()
		if k.incarnation.guest.Swap(false) {
			k.tellOthers()
			members = k.incarnation.view()
		}
	}
	if k.joined {
		k.show(members)
	}
}

// firstPause is the pause after the first round of discovery; each one is half as long again.
const firstPause = 200 * time.Millisecond

// adopt takes on the cluster's present incarnation.
func (k *reconciler) adopt() {
	k.incarnation = k.current()
	k.joined, k.searching, k.last, k.pause = false, false, round{}, firstPause
	k.store, k.aside = k.incarnation.announced, k.incarnation.stoodBy
	k.shown = nil // the members of the next view are not worth a line each
	k.look.Reset(0)
}

// rejoinPause is the pause between attempts to start gossip anew. No cause of a failure is known.
const rejoinPause = time.Second

// rejoin comes back as a new member. First it gives up what this pod owned. It returns false if the
// cluster closes meanwhile.
func (k *reconciler) rejoin() bool {
	old := k.incarnation
	k.joined = false
	k.show(nil)
	old.end()
	for {
		err := k.begin(old.others(time.Now()))
		if err == nil {
			break
		}
		k.log.Error("can't join again", "err", err)
		select {
		case <-k.ctx.Done():
			return false
		case <-time.After(rejoinPause):
		}
	}
	k.adopt()
	return true
}

// refusedFor is how long a refusal keeps a pod from serving alone: longer than the pause
// between two rounds, each of which would renew it.
const refusedFor = 10 * time.Second

// mayJoin decides whether the view holds, with this many other members in it. Those that have just
// come too may know as little as this pod. So it waits for all it has asked, unless one of them is
// sure. A pod that does not answer in time may know of members that gossip has not told of, so it
// is asked again, for a while. A pod that is refused does not serve alone: it would contend for the
// regions with those that refuse it.
func (k *reconciler) mayJoin(others int) bool {
	now, started := time.Now(), k.incarnation.started
	waited := now.Sub(started)
	refused := k.refusals.since(started)
	if waited > refusedFor {
		refused = k.refusals.since(now.Add(-refusedFor))
	}
	asked := k.last.life == k.incarnation
	switch {
	case k.incarnation.meetsStrangers(now):
		k.await("refused: " + anotherStore)
		return false
	case others > 0 && k.incarnation.wasTold():
	case others > 0 && asked && (waited >= k.cfg.Alone || k.last.silent == 0 && !k.incarnation.lacks()):
	case refused != "":
		k.await("refused: " + refused)
		return false
	case asked && k.last.err == nil && len(k.last.others) == 0:
		k.log.Info("nobody else to join: serving alone until somebody comes", "join", k.cfg.Join)
	case asked && waited >= k.cfg.Alone:
		k.log.Warn("nobody answered: serving alone until somebody does", "join", k.cfg.Join, "for", k.cfg.Alone, "err", k.last.err)
	default:
		k.await(fmt.Sprintf("joining: nobody has answered yet of %s", strings.Join(k.cfg.Join, ", ")))
		return false
	}
	k.await("")
	return true
}

// show makes members the view if they are not already.
func (k *reconciler) show(members []Member) {
	members = latest(members)
	if slices.Equal(k.View().members, members) {
		return
	}
	next := newView(members, k.cfg.Geometry)
	k.view.Store(next)
	if len(members) > 0 {
		k.compare(next)
	}
	k.tell()
}

// compare logs how the view differs from the incarnation's previous one, and has peers forget the
// pods that are gone.
func (k *reconciler) compare(next *View) {
	before := k.shown
	k.shown = make(map[string]Member, len(next.members))
	at := make(map[string]string, len(next.members)) // id by peer address
	for _, m := range next.members {
		k.shown[m.ID], at[m.Peer] = m, m.ID
	}
	if before == nil {
		k.log.Info("joined", "id", k.incarnation.id, "members", len(next.members))
	}
	for _, m := range next.members {
		k.silent(m)
		was, known := before[m.ID]
		switch {
		case m.Self || before == nil:
		case !known:
			k.log.Info("member joined", m.attributes()...)
		case m.Draining && !was.Draining:
			k.log.Info("member draining", m.attributes()...)
		case m.Aside && !was.Aside:
			k.log.Warn("member stands aside: its store takes no commits", m.attributes()...)
		case was.Aside && !m.Aside && !m.Draining:
			k.log.Info("member no longer stands aside", m.attributes()...)
		}
	}
	for id, m := range before {
		if at[m.Peer] == id || m.Self {
			continue
		}
		k.peers.Forget(m.Peer)
		switch {
		case at[m.Peer] != "":
			k.log.Info("member restarted", m.attributes()...)
		case m.Draining:
			k.log.Info("member left", m.attributes()...)
		default:
			k.log.Warn("member died", m.attributes()...)
		}
	}
}

func (m Member) attributes() []any {
	return []any{"id", m.ID, "name", m.Name, "peer", m.Peer, "roles", m.Roles.String()}
}

package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// keeper is the loop that keeps the view: one goroutine from Open to Close. It looks at
// everything after every event, so that no order of events matters.
type keeper struct {
	*Cluster
	tell func() // the view has changed

	life      *life // the one below is about
	joined    bool
	searching int   // rounds of discovery under way
	last      round // finished
	lastErr   string
	pause     time.Duration     // to the next round
	look      *time.Timer       // starts it
	shown     map[string]Member // by id, of the view; nil before the first of a life
}

func newKeeper(c *Cluster, tell func()) *keeper {
	k := &keeper{Cluster: c, tell: tell, look: time.NewTimer(0)}
	k.adopt()
	return k
}

func (k *keeper) run() {
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
				k.log.Warn("this process was stopped or starved: asking whether it was taken for dead", "for", gap.Round(time.Millisecond))
				k.search(k.some())
			}
		}
		k.check()
		if done != nil {
			close(done)
		}
	}
}

func (k *keeper) check() {
	if k.left.Load() {
		k.show(nil)
		return
	}
	if k.life.isDoomed() {
		k.rebirth()
	}
	k.life.bury(time.Now())
	if accused := k.life.accused(); accused != nil {
		k.search(accused)
	}
	members := k.life.view()
	if !k.joined && k.mayJoin(len(members)-1) {
		k.joined = true
		k.life.join()
	}
	if k.joined {
		k.show(members)
	}
}

// firstPause is between the first rounds of discovery; each pause is half as long again.
const firstPause = 200 * time.Millisecond

// adopt takes on the cluster's present life.
func (k *keeper) adopt() {
	k.life = k.current()
	k.joined, k.searching, k.last, k.pause = false, 0, round{}, firstPause
	k.shown = nil // what is new in the next view is not worth a line each
	k.look.Reset(0)
}

// rebirthPause is between attempts to start gossip anew. Nothing is known to make one fail.
const rebirthPause = time.Second

// rebirth comes back as a new member. What this pod owned it gives up first.
func (k *keeper) rebirth() {
	old := k.life
	k.await("this pod was taken for dead: joining again as a new member")
	k.show(nil)
	old.end()
	for {
		err := k.begin(old.others())
		if err == nil {
			break
		}
		k.log.Error("can't join again", "err", err)
		select {
		case <-k.ctx.Done():
			return
		case <-time.After(rebirthPause):
		}
	}
	k.adopt()
	k.log.Warn("taken for dead by other members: joining again as a new one", "id", k.life.id, "was", old.id)
}

// refusedFor is how long a refusal keeps a pod from serving alone: longer than the pause
// between two rounds, each of which would renew it.
const refusedFor = 10 * time.Second

// mayJoin decides whether the view holds, with so many others in it. Others that have just
// come too may know as little as this pod, so it waits for all that it has asked, unless
// one is sure. A pod that is refused does not serve alone: it would contend for the
// regions with those that refuse it.
func (k *keeper) mayJoin(others int) bool {
	waited := time.Since(k.life.started)
	refused := k.refusals.last(min(refusedFor, waited))
	asked := k.last.life == k.life
	switch {
	case others > 0 && (asked || k.life.wasTold()):
	case refused != "":
		k.await("refused: " + refused)
		return false
	case asked && k.last.err == nil && len(k.last.others) == 0:
		k.log.Info("nobody else to join: serving alone until somebody comes", "join", k.cfg.Join)
	case waited >= k.cfg.Alone:
		k.log.Warn("nobody answered: serving alone until somebody does", "join", k.cfg.Join, "for", k.cfg.Alone, "err", k.last.err)
	default:
		k.await(fmt.Sprintf("joining: nobody has answered yet of %s", strings.Join(k.cfg.Join, ", ")))
		return false
	}
	k.await("")
	return true
}

// show makes members the view if they are not already.
func (k *keeper) show(members []Member) {
	next := newView(members, k.cfg.Geometry)
	if slices.Equal(k.View().members, next.members) {
		return
	}
	k.view.Store(next)
	if len(members) > 0 {
		k.compare(next)
	}
	k.tell()
}

// compare tells operators and peers what is different from the life's view before.
func (k *keeper) compare(next *View) {
	before := k.shown
	k.shown = make(map[string]Member, len(next.members))
	at := make(map[string]string, len(next.members)) // id by peer address
	for _, m := range next.members {
		k.shown[m.ID], at[m.Peer] = m, m.ID
	}
	if before == nil {
		k.log.Info("joined", "id", k.life.id, "members", len(next.members))
	}
	for _, m := range next.members {
		was, known := before[m.ID]
		switch {
		case m.Self || before == nil:
		case !known:
			k.log.Info("member joined", m.attributes()...)
		case m.Draining && !was.Draining:
			k.log.Info("member draining", m.attributes()...)
		}
	}
	for id, m := range before {
		if at[m.Peer] == id || m.Self {
			continue
		}
		k.peers.forget(m.Peer)
		switch left := k.life.leftDraining(id); {
		case at[m.Peer] != "":
			k.log.Info("member restarted", m.attributes()...)
		case left || m.Draining:
			k.log.Info("member left", m.attributes()...)
		default:
			k.log.Warn("member died", m.attributes()...)
		}
	}
}

func (m Member) attributes() []any {
	return []any{"id", m.ID, "name", m.Name, "peer", m.Peer, "roles", m.Roles.String()}
}

// round is what came of looking for others once.
type round struct {
	life   *life
	others []string // addresses found, but this pod's own
	err    error    // of looking up
}

// discover starts a round, unless one is still under way, and plans the next, at a time
// that pods which start together don't share.
func (k *keeper) discover() {
	k.look.Reset(k.pause/2 + rand.N(k.pause))
	k.pause = min(k.pause*3/2, k.cfg.DiscoverEvery)
	if k.searching == 0 && !k.left.Load() {
		k.search(nil)
	}
}

// some is the gossip addresses of a few members.
func (k *keeper) some() (addresses []string) {
	for _, m := range k.life.view() {
		if !m.Self {
			addresses = append(addresses, m.gossip)
		}
	}
	rand.Shuffle(len(addresses), func(i, j int) { addresses[i], addresses[j] = addresses[j], addresses[i] })
	return addresses[:min(len(addresses), indirectProbes)]
}

// search starts a round: it compares with those at ask, and with all found that are no members.
func (k *keeper) search(ask []string) {
	l, heirloom := k.life, k.life.heirloom
	if k.joined {
		heirloom = nil
	}
	known := make(map[string]bool)
	for _, m := range l.view() {
		known[m.gossip] = true
	}
	k.searching++
	k.work.Go(func() {
		r := k.seek(l, known, ask, heirloom)
		select {
		case k.rounds <- r:
		case <-k.ctx.Done():
		}
	})
}

// maxAsked bounds the pods asked to join in one round. Of more, some are chosen at random:
// any of them knows the others.
const maxAsked = 16

// seek looks up where others may be and asks those not known, at once. It takes a few
// times the time limit of a stream at most.
func (c *Cluster) seek(l *life, known map[string]bool, ask, heirloom []string) round {
	ctx, cancel := context.WithTimeout(c.ctx, c.cfg.StreamTimeout)
	defer cancel()
	found, err := lookUp(ctx, newResolver(c.cfg.Resolver), c.seeds)
	r := round{life: l, err: err}
	own := c.socket.address()
	var strangers []string
	for _, address := range slices.Concat(found, heirloom) {
		if address != own && !slices.Contains(r.others, address) {
			r.others = append(r.others, address)
			if !known[address] {
				strangers = append(strangers, address)
			}
		}
	}
	rand.Shuffle(len(strangers), func(i, j int) { strangers[i], strangers[j] = strangers[j], strangers[i] })
	var all sync.WaitGroup
	join := func(address string) {
		_, _ = l.list.Join([]string{address}) // who answers is a member then; memberlist logs why not
	}
	for _, address := range strangers[:min(len(strangers), maxAsked)] {
		all.Go(func() { join(address) })
	}
	for _, address := range ask {
		all.Go(func() {
			join(address) // one that was taken for dead learns it here,
			join(address) // and objects here
		})
	}
	all.Wait()
	return r
}

// finished takes note of a round. Looking up may fail for long, so that is told when it
// changes.
func (k *keeper) finished(r round) {
	if r.life != k.life {
		return
	}
	k.searching--
	k.last = r
	why := ""
	if r.err != nil {
		why = r.err.Error()
	}
	if why != k.lastErr && why != "" {
		k.log.Warn("can't look up where to join", "err", r.err)
	}
	k.lastErr = why
}

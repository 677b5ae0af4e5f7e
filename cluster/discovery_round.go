package cluster

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"pixelplayground/actors/message"
)

// round is the result of looking for others once.
type round struct {
	life   *incarnation
	others []string // addresses found, except this pod's own
	silent int      // how many of those asked have not answered, though somebody may be there
	err    error    // of the lookup
}

// discover starts a round, unless one is still under way: it asks all pods found that are not
// members. Those that died recently are among them, since they may just have been out of reach. It
// plans the next for a random time, so that pods that start together don't look at the same time.
func (k *reconciler) discover() {
	k.look.Reset(k.pause/2 + rand.N(k.pause))
	k.pause = min(k.pause*3/2, k.cfg.DiscoverEvery)
	if k.searching || k.left.Load() {
		return
	}
	k.searching = true
	l, previous := k.incarnation, k.incarnation.previousMembers
	known := make(map[string]bool)
	if k.joined { // otherwise even a member may not have told all it knows
		previous = l.others(time.Now())
		for _, m := range l.view() {
			known[m.gossip] = true
		}
	}
	k.work.Go(func() {
		r := k.seek(l, known, previous)
		select {
		case k.rounds <- r:
		case <-k.ctx.Done():
		}
	})
}

// maxAsked bounds the pods that are asked to join in one round. If there are more, some are chosen
// at random: any of them knows the others.
const maxAsked = 16

// seek looks up where others may be and asks those that are not known, all at once. It takes at
// most a few times StreamTimeout.
func (c *Cluster) seek(l *incarnation, known map[string]bool, previous []string) round {
	ctx, cancel := context.WithTimeout(c.ctx, c.cfg.StreamTimeout)
	defer cancel()
	found, err := lookUp(ctx, newResolver(c.cfg.Resolver), c.seeds, c.socket.addr())
	r := round{life: l, err: err}
	own := c.socket.address()
	var strangers []string
	for _, address := range slices.Concat(found, previous) {
		if address != own && !slices.Contains(r.others, address) {
			r.others = append(r.others, address)
			if !known[address] {
				strangers = append(strangers, address)
			}
		}
	}
	var all sync.WaitGroup
	var silent atomic.Int64
	for _, address := range message.SomeOf(strangers, maxAsked) {
		all.Go(func() {
			if _, err := l.list.Join([]string{address}); err != nil && !nobodyThere(err) { // a pod that answers is a member then; memberlist logs failures
				silent.Add(1)
			}
		})
	}
	all.Wait()
	r.silent = int(silent.Load())
	return r
}

// nobodyThere reports whether an error of Join means that nobody listens at the address.
func nobodyThere(err error) bool {
	return strings.Contains(err.Error(), syscall.ECONNREFUSED.Error()) // all that memberlist leaves of it
}

// ask compares with members that are taken for dead. A comparison tells the member so, and it
// objects. If nobody listens at its address, it has died.
func (k *reconciler) ask(accused []string) {
	l := k.incarnation
	for _, address := range accused {
		k.work.Go(func() {
			if _, err := l.list.Join([]string{address}); err != nil && nobodyThere(err) {
				l.nobodyAt(address)
			}
		})
	}
}

// finished takes note of a round. Lookups may fail for a long time, so a failure is logged only
// when it changes.
func (k *reconciler) finished(r round) {
	if r.life != k.incarnation {
		return
	}
	k.searching = false
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

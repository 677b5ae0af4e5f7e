package cluster

import "time"

// All members must keep the canvas in one store: whatever a member with another store is told of a
// region would be gone when it leaves. So each member tells its store's identity. If two differ,
// both sides refuse each other, as they do with canvases of different sizes.

const anotherStore = "a pod keeps the canvas in another store: give all the same --redis, with the same database, and the same --redis-prefix"

// otherStores reports whether two identities are of two stores. An unknown one may be any: a pod of
// an earlier version does not tell its own, and a pod whose store is away can't tell it yet, but
// can't own anything either.
func otherStores(a, b string) bool { return a != "" && b != "" && a != b }

// sameStore looks at the others once this pod, which may have joined before, has learned which
// store it keeps the canvas in. It tells them, or begins a new incarnation if theirs is another, to
// be refused. It returns false if the incarnation has been replaced.
func (k *reconciler) sameStore(members []Member) bool {
	own := k.incarnation.store()
	if own == k.store {
		return true
	}
	k.store = own
	for _, m := range members {
		if !m.Self && otherStores(own, m.store) {
			k.refusals.add(anotherStore, "name", m.Name, "gossip", m.gossip, "store", m.store, "own", own)
			k.await("refused: " + anotherStore)
			k.rejoin()
			return false
		}
	}
	k.tellOthers()
	return true
}

// meetsStrangers reports whether this pod may not join because it recently met members with another
// store. Members of an earlier version might let it in. They give it no region, since a pod says
// that it is draining until it has joined.
func (i *incarnation) meetsStrangers(now time.Time) bool {
	last := i.strangers.Load()
	return last != 0 && now.Sub(time.UnixMilli(last)) < refusedFor
}

// tellOthers tells the others what has changed in this pod's metadata.
func (k *reconciler) tellOthers() {
	list := k.incarnation.list
	k.work.Go(func() {
		k.telling.Lock() // one at a time, so that the last one tells the current state
		defer k.telling.Unlock()
		if err := list.UpdateNode(newsTimeout); err != nil { // the others hear of it when they compare
			k.log.Debug("metadata not told at once", "err", err)
		}
	})
}

// silent logs, once, that a member does not tell its store.
func (k *reconciler) silent(m Member) {
	if m.Self || m.store != "" || k.store == "" || k.silence {
		return
	}
	k.silence = true
	k.log.Info("a member does not say which store it keeps the canvas in: it is of an earlier version, or its store is away", m.attributes()...)
}

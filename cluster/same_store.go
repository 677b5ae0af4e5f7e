package cluster

import "time"

// Members must keep the canvas in one store: what one of another store is told of a region
// would be gone when it leaves. So each tells its store's identity, and who has another is
// refused by both sides, as one with a canvas of another size is.

const anotherStore = "a pod keeps the canvas in another store: give all the same --redis, with the same database, and the same --redis-prefix"

// otherStores reports whether two identities are of two stores. One that is not known may be any:
// a pod of an earlier version does not tell, and one whose store is away can't yet, but
// can't own anything either.
func otherStores(a, b string) bool { return a != "" && b != "" && a != b }

// sameStore looks at the others when this pod, which may have joined before, has learned what
// it keeps the canvas in. It tells them, or begins anew, to be refused. It is false when
// there is another incarnation now.
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

// meetsStrangers tells that this pod may not join: it has met members of another store of
// late. There may be others that would let it in, those of an earlier version. They give it
// no region, since until it has joined it tells that it is draining.
func (i *incarnation) meetsStrangers(now time.Time) bool {
	last := i.strangers.Load()
	return last != 0 && now.Sub(time.UnixMilli(last)) < refusedFor
}

// tellOthers has the others learn what has changed in this pod's metadata.
func (k *reconciler) tellOthers() {
	list := k.incarnation.list
	k.work.Go(func() {
		k.telling.Lock() // in turn, so that the last is told of what is now
		defer k.telling.Unlock()
		if err := list.UpdateNode(newsTimeout); err != nil { // they hear of it when they compare
			k.log.Debug("metadata not told at once", "err", err)
		}
	})
}

// silent says once that a member does not tell its store.
func (k *reconciler) silent(m Member) {
	if m.Self || m.store != "" || k.store == "" || k.silence {
		return
	}
	k.silence = true
	k.log.Info("a member does not say which store it keeps the canvas in: it is of an earlier version, or its store is away", m.attributes()...)
}

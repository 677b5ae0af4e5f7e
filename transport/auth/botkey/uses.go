package botkey

import (
	"context"
	"strconv"
	"sync"
	"time"

	"pixelplayground/actors/store"
)

// KindUse is the kind of the documents that say when a key was last in use, in Unix seconds, by its id.
const KindUse store.Kind = "key-use"

// Uses is when keys were last in use here: shown with a request, or known of an open connection. The store is
// told now and then, so that the owner of a key sees it whichever pod is asked.
type Uses struct {
	docs store.Documents
	now  func() time.Time

	mu   sync.Mutex // guards:
	last map[string]use
}

// use is of one key, in Unix seconds. A key that has no end has ends 0.
type use struct{ at, told, ends int64 }

const (
	// ToldEvery is how far behind the store may be, in seconds.
	ToldEvery = 5 * 60
	// maxUses bounds the keys that are noted. There are hardly more on a canvas; of more, the last use is not known.
	maxUses = 2 * remembered
	// tellsAtOnce bounds how many uses one look tells the store, so that it takes no longer than it may.
	tellsAtOnce = 200
)

// NewUses remembers none yet.
func NewUses(docs store.Documents, now func() time.Time) *Uses {
	return &Uses{docs: docs, now: now, last: make(map[string]use)}
}

// Note notes that a key is in use.
func (u *Uses) Note(key Key) {
	u.mu.Lock()
	defer u.mu.Unlock()
	before, known := u.last[key.ID]
	if !known && len(u.last) >= maxUses {
		return
	}
	u.last[key.ID] = use{at: u.now().Unix(), told: before.told, ends: key.Until}
}

// Again notes that a key is still in use that was noted before.
func (u *Uses) Again(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if before, known := u.last[id]; known {
		before.at = u.now().Unix()
		u.last[id] = before
	}
}

// Forget forgets a key, which was revoked.
func (u *Uses) Forget(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.last, id)
}

// Tell tells the store what it does not know yet. Which pod tells it last does not matter: pods that see a key
// in use tell almost the same.
func (u *Uses) Tell(ctx context.Context) error {
	for id, use := range u.news() {
		until := time.Unix(use.ends, 0)
		if use.ends == 0 {
			until = u.now().AddDate(0, 0, maxDays)
		}
		if err := u.docs.PutDocument(ctx, KindUse, id, strconv.AppendInt(nil, use.at, 10), until); err != nil {
			return err
		}
		u.mu.Lock()
		if now, still := u.last[id]; still {
			now.told = use.at
			u.last[id] = now
		}
		u.mu.Unlock()
	}
	return nil
}

// news is what the store is to be told. What has not been in use for long and is told is forgotten.
func (u *Uses) news() map[string]use {
	now := u.now().Unix()
	u.mu.Lock()
	defer u.mu.Unlock()
	news := make(map[string]use)
	for id, use := range u.last {
		switch {
		case use.ends != 0 && use.ends <= now, use.at == use.told && now-use.at > ToldEvery:
			delete(u.last, id)
		case use.at > use.told && now-use.told >= ToldEvery && len(news) < tellsAtOnce:
			news[id] = use
		}
	}
	return news
}

// At is when a key was last in use, in Unix seconds, given what the store says; 0: never, as far as is known.
func (u *Uses) At(id string, stored []byte) int64 {
	at, _ := strconv.ParseInt(string(stored), 10, 64)
	u.mu.Lock()
	defer u.mu.Unlock()
	return max(at, u.last[id].at)
}

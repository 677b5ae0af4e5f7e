package auth

import (
	"crypto/subtle"
	"sync"
	"time"
)

// keyCache remembers keys that were shown, and that there are none of some ids. It is bounded: when
// the young half is full, the old one is dropped.
type keyCache struct {
	mu         sync.Mutex // guards:
	young, old map[string]*cachedKey
}

// cachedKey is what the store said of an id. It never changes.
type cachedKey struct {
	key Key
	err error // errNoKey
	at  time.Time
}

const (
	// rememberedKeys bounds each half, at about 400 bytes a key: 4 MB in all.
	rememberedKeys = 5_000
	// keysFresh is for how long a key counts as it was read. Pods are told when one is revoked.
	keysFresh = time.Minute
)

func newKeyCache() *keyCache { return &keyCache{young: make(map[string]*cachedKey)} }

// get returns what is remembered of an id; nil: nothing is. fresh: the store need not be asked.
func (c *keyCache) get(id string, now time.Time) (known *cachedKey, fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known = c.young[id]
	if known == nil {
		if known = c.old[id]; known == nil {
			return nil, false
		}
		c.keep(id, known)
	}
	return known, now.Sub(known.at) < keysFresh
}

func (c *keyCache) put(id string, key Key, err error, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(id, &cachedKey{key, err, now})
}

func (c *keyCache) keep(id string, known *cachedKey) {
	if len(c.young) >= rememberedKeys {
		c.young, c.old = make(map[string]*cachedKey), c.young
	}
	c.young[id] = known
}

// equal compares secrets in a time that does not tell where they differ.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

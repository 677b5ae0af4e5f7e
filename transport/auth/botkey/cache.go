package botkey

import (
	"sync"
	"time"
)

// Cache remembers keys that were shown, and that there are none of some ids. It is bounded: when
// the young half is full, the old one is dropped.
type Cache struct {
	mu         sync.Mutex // guards:
	young, old map[string]*Known
}

// Known is what the store said of an id. It never changes.
type Known struct {
	Key Key
	Err error // there is no such key
	at  time.Time
}

const (
	// remembered bounds each half, at about 400 bytes a key: 4 MB in all.
	remembered = 5_000
	// Fresh is for how long a key counts as it was read. Pods are told when one is revoked.
	Fresh = time.Minute
)

// NewCache remembers nothing yet.
func NewCache() *Cache { return &Cache{young: make(map[string]*Known)} }

// Get returns what is remembered of an id; nil: nothing is. recent: the store need not be asked.
func (c *Cache) Get(id string, now time.Time) (known *Known, recent bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known = c.young[id]
	if known == nil {
		if known = c.old[id]; known == nil {
			return nil, false
		}
		c.keep(id, known)
	}
	return known, now.Sub(known.at) < Fresh
}

// Put remembers what the store said of an id.
func (c *Cache) Put(id string, key Key, err error, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(id, &Known{key, err, now})
}

func (c *Cache) keep(id string, known *Known) {
	if len(c.young) >= remembered {
		c.young, c.old = make(map[string]*Known), c.young
	}
	c.young[id] = known
}

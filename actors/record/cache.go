package record

import (
	"container/list"
	"sync"
)

// cache keeps what was read, up to a number of bytes. What was not asked for longest goes first.
// Values are never changed.
type cache struct {
	mu    sync.Mutex
	room  int // bytes left; less than 0 while something is being added
	byKey map[string]*list.Element
	used  *list.List // of *cached, the last used first
}

type cached struct {
	key   string
	value any
	size  int
}

// entryOverhead is what an entry takes up besides its value.
const entryOverhead = 200

func newCache(room int) *cache {
	return &cache{room: room, byKey: make(map[string]*list.Element), used: list.New()}
}

func (c *cache) get(key string) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil, false
	}
	c.used.MoveToFront(e)
	return e.Value.(*cached).value, true
}

// put keeps a value, in place of the one of that key.
func (c *cache) put(key string, value any, size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		c.remove(e)
	}
	c.byKey[key] = c.used.PushFront(&cached{key, value, size + entryOverhead})
	c.room -= size + entryOverhead
	for c.room < 0 {
		c.remove(c.used.Back())
	}
}

func (c *cache) remove(e *list.Element) {
	old := c.used.Remove(e).(*cached)
	delete(c.byKey, old.key)
	c.room += old.size
}

// drop forgets a value.
func (c *cache) drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		c.remove(e)
	}
}

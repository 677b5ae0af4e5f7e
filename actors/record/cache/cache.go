// Package cache keeps what was read of the record.
package cache

import (
	"container/list"
	"sync"
)

// Cache keeps what was read, up to a number of bytes. What was not asked for longest goes first.
// Values are never changed.
type Cache struct {
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

// New makes one with room for so many bytes.
func New(room int) *Cache {
	return &Cache{room: room, byKey: make(map[string]*list.Element), used: list.New()}
}

// Get returns what is kept under a key.
func (c *Cache) Get(key string) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil, false
	}
	c.used.MoveToFront(e)
	return e.Value.(*cached).value, true
}

// Put keeps a value, in place of the one of that key.
func (c *Cache) Put(key string, value any, size int) {
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

func (c *Cache) remove(e *list.Element) {
	old := c.used.Remove(e).(*cached)
	delete(c.byKey, old.key)
	c.room += old.size
}

// Drop forgets a value.
func (c *Cache) Drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		c.remove(e)
	}
}

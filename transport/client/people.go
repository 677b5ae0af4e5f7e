package client

import (
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// people is who is connected, as the server last said. It is guarded by Client.mu.
type people struct {
	count uint64
	names map[canvas.Author]string // nil: not kept
}

func (p *people) apply(m codec.Presence, keep bool) {
	p.count = m.Count
	if !keep {
		return
	}
	if m.Full || p.names == nil {
		p.names = make(map[canvas.Author]string, len(m.Joined))
	}
	for _, a := range m.Left {
		delete(p.names, a)
	}
	for _, u := range m.Joined {
		p.names[u.Author] = u.Name
	}
}

// Users is how many users are connected to the canvas, this one included.
func (c *Client) Users() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int(c.people.count)
}

// NameOf is the display name of a user; empty: none is known. It needs Config.Names.
func (c *Client) NameOf(a canvas.Author) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.people.names[a]
}

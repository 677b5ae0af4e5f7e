package transport

import (
	"slices"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/frames"
	"pixelplayground/transport/quota"
)

// A JSON client follows the whole canvas from the moment at which it is told that it is connected.
// What was placed before, it loads over HTTP, and what it misses afterwards it never gets. So it is
// told only when it is in sync with all regions: until then it is joining. What is placed
// meanwhile, it is not shown.

// joinPatience is how long a client waits at most to be in sync with all regions: as long as an op
// waits for a store that is away. Where no canvas server answers, a client is let in without. What was
// placed in the meantime it is shown when a server does (see actors.CatchUp), or it is closed with
// 1013 if that is too much.
const joinPatience = 3 * time.Second

// admit tells a client that it is connected, with the next tick, and shows it what is placed from now
// on.
func (s *shard) admit(c *conn) {
	s.leaveOut(c)
	c.state = live
	s.mark(c)
}

// leaveOut drops what was placed before a client is told that it is connected.
func (s *shard) leaveOut(c *conn) {
	if c.catchingUp != nil {
		c.catchingUp.clearDue()
	}
}

// followPresent brings a JSON client to the present of all regions at once. Where this shard has
// other viewers, the present is where they are. The other regions are asked for all at once, since
// there will be nothing to send; a client that can't pay for that gets them one after the other.
func (s *shard) followPresent(c *conn) {
	o := c.catchingUp
	o.want = slices.DeleteFunc(o.want, func(m canvas.Mark) bool {
		if s.feeds[m.Region].viewers == 0 {
			return false
		}
		s.syncPresent(c, m.Region)
		return true
	})
	s.mark(c)
	if !s.mayDraw(c) {
		return
	}
	for _, m := range o.want {
		s.charge(c, quota.AskCost)
		o.pays.Remove(m.Region)
		s.server.counters.Resyncs.Add(1)
		s.server.host.Resync(c.id, m)
	}
	o.asked = len(o.want) > 0
}

// syncPresent makes a connection one of the viewers that a region has already.
func (s *shard) syncPresent(c *conn, region canvas.RegionID) {
	s.feeds[region].viewers++
	c.catchingUp.synced.Add(region)
	c.catchingUp.pays.Remove(region)
}

// joinOthers makes a client that is joining one of the viewers of the next regions that it wants, if
// they have any by now, and lets it in when it wants none any more.
func (s *shard) joinOthers(c *conn) {
	o := c.catchingUp
	for !o.asked && len(o.want) > 0 && o.want[0].Position == canvas.Head() && s.feeds[o.want[0].Region].viewers > 0 {
		s.syncPresent(c, o.want[0].Region)
		o.want = o.want[1:]
	}
	if len(o.want) == 0 {
		s.admit(c)
	}
}

// missesMeanwhile reports whether a client that waits for the present is to be shown what was placed
// meanwhile: a JSON client that was let in without an answer. A binary client is told where its
// present begins.
func (c *conn) missesMeanwhile() bool { return c.protocol == frames.JSON && c.state == live }

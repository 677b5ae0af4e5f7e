package transport

import (
	"slices"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/frames"
)

// group is connections of a shard that follow the same regions in the same protocol and
// have been shown the same of them. What is due to all of them is listed once.
type group struct {
	key     groupKey
	regions canvas.RegionSet
	index   int     // in shard.order
	conns   []*conn // at most groupSize, in no order

	due     []frames.Due
	bytes   int       // of due
	cursors []byte    // frames that a slow connection does not need
	touched bool      // in round.touched: due or cursors is not empty
	since   time.Time // when that began
	turn    uint64    // its number among all that began to wait

	// During a tick: what is written to every connection, and the pixels in it.
	chosen bool // in round.chosen
	vector [][]byte
	pixels int
}

// groupSize is how many connections a group has at most. There can be many groups of the same regions, so
// that a tick need not be to all their connections. A group's share of a tick takes a millisecond.
const groupSize = 128

type groupKey struct {
	protocol frames.Protocol
	regions  string // regionSet.key
}

// settled reports whether a connection that is catching up belongs into a group once it has been written what is due.
func (s *shard) settled(c *conn) bool {
	return c.catchingUp != nil && len(c.catchingUp.want) == 0 && c.backlog == nil && s.ahead[c] == nil
}

// groupKey is the key of the groups that a connection that is catching up may join.
func (c *conn) groupKey() groupKey { return groupKey{c.protocol, c.catchingUp.synced.Key()} }

// groupFor is the first group with room to which nothing will be due after this tick; else the first with
// room, or nil.
func (s *shard) groupFor(key groupKey) (first *group) {
	for _, v := range s.views[key] {
		switch {
		case len(v.conns) >= s.groupSize:
		case !v.touched || v.chosen:
			return v
		case first == nil:
			first = v
		}
	}
	return first
}

// joinGroup puts a connection into a group of its regions, if it has caught up. If something is due to all that
// have room it gets a new one: choose has seen to it that this is rare.
func (s *shard) joinGroup(c *conn) {
	if !s.settled(c) || len(c.catchingUp.due) > 0 {
		return
	}
	key := c.groupKey()
	v := s.groupFor(key)
	if v == nil || v.touched {
		v = &group{key: key, regions: c.catchingUp.synced, index: len(s.order)}
		s.views[key] = append(s.views[key], v)
		s.order = append(s.order, v)
	}
	s.stopCatchingUp(c)
	c.view, c.place = v, int32(len(v.conns))
	v.conns = append(v.conns, c)
}

// leaveGroup takes a connection out of its group. Whatever is due to the group stays due to
// the connection.
func (s *shard) leaveGroup(c *conn) {
	v := c.view
	if v == nil {
		return
	}
	last := v.conns[len(v.conns)-1]
	v.conns[c.place], last.place = last, c.place
	v.conns[len(v.conns)-1] = nil
	v.conns = v.conns[:len(v.conns)-1]
	c.view = nil
	s.startCatchingUp(c, &catchingUp{follows: v.regions.Clone(), synced: v.regions.Clone(), pays: canvas.NewRegionSet(len(s.feeds))})
	for _, d := range v.due {
		c.catchingUp.add(d, c.protocol)
	}
	if len(v.conns) == 0 {
		s.dissolve(v)
	}
}

func (s *shard) dissolve(v *group) {
	last := s.order[len(s.order)-1]
	s.order[v.index], last.index = last, v.index
	s.order[len(s.order)-1] = nil
	s.order = s.order[:len(s.order)-1]
	if alike := slices.DeleteFunc(s.views[v.key], func(w *group) bool { return w == v }); len(alike) > 0 {
		s.views[v.key] = alike
	} else {
		delete(s.views, v.key)
	}
}

// touch notes that a group has something to write.
func (s *shard) touch(v *group) {
	if !v.touched {
		s.turns++
		v.touched, v.since, v.turn = true, s.now, s.turns
		s.touched = append(s.touched, v)
	}
}

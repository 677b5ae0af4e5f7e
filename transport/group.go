package transport

import (
	"pixelplayground/actors/canvas"
	"pixelplayground/transport/frames"
)

// group is the connections of a shard that follow the same regions in the same protocol and
// have been shown the same of them. What is due to all of them is listed once.
type group struct {
	key     groupKey
	regions canvas.RegionSet
	index   int     // in shard.order
	conns   []*conn // in no order

	due     []frames.Due
	bytes   int    // of due
	cursors []byte // frames that a slow connection does not need
	touched bool   // in round.touched: due or cursors is not empty

	// During a tick: what is written to every connection, and the pixels in it.
	vector [][]byte
	pixels int
}

type groupKey struct {
	protocol frames.Protocol
	regions  string // regionSet.key
}

// joinGroup puts a connection into the group of its regions, if it has caught up. It must be
// called only while nothing is due to any group.
func (s *shard) joinGroup(c *conn) {
	if c.catchingUp == nil || len(c.catchingUp.want) > 0 || len(c.catchingUp.due) > 0 || c.backlog != nil || s.ahead[c] != nil {
		return
	}
	key := groupKey{c.protocol, c.catchingUp.synced.Key()}
	v := s.views[key]
	if v == nil {
		v = &group{key: key, regions: c.catchingUp.synced, index: len(s.order)}
		s.views[key] = v
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
	delete(s.views, v.key)
}

// touch notes that a group has something to write in the next tick.
func (s *shard) touch(v *group) {
	if !v.touched {
		v.touched = true
		s.touched = append(s.touched, v)
	}
}

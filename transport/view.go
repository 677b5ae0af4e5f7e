package transport

// view is the connections of a shard that follow the same regions in the same protocol
// and have all been told the same of them. What is due to all is listed once.
type view struct {
	key     viewKey
	regions regionSet
	index   int     // in shard.order
	conns   []*conn // in no order

	due     []due
	bytes   int    // of due
	cursors []byte // frames that may be left out
	touched bool   // in shard.touched: one of the two is not empty

	// During a round: what is written to every connection, and the pixels in it.
	vector [][]byte
	pixels int
}

type viewKey struct {
	protocol protocol
	regions  string // regionSet.key
}

// settle puts a connection that has been told everything into the view of its regions.
// Views must have nothing due.
func (s *shard) settle(c *conn) {
	if c.solo == nil || len(c.solo.want) > 0 || len(c.solo.due) > 0 || c.backlog != nil {
		return
	}
	key := viewKey{c.protocol, c.solo.synced.key()}
	v := s.views[key]
	if v == nil {
		v = &view{key: key, regions: c.solo.synced, index: len(s.order)}
		s.views[key] = v
		s.order = append(s.order, v)
	}
	s.leaveSolos(c)
	c.view, c.place = v, int32(len(v.conns))
	v.conns = append(v.conns, c)
}

// unsettle takes a connection out of its view; what was due to the view is due to it.
func (s *shard) unsettle(c *conn) {
	v := c.view
	if v == nil {
		return
	}
	last := v.conns[len(v.conns)-1]
	v.conns[c.place], last.place = last, c.place
	v.conns[len(v.conns)-1] = nil
	v.conns = v.conns[:len(v.conns)-1]
	c.view = nil
	s.joinSolos(c, &solo{follows: v.regions.clone(), synced: v.regions.clone(), pays: newRegionSet(len(s.feeds))})
	for _, d := range v.due {
		c.solo.add(d, c.protocol)
	}
	if len(v.conns) == 0 {
		s.dissolve(v)
	}
}

func (s *shard) dissolve(v *view) {
	last := s.order[len(s.order)-1]
	s.order[v.index], last.index = last, v.index
	s.order[len(s.order)-1] = nil
	s.order = s.order[:len(s.order)-1]
	delete(s.views, v.key)
}

// touch notes that something is due to a view.
func (s *shard) touch(v *view) {
	if !v.touched {
		v.touched = true
		s.touched = append(s.touched, v)
	}
}

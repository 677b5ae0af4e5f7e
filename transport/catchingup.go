package transport

import (
	"slices"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// catchingUp is what a connection is shown while it is in no group: it has just come, has
// changed the regions it follows, or has been too slow.
type catchingUp struct {
	index   int           // in shard.catchingUp
	follows regionSet     // all that the client asked for: synced, and those in want
	synced  regionSet     // batches of these are shown
	want    []canvas.Mark // the others, and where the client stands in them, in the order of asking
	pays    regionSet     // of those, the ones that the client itself has asked for
	asked   bool          // want[0] has been asked for and may still be answered
	due     []due
	bytes   int // of due
}

// A connection holds on to 256 KiB at the most: to the rest of one write, which is up to
// askAhead and the answer that it had asked for, a snapshot of at most 200 KB; and, while
// that is not taken, to what more is due, up to lagAhead. All in bytes.
const (
	askAhead = 32 << 10
	lagAhead = 8 << 10
	// dueRoom is about what a due takes besides what is written.
	dueRoom = 64
	// keptDue is for how many of them room is kept.
	keptDue = 128
)

func (o *catchingUp) add(d due, p protocol) {
	o.due = append(o.due, d)
	o.bytes += dueRoom + d.size(p)
}

func (o *catchingUp) clearDue() {
	clear(o.due)
	o.due, o.bytes = o.due[:0], 0
	if cap(o.due) > keptDue {
		o.due = nil
	}
}

// drop forgets what is due or wanted of some regions.
func (o *catchingUp) drop(regions regionSet, p protocol) {
	if o.asked && regions.has(o.want[0].Region) {
		o.asked = false
	}
	o.want = slices.DeleteFunc(o.want, func(m canvas.Mark) bool { return regions.has(m.Region) })
	o.due = slices.DeleteFunc(o.due, func(d due) bool { return regions.has(d.from.Region) })
	o.bytes = 0
	for i := range o.due {
		o.bytes += dueRoom + o.due[i].size(p)
	}
}

func (s *shard) startCatchingUp(c *conn, o *catchingUp) {
	o.index = len(s.catchingUp)
	c.catchingUp = o
	s.catchingUp = append(s.catchingUp, c)
	s.mark(c)
}

func (s *shard) stopCatchingUp(c *conn) {
	last := s.catchingUp[len(s.catchingUp)-1]
	s.catchingUp[c.catchingUp.index], last.catchingUp.index = last, c.catchingUp.index
	s.catchingUp[len(s.catchingUp)-1] = nil
	s.catchingUp = s.catchingUp[:len(s.catchingUp)-1]
	c.catchingUp = nil
}

// follow makes a connection a viewer of regions.
type follow struct {
	conn  *conn
	marks []canvas.Mark
}

func (m follow) run(s *shard) {
	c := m.conn
	if c.state != live {
		return
	}
	s.leaveGroup(c)
	named := newRegionSet(len(s.feeds))
	marks := make([]canvas.Mark, 0, len(m.marks))
	for _, mark := range m.marks {
		if !named.has(mark.Region) {
			named.add(mark.Region)
			marks = append(marks, mark)
			s.followed(mark.Region, 1) // before unfollow, lest it look as if nobody followed
		}
	}
	s.unfollow(c, named)
	c.catchingUp.want = append(c.catchingUp.want, marks...)
	for _, mark := range marks {
		c.catchingUp.follows.add(mark.Region)
		c.catchingUp.pays.add(mark.Region)
	}
	s.ask(c)
}

func (m follow) owner(*shard) *conn { return m.conn }

// unfollow ends that for some regions.
type unfollow struct {
	conn    *conn
	regions []canvas.RegionID
}

func (m unfollow) run(s *shard) {
	c := m.conn
	if c.state != live {
		return
	}
	s.leaveGroup(c)
	named := newRegionSet(len(s.feeds))
	for _, region := range m.regions {
		named.add(region)
	}
	s.unfollow(c, named)
	s.ask(c)
	s.mark(c) // it may want nothing any more, and belong in a group
}

func (m unfollow) owner(*shard) *conn { return m.conn }

// unfollow makes a connection that is catching up forget those of the regions that it follows.
func (s *shard) unfollow(c *conn, regions regionSet) {
	for region := range regions.all() {
		if !c.catchingUp.follows.has(region) {
			continue
		}
		c.catchingUp.follows.remove(region)
		c.catchingUp.pays.remove(region)
		s.unsync(c, region)
		s.followed(region, -1)
	}
	c.catchingUp.drop(regions, c.protocol)
}

// followed counts who follows a region.
func (s *shard) followed(region canvas.RegionID, by int32) {
	s.feeds[region].followers += by
	if s.server.following[region].Add(by) == 0 {
		s.server.catchUps[region].forget()
	}
}

// unfollowAll makes a connection nobody's viewer.
func (s *shard) unfollowAll(c *conn) {
	s.leaveGroup(c)
	if c.catchingUp != nil {
		s.unfollow(c, c.catchingUp.follows.clone())
		s.stopCatchingUp(c)
	}
}

// ask asks for the first of the regions that a connection wants, if it can take the
// answer. One at a time: a slow client never has more than one snapshot to come.
func (s *shard) ask(c *conn) {
	o := c.catchingUp
	if o != nil && len(o.want) > 0 && !o.asked && c.hasRoom() && s.affords(c) {
		o.asked = true
		if o.pays.has(o.want[0].Region) {
			s.charge(c, askCost)
		}
		s.server.counters.Resyncs.Add(1)
		s.server.host.Resync(c.id, o.want[0])
	}
}

// affords reports whether the first of the regions that a connection wants may be asked for,
// or another that it need not pay for: then that is the first.
func (s *shard) affords(c *conn) bool {
	o := c.catchingUp
	if !o.pays.has(o.want[0].Region) || s.mayDraw(c) {
		return true
	}
	s.server.counters.Waits.Add(1)
	free := slices.IndexFunc(o.want, func(m canvas.Mark) bool { return !o.pays.has(m.Region) })
	if free < 0 {
		return false
	}
	o.want[0], o.want[free] = o.want[free], o.want[0]
	return true
}

// askWaiting goes on with those who had to wait until they could pay.
func (s *shard) askWaiting() {
	s.attemptAll(s.catchingUp, (*shard).ask)
}

// hasRoom reports whether a connection that is catching up can take one more answer.
func (c *conn) hasRoom() bool { return c.backlog == nil && c.catchingUp.bytes < askAhead }

// join is the answer.
type join struct {
	viewer   actors.ViewerID
	region   canvas.RegionID
	at       canvas.Position
	snapshot []byte  // a frame of the binary protocol; nil: none
	delta    *pixels // behind the snapshot, or else behind what the viewer holds; nil: nothing
}

// fits reports whether the answer continues what a viewer holds. One that doesn't was for
// an earlier question: the client has subscribed anew since, or the region's history was
// replaced.
func (m join) fits(held canvas.Position) bool {
	switch {
	case m.snapshot != nil:
		return true
	case m.delta != nil:
		return m.delta.batch.From == held.Seq
	default:
		return m.at == held || held == canvas.Head()
	}
}

// size is about what the answer takes, in bytes.
func (m join) size(p protocol) int {
	n := len(m.snapshot)
	if m.delta != nil {
		n += m.delta.size(p)
	}
	return n
}

func (m join) owner(s *shard) *conn { return s.byID[m.viewer] }

// hurries: batches did not get here, see desync; or much was drawn since it was asked.
func (m join) hurries(s *shard) bool {
	if f := &s.feeds[m.region]; f.viewers > 0 && f.at != m.at {
		return true
	}
	c := s.byID[m.viewer]
	return c != nil && c.catchingUp != nil && c.catchingUp.asked && c.catchingUp.want[0].Region == m.region && c.backlog == nil && !c.hasRoom()
}

func (m join) run(s *shard) {
	f := &s.feeds[m.region]
	if f.viewers > 0 && f.at != m.at {
		s.desync(m.region) // the batches in between did not get here
	}
	c := s.byID[m.viewer]
	if c == nil || c.catchingUp == nil {
		return
	}
	o := c.catchingUp
	if len(o.want) == 0 || o.want[0].Region != m.region {
		return // of a question given up
	}
	o.asked = false
	if !c.hasRoom() {
		return // it is asked again when what is due has been taken
	}
	held := o.want[0]
	if m.fits(held.Position) {
		if !s.catchUp(c, held, m) {
			return
		}
		o.want = slices.Delete(o.want, 0, 1)
		if o.pays.has(m.region) {
			o.pays.remove(m.region)
			s.charge(c, m.size(c.protocol))
		}
		o.synced.add(m.region)
		f.viewers++
		f.at = m.at
		s.mark(c)
	}
	s.ask(c)
}

// maxJSONCatchUp bounds what a JSON client is told of what it missed, in pixels: 110 KB
// as a rule, 200 with the longest names. What is more, or a snapshot, that protocol can't say: a client that reloads
// gets it by HTTP.
const maxJSONCatchUp = 1000

// catchUp makes due what leads from held to m.at; false: the connection had to be closed.
func (s *shard) catchUp(c *conn, held canvas.Mark, m join) bool {
	if c.protocol == jsonProtocol {
		if m.snapshot != nil || m.delta != nil && m.delta.count > maxJSONCatchUp {
			s.failFor(c, codec.CloseTryLater, "too much was missed to be told: please reload")
			return false
		}
		if m.delta != nil {
			c.catchingUp.add(due{from: held, pixels: m.delta}, c.protocol)
		}
		return true
	}
	if m.snapshot != nil {
		c.catchingUp.add(due{from: held, frame: m.snapshot}, c.protocol)
	}
	switch {
	case m.delta != nil:
		c.catchingUp.add(due{from: held, pixels: m.delta}, c.protocol)
	case m.snapshot == nil:
		c.catchingUp.add(due{from: held, frame: nothingMissed(canvas.Mark{Region: m.region, Position: m.at})}, c.protocol)
	}
	return true
}

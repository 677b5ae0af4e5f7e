package transport

import (
	"slices"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
	"pixelplayground/transport/quota"
)

// catchingUp is what a connection is shown while it is in no group, because it is new, has
// changed the regions that it follows, or has been too slow.
type catchingUp struct {
	index   int              // in shard.catchingUp
	follows canvas.RegionSet // All regions that the client asked for: those in synced and in want
	synced  canvas.RegionSet // regions whose batches are shown
	want    []canvas.Mark    // regions not in sync and the client's position in each, in the order of asking
	pays    canvas.RegionSet // regions of want that the client itself has asked for
	asked   bool             // want[0] has been asked for and may still be answered
	due     []frames.Due
	bytes   int // of due
}

// A connection holds on to at most 256 KiB. It may hold the rest of one write: up to askAhead,
// and the answer that was asked for, a snapshot of at most 200 KB. While the client does not
// take that, up to lagAhead more may be due to it. All in bytes.
const (
	askAhead = 32 << 10
	lagAhead = 8 << 10
	// dueRoom is about the memory that a due takes besides what is written.
	dueRoom = 64
	// keptDue is for how many dues room is kept once they have been written.
	keptDue = 128
)

func (o *catchingUp) add(d frames.Due, p frames.Protocol) {
	o.due = append(o.due, d)
	o.bytes += dueRoom + d.Size(p)
}

func (o *catchingUp) clearDue() {
	clear(o.due)
	o.due, o.bytes = o.due[:0], 0
	if cap(o.due) > keptDue {
		o.due = nil
	}
}

// drop forgets what is due and what is wanted of the given regions.
func (o *catchingUp) drop(regions canvas.RegionSet, p frames.Protocol) {
	if o.asked && regions.Has(o.want[0].Region) {
		o.asked = false
	}
	o.want = slices.DeleteFunc(o.want, func(m canvas.Mark) bool { return regions.Has(m.Region) })
	o.due = slices.DeleteFunc(o.due, func(d frames.Due) bool { return regions.Has(d.From.Region) })
	o.bytes = 0
	for i := range o.due {
		o.bytes += dueRoom + o.due[i].Size(p)
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
	if c.state == arriving && c.protocol == frames.JSON {
		s.arrive(c, joining)
	}
	if c.state != live && c.state != joining {
		return
	}
	s.leaveGroup(c)
	named := canvas.NewRegionSet(len(s.feeds))
	marks := make([]canvas.Mark, 0, len(m.marks))
	for _, mark := range m.marks {
		if !named.Has(mark.Region) {
			named.Add(mark.Region)
			marks = append(marks, mark)
			s.followed(mark.Region, 1) // before unfollow, so that the count does not drop to 0 in between
		}
	}
	s.unfollow(c, named)
	c.catchingUp.want = append(c.catchingUp.want, marks...)
	for _, mark := range marks {
		c.catchingUp.follows.Add(mark.Region)
		c.catchingUp.pays.Add(mark.Region)
	}
	if c.protocol == frames.JSON {
		s.followPresent(c)
	}
	s.ask(c)
}

func (m follow) owner(*shard) *conn { return m.conn }

// unfollow makes a connection no longer a viewer of some regions.
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
	named := canvas.NewRegionSet(len(s.feeds))
	for _, region := range m.regions {
		named.Add(region)
	}
	s.unfollow(c, named)
	s.ask(c)
	s.mark(c) // if it wants nothing any more, it belongs in a group
}

func (m unfollow) owner(*shard) *conn { return m.conn }

// unfollow makes a connection that is catching up stop following regions. Those that it does
// not follow are ignored.
func (s *shard) unfollow(c *conn, regions canvas.RegionSet) {
	for region := range regions.All() {
		if !c.catchingUp.follows.Has(region) {
			continue
		}
		c.catchingUp.follows.Remove(region)
		c.catchingUp.pays.Remove(region)
		s.unsync(c, region)
		s.rewind(c, region, 0)
		s.followed(region, -1)
	}
	c.catchingUp.drop(regions, c.protocol)
}

// followed changes the number of a region's followers.
func (s *shard) followed(region canvas.RegionID, by int32) {
	s.feeds[region].followers += by
	if s.server.following[region].Add(by) == 0 {
		s.server.catchUps[region].Forget()
	}
}

// unfollowAll makes a connection a viewer of no region.
func (s *shard) unfollowAll(c *conn) {
	s.leaveGroup(c)
	if c.catchingUp != nil {
		s.unfollow(c, c.catchingUp.follows.Clone())
		s.stopCatchingUp(c)
	}
}

// ask asks for the first region that a connection wants, if the connection can take the
// answer. It asks for one region at a time, so that a slow client never has more than one snapshot
// to come.
func (s *shard) ask(c *conn) {
	if c.state == joining {
		s.joinOthers(c)
	}
	o := c.catchingUp
	if o != nil && len(o.want) > 0 && !o.asked && c.hasRoom() && s.affords(c) {
		o.asked = true
		if o.pays.Has(o.want[0].Region) {
			s.charge(c, quota.AskCost)
		}
		s.server.counters.Resyncs.Add(1)
		s.server.host.Resync(c.id, o.want[0])
	}
}

// affords reports whether the first region that a connection wants may be asked for. If the
// connection can't pay for it now but wants another for which it need not pay, affords moves
// that one to the front.
func (s *shard) affords(c *conn) bool {
	o := c.catchingUp
	if !o.pays.Has(o.want[0].Region) || s.mayDraw(c) {
		return true
	}
	s.server.counters.Waits.Add(1)
	free := slices.IndexFunc(o.want, func(m canvas.Mark) bool { return !o.pays.Has(m.Region) })
	if free < 0 {
		return false
	}
	o.want[0], o.want[free] = o.want[free], o.want[0]
	return true
}

// askWaiting asks for the connections that had to wait until they could pay.
func (s *shard) askWaiting() {
	s.attemptAll(s.catchingUp, (*shard).ask)
}

// hasRoom reports whether a connection that is catching up can take one more answer.
func (c *conn) hasRoom() bool { return c.backlog == nil && c.catchingUp.bytes < askAhead }

// join is the answer to what ask has asked for.
type join struct {
	viewer   canvas.ViewerID
	region   canvas.RegionID
	at       canvas.Position
	snapshot []byte         // a frame of the binary protocol; nil: none
	delta    *frames.Pixels // what follows the snapshot or, without one, what the viewer holds; nil: nothing
}

// fits reports whether the answer continues what a viewer holds. An answer that doesn't was
// for an earlier question: since then the client has subscribed again, or the region's
// history was replaced.
func (m join) fits(held canvas.Position) bool {
	switch {
	case m.snapshot != nil || held == canvas.Head():
		return true
	case m.delta != nil:
		return m.delta.Batch.From == held.Seq
	default:
		return m.at == held
	}
}

// early reports whether the answer counts even if it is not its region's turn: it begins at
// the present, so there is little to send. A JSON client asks for all regions at once, and its actor
// asks for a region itself before it places the first pixel there.
func (m join) early(held canvas.Position) bool { return held == canvas.Head() }

// size is about how many bytes the answer takes.
func (m join) size(p frames.Protocol) int {
	n := len(m.snapshot)
	if m.delta != nil {
		n += m.delta.Size(p)
	}
	return n
}

func (m join) owner(s *shard) *conn { return s.byID[m.viewer] }

// hurries is true if batches did not get here (see desync), or if so much was drawn since the
// question that the connection has no room for the answer.
func (m join) hurries(s *shard) bool {
	if f := &s.feeds[m.region]; f.viewers > 0 && f.at != m.at {
		return true
	}
	c := s.byID[m.viewer]
	if c == nil || c.catchingUp == nil || c.backlog != nil || c.hasRoom() {
		return false
	}
	o := c.catchingUp
	return o.asked && o.want[0].Region == m.region || m.delta != nil && c.missesMeanwhile()
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
	i := slices.IndexFunc(o.want, func(w canvas.Mark) bool { return w.Region == m.region })
	if i < 0 || i > 0 && !m.early(o.want[i].Position) {
		return // the question was given up
	}
	if i == 0 {
		o.asked = false
	}
	held := o.want[i]
	if m.early(held.Position) && !c.missesMeanwhile() {
		m.snapshot, m.delta = nil, nil
	}
	if !c.hasRoom() && !m.early(held.Position) {
		return // it will be asked for again when the client has taken what is due
	}
	if m.fits(held.Position) {
		if !s.catchUp(c, held, m) {
			return
		}
		o.want = slices.Delete(o.want, i, i+1)
		if o.pays.Has(m.region) {
			o.pays.Remove(m.region)
			s.charge(c, m.size(c.protocol))
		}
		o.synced.Add(m.region)
		f.viewers++
		f.at = m.at
		s.mark(c)
	}
	s.ask(c)
}

// maxJSONCatchUp is how many missed pixels a JSON client is sent at most: 110 KB as a rule,
// 200 KB with the longest names. The JSON protocol has no way to send a snapshot, and no more
// than this is sent. A client that reloads gets the canvas by HTTP.
const maxJSONCatchUp = 1000

// catchUp makes due what leads from held to m.at. It returns false if the connection had to
// be closed.
func (s *shard) catchUp(c *conn, held canvas.Mark, m join) bool {
	if c.protocol == frames.JSON {
		if m.snapshot != nil || m.delta != nil && (m.delta.Count > maxJSONCatchUp || !c.hasRoom()) {
			s.failFor(c, codec.CloseTryLater, "too much was missed to be told: please reload")
			return false
		}
		if m.delta != nil {
			held.Position.Seq = m.delta.Batch.From // which it is not if it was Head
			c.catchingUp.add(frames.Due{From: held, Pixels: m.delta}, c.protocol)
		}
		return true
	}
	if m.snapshot != nil {
		c.catchingUp.add(s.dueAhead(c, frames.Due{From: held, Frame: m.snapshot}, 0), c.protocol)
		s.rewind(c, m.region, 0)
	}
	switch {
	case m.delta != nil:
		c.catchingUp.add(s.dueAhead(c, frames.Due{From: held, Pixels: m.delta}, 0), c.protocol)
	case m.snapshot == nil && s.ahead[c][m.region] == 0: // who is ahead has not asked
		c.catchingUp.add(frames.Due{From: held, Frame: nothingMissed(canvas.Mark{Region: m.region, Position: m.at})}, c.protocol)
	}
	return true
}

// mayDraw reports whether a connection may be sent a region now that it has asked for itself.
func (s *shard) mayDraw(c *conn) bool {
	most := moment(time.Duration(s.budget) * time.Second / quota.ConnDrawRate)
	return c.paidBy-s.moment() < most && c.account.MayDraw(s.now, s.budget)
}

// charge makes a connection and its network pay for n bytes that it has asked for.
func (s *shard) charge(c *conn, n int) {
	c.paidBy = max(c.paidBy, s.moment()) + moment(time.Duration(n)*time.Second/quota.ConnDrawRate)
	c.account.Draw(s.now, n)
}

// newJoin makes the command for one viewer's catch-up. Compressing a snapshot takes a
// millisecond, so it is done here, on the relay's goroutine, and not by a shard.
func (s *Server) newJoin(v canvas.ViewerID, c actors.CatchUp) join {
	j := join{viewer: v, region: c.Region, at: c.At}
	if c.Snapshot != nil {
		j.snapshot = s.catchUps[c.Region].Snapshot(c.Snapshot)
	}
	if c.Delta != nil {
		j.delta = s.catchUps[c.Region].Delta(c.Delta, s.cfg.Geometry)
	}
	return j
}

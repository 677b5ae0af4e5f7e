package transport

import (
	"slices"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// feed is one region's batches as they come to a shard.
type feed struct {
	viewers   int             // connections in sync with it, in groups or catching up
	followers int32           // those and the ones that are to be: this shard's part of Server.following
	at        canvas.Position // where they all stand once what is due is written; of no meaning without viewers
}

// publish shows a batch.
type publish struct{ *pixels }

// hurries: who stands elsewhere must ask anew, see desync.
func (m publish) hurries(s *shard) bool {
	f := &s.feeds[m.batch.Region]
	return f.viewers > 0 && f.at.Seq != m.batch.From
}

func (m publish) run(s *shard) {
	f := &s.feeds[m.batch.Region]
	switch {
	case f.viewers == 0:
		return
	case f.at.Seq != m.batch.From:
		s.desync(m.batch.Region)
		return
	}
	from := canvas.Mark{Region: m.batch.Region, Position: f.at}
	most := 0
	for _, v := range s.order {
		if v.regions.has(m.batch.Region) {
			v.due = append(v.due, due{from: from, pixels: m.pixels})
			v.bytes += m.size(v.key.protocol)
			most = max(most, v.bytes)
			s.touch(v)
		}
	}
	for _, c := range s.catchingUp {
		if c.catchingUp.synced.has(m.batch.Region) {
			c.catchingUp.add(due{from: from, pixels: m.pixels}, c.protocol)
			most = max(most, c.catchingUp.bytes)
			s.mark(c)
			if c.backlog != nil && c.catchingUp.bytes > lagAhead {
				s.lag(c)
			}
		}
	}
	f.at = m.batch.Position()
	s.haste = s.haste || most > maxDue
}

// maxDue is up to how much may be due to a connection, in bytes: then a tick comes early.
// It bounds what a slow connection holds on to; and system calls that write as much cost
// too little for each byte to be worth saving.
const maxDue = 128 << 10

// reset says that a region's history was replaced, or that batches of it were lost.
type reset struct{ region canvas.RegionID }

func (m reset) hurries(s *shard) bool { return s.feeds[m.region].viewers > 0 }

func (m reset) run(s *shard) {
	s.desync(m.region)
	// A question under way may have been lost with the history.
	for _, c := range s.catchingUp {
		if c.catchingUp.asked && c.catchingUp.want[0].Region == m.region {
			c.catchingUp.asked = false
			s.mark(c)
		}
	}
}

// desync makes every viewer of a region ask what leads from where it stands to now. All
// that can take what was due must have been written it, so that they stand at f.at: that
// is what a hurried command is for.
func (s *shard) desync(region canvas.RegionID) {
	f := &s.feeds[region]
	if f.viewers == 0 {
		return
	}
	for i := len(s.order) - 1; i >= 0; i-- {
		if v := s.order[i]; v.regions.has(region) {
			for j := len(v.conns) - 1; j >= 0; j-- {
				s.leaveGroup(v.conns[j])
			}
		}
	}
	for _, c := range s.catchingUp {
		if s.unsync(c, region) {
			c.catchingUp.want = append(c.catchingUp.want, canvas.Mark{Region: region, Position: f.at})
			s.mark(c)
		}
	}
}

// unsync stops showing a region to a connection that is catching up; false: it was not shown.
func (s *shard) unsync(c *conn, region canvas.RegionID) bool {
	if !c.catchingUp.synced.has(region) {
		return false
	}
	c.catchingUp.synced.remove(region)
	s.feeds[region].viewers--
	return true
}

// lag notes, for a connection that has not taken what it was written last, what it
// misses of this tick: it will be brought up to date from there when it takes bytes again.
func (s *shard) lag(c *conn) {
	if c.view != nil && len(c.view.due) > 0 {
		s.leaveGroup(c)
	}
	if c.catchingUp == nil || len(c.catchingUp.due) == 0 {
		return
	}
	s.server.counters.Lagged.Add(1)
	for _, d := range c.catchingUp.due {
		if s.unsync(c, d.from.Region) { // the first of a region: where the client stands
			c.catchingUp.want = append(c.catchingUp.want, d.from)
		}
	}
	c.catchingUp.clearDue()
}

// point shows pointers to who has nothing better to catch up with.
type point struct {
	region canvas.RegionID
	frame  []byte
}

func (m point) run(s *shard) {
	for _, v := range s.order {
		if v.key.protocol == binaryProtocol && v.regions.has(m.region) {
			if v.cursors == nil {
				v.cursors = slices.Clip(m.frame) // shared: appending copies
			} else {
				v.cursors = append(v.cursors, m.frame...)
			}
			s.touch(v)
		}
	}
}

func nothingMissed(m canvas.Mark) []byte {
	return seal(binaryProtocol.opCode(), codec.AppendEmptyPixels(room(32), m))
}

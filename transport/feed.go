package transport

import (
	"slices"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
)

// feed is one region's batches as they come to a shard.
type feed struct {
	viewers   int             // connections in sync with it, in groups or catching up
	followers int32           // viewers and those that will be: this shard's part of Server.following
	at        canvas.Position // of all viewers once what is due is written; meaningless without viewers
}

// publish shows a batch to the region's viewers.
type publish struct{ *frames.Pixels }

// hurries is true if the batch does not continue what the viewers have: they must ask for
// what is missing, see desync.
func (m publish) hurries(s *shard) bool {
	f := &s.feeds[m.Batch.Region]
	return f.viewers > 0 && f.at.Seq != m.Batch.From
}

func (m publish) run(s *shard) {
	f := &s.feeds[m.Batch.Region]
	switch {
	case f.viewers == 0:
		return
	case f.at.Seq != m.Batch.From:
		s.desync(m.Batch.Region)
		return
	}
	from := canvas.Mark{Region: m.Batch.Region, Position: f.at}
	most := 0
	for _, v := range s.order {
		if v.regions.Has(m.Batch.Region) {
			v.due = append(v.due, frames.Due{From: from, Pixels: m.Pixels})
			v.bytes += m.Size(v.key.protocol)
			most = max(most, v.bytes)
			s.touch(v)
		}
	}
	for _, c := range s.catchingUp {
		if c.catchingUp.synced.Has(m.Batch.Region) {
			c.catchingUp.add(s.dueAhead(c, frames.Due{From: from, Pixels: m.Pixels}, 0), c.protocol)
			most = max(most, c.catchingUp.bytes)
			s.mark(c)
			s.touch(&s.single)
			if c.backlog != nil && c.catchingUp.bytes > lagAhead {
				s.lag(c)
			}
		}
	}
	f.at = m.Batch.Position()
	s.haste = s.haste || most > maxDue
}

// maxDue is how many bytes may be due to a connection before a tick comes early. It bounds
// what a slow connection holds on to. Larger writes would save nothing worth having: at this
// size a system call costs little per byte.
const maxDue = 128 << 10

// reset says that a region's history was replaced, or that some of its batches were lost.
type reset struct{ region canvas.RegionID }

func (m reset) hurries(s *shard) bool { return s.feeds[m.region].viewers > 0 }

func (m reset) run(s *shard) {
	s.desync(m.region)
	// A question that has not been answered may have been lost with the history.
	for _, c := range s.catchingUp {
		if c.catchingUp.asked && c.catchingUp.want[0].Region == m.region {
			c.catchingUp.asked = false
			s.mark(c)
		}
	}
}

// desync makes every viewer of a region ask what leads from its position to now. Everything
// due must have been written before to all connections that can take it, so that their position is
// f.at. The command that calls desync is hurried, which sees to that.
func (s *shard) desync(region canvas.RegionID) {
	f := &s.feeds[region]
	if f.viewers == 0 {
		return
	}
	for i := len(s.order) - 1; i >= 0; i-- {
		if v := s.order[i]; v.regions.Has(region) {
			for j := len(v.conns) - 1; j >= 0; j-- {
				s.leaveGroup(v.conns[j])
			}
		}
	}
	for _, c := range s.catchingUp {
		if s.unsync(c, region) {
			at := f.at
			if c.state == joining { // it has been shown nothing yet
				at = canvas.Head()
			}
			c.catchingUp.want = append(c.catchingUp.want, canvas.Mark{Region: region, Position: at})
			s.mark(c)
		}
	}
}

// unsync stops showing a region to a connection that is catching up. It returns false if the
// region was not shown.
func (s *shard) unsync(c *conn, region canvas.RegionID) bool {
	if !c.catchingUp.synced.Has(region) {
		return false
	}
	c.catchingUp.synced.Remove(region)
	s.feeds[region].viewers--
	return true
}

// point shows pointers to the connections in groups. Those that are catching up have more
// important things to be shown.
type point struct {
	region canvas.RegionID
	frame  []byte
}

func (m point) run(s *shard) {
	for _, v := range s.order {
		if v.key.protocol == frames.Binary && v.regions.Has(m.region) {
			if v.cursors == nil {
				v.cursors = slices.Clip(m.frame) // shared: clipped, so that append copies it
			} else {
				v.cursors = append(v.cursors, m.frame...)
			}
			s.touch(v)
		}
	}
	for c := range s.ahead { // they are in no group, and shall not notice
		if c.backlog == nil && c.catchingUp != nil && c.catchingUp.synced.Has(m.region) && len(c.control) < maxBacklog {
			s.tell(c, m.frame)
		}
	}
}

func nothingMissed(m canvas.Mark) []byte {
	return frames.Seal(frames.Binary.OpCode(), codec.AppendEmptyPixels(frames.Room(32), m))
}

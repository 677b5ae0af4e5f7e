package transport

import (
	"pixelplayground/actors/canvas"
	"pixelplayground/transport/frames"
)

// What somebody draws whom the rules shadow is shown to their own connections, and is in no region's
// order. A binary client must see no gap and nothing twice nevertheless, so from the first such pixel on its
// connection counts on its own: whatever it is sent of the region has sequence numbers that are ahead of
// the region's by as many pixels as it alone was shown. It is in no group any more, and what it is sent is
// encoded for it. All that the shard itself knows of its position stays the region's.
//
// If the client comes back with such a position, or subscribes again, nobody must take it for one of the
// region's. So the epoch of these frames is one that no region ever has: the region's and aheadEpoch. It must
// not be a lower one, since clients take an epoch that falls for a frame of before. Such a position is
// answered with a snapshot, which ends the counting ahead.

// aheadEpoch is more than any epoch of a region, which are seconds since 1970 or little more, and with one
// of them still less than JavaScript counts to.
const aheadEpoch = 1 << 40

// maxAhead bounds the connections of a shard that are ahead, since each has everything encoded for itself. More
// than that see what they draw only until it is acknowledged.
const maxAhead = 256

// ahead is, by region, by how many pixels what a connection is sent is ahead; never 0.
type ahead map[canvas.RegionID]uint64

// ownPixels shows pixels to those alone who have placed them.
type ownPixels struct {
	viewer canvas.ViewerID
	whose  canvas.Subject
	pixels *frames.Pixels
}

// ShowOwn implements actors.Audience.
func (s *Server) ShowOwn(viewer canvas.ViewerID, whose canvas.Subject, b *canvas.Batch) {
	m := ownPixels{viewer, whose, frames.NewPixels(b, s.cfg.Geometry)}
	for _, shard := range s.shards {
		shard.inbox.Offer(m, m.pixels.Size(frames.Binary))
	}
}

func (m ownPixels) run(s *shard) {
	if c := s.byID[m.viewer]; c != nil {
		s.attempt(c, m.show)
	}
	if m.whose == (canvas.Subject{}) {
		return
	}
	for c := range s.shadowed[m.whose] {
		if c.id != m.viewer {
			s.attempt(c, m.show)
		}
	}
}

func (m ownPixels) show(s *shard, c *conn) {
	if c.protocol == frames.JSON {
		if c.state == live {
			s.tell(c, m.pixels.Encoded[frames.JSON]())
		}
		return
	}
	region := m.pixels.Batch.Region
	if c.state != live || c.view != nil && !c.view.regions.Has(region) || c.catchingUp != nil && !c.catchingUp.synced.Has(region) {
		return // it does not see the region, or will be sent all of it
	}
	if s.ahead[c] == nil && len(s.ahead) >= maxAhead {
		return
	}
	s.leaveGroup(c)
	f := &s.feeds[region]
	b := *m.pixels.Batch
	b.Epoch, b.From = f.at.Epoch, f.at.Seq
	b.To = b.From // it takes the region nowhere
	from := canvas.Mark{Region: region, Position: f.at}
	due := s.dueAhead(c, frames.Due{From: from, Pixels: frames.NewPixels(&b, s.server.cfg.Geometry)}, uint64(m.pixels.Count))
	c.catchingUp.add(due, c.protocol)
	if s.ahead[c] == nil {
		s.ahead[c] = make(ahead)
	}
	s.ahead[c][region] += uint64(m.pixels.Count)
	s.mark(c)
	if c.backlog != nil && c.catchingUp.bytes > lagAhead {
		s.lag(c)
	}
}

// dueAhead makes what is due to the region's viewers due to a connection that may be ahead of them. own
// pixels of it are the connection's own.
func (s *shard) dueAhead(c *conn, d frames.Due, own uint64) frames.Due {
	d.Ahead = s.ahead[c][d.From.Region]
	if d.Ahead+own == 0 || d.Pixels == nil {
		return d
	}
	b := *d.Pixels.Batch
	b.Epoch += aheadEpoch
	b.From, b.To = b.From+d.Ahead, b.To+d.Ahead+own
	d.Pixels = frames.NewPixels(&b, s.server.cfg.Geometry)
	d.Pixels.Alone = true
	return d
}

// rewind says that a connection is sent a region from a position on at which it was so much ahead.
func (s *shard) rewind(c *conn, region canvas.RegionID, by uint64) {
	regions := s.ahead[c]
	switch {
	case regions == nil:
	case by > 0:
		regions[region] = by
	default:
		delete(regions, region)
		if len(regions) == 0 {
			delete(s.ahead, c)
		}
	}
}

// shadow notes whether a connection is one of those that the rules shadow.
func (s *shard) shadow(c *conn, whose canvas.Subject, is bool) {
	all := s.shadowed[whose]
	switch {
	case is && all == nil:
		s.shadowed[whose] = map[*conn]struct{}{c: {}}
	case is:
		all[c] = struct{}{}
	case all != nil:
		if delete(all, c); len(all) == 0 {
			delete(s.shadowed, whose)
		}
	}
}

package transport

import (
	"slices"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
)

var _ actors.Audience = (*Server)(nil)

// Publish shows a batch to every viewer of its region that stands at b.From.
func (s *Server) Publish(b *canvas.Batch) {
	if !s.Viewing(b.Region) {
		return // a client that follows the region from now on first asks for its state
	}
	p := publish{frames.NewPixels(b, s.cfg.Geometry)}
	spans := s.followed(b)
	for _, shard := range s.shards {
		if !shard.inbox.OfferBatch(p, b.Region, p.Size(frames.Binary)) {
			s.counters.Dropped.Add(1)
		} else if spans != nil {
			shard.inbox.Post(followed{spans})
		}
	}
}

// Reset makes every viewer of the region resync.
func (s *Server) Reset(region canvas.RegionID) {
	for _, shard := range s.shards {
		shard.inbox.Post(reset{region})
	}
}

// Join shows one viewer what it has missed.
func (s *Server) Join(v canvas.ViewerID, c actors.CatchUp) {
	s.shardOf(v).inbox.Post(s.newJoin(v, c))
}

// Viewing reports whether anyone follows the region.
func (s *Server) Viewing(region canvas.RegionID) bool { return s.following[region].Load() > 0 }

// Point shows pointers that moved in a region, and who beckons there.
func (s *Server) Point(region canvas.RegionID, moved, beckons []canvas.Pointer) {
	if len(moved)+len(beckons) == 0 || !s.Viewing(region) {
		return
	}
	var frame []byte
	if len(moved) > 0 {
		frame = frames.Seal(frames.Binary.OpCode(), codec.AppendCursors(frames.Room(16+10*len(moved)), codec.Cursors{Pointers: moved}))
	}
	if len(beckons) > 0 {
		frame = append(frame, frames.Seal(frames.Binary.OpCode(), codec.AppendBeckons(frames.Room(16+10*len(beckons)), codec.Beckons{Places: beckons}))...)
	}
	for _, shard := range s.shards {
		shard.inbox.Offer(point{region, frame}, len(frame))
	}
}

// Present shows who is here.
func (s *Server) Present(p *actors.Presence) {
	shown := s.presence.Next(p, s.cfg.Now)
	for _, shard := range s.shards {
		shard.inbox.Post(present{shown, p.Arrived})
	}
}

// present shows a Presence to every client that is counted in it.
type present struct {
	shown   *frames.Presence
	arrived []canvas.ViewerID // viewers that it is the first to count, on any shard
}

func (m present) run(s *shard) {
	s.shown = m.shown
	for _, v := range m.arrived {
		if c := s.byID[v]; c != nil {
			c.counted = true
		}
	}
	if len(s.conns) > 0 {
		s.changes = append(s.changes, m.shown)
		s.nameList.due = s.nameList.due || m.shown.Named
	}
}

// nameList paces the lists of names that JSON clients are sent. The JSON protocol can't say
// who came, so with every change all clients are sent all names. While a crowd gathers, that
// would grow with the cube of its size. So after a list there is a pause according to what it cost.
type nameList struct {
	due bool      // the names have changed since the last list
	at  time.Time // the earliest time of the next list
	now bool      // it is time: the next tick sends the list
}

// A shard spends nameListRate bytes a second on lists, or more if a change would otherwise have
// to wait for longer than nameListLongest. For example, a list of 300 names for 300 clients is sent
// every seven seconds, one of ten names for ten clients with every change.
const (
	nameListRate    = 256 << 10
	nameListLongest = 10 * time.Second
)

// pause is how long to wait after a list of so many bytes to so many clients.
func (l *nameList) pause(bytes, clients int) time.Duration {
	return min(time.Duration(bytes)*time.Duration(clients)*time.Second/nameListRate, nameListLongest)
}

// checkNameList notes whether it is time for the next tick to send the list.
func (s *shard) checkNameList() {
	s.nameList.now = s.nameList.due && s.count[frames.JSON] > 0 && !s.now.Before(s.nameList.at)
}

// nextNameList is the list, if it is time for one.
func (s *shard) nextNameList() []byte {
	s.checkNameList()
	if !s.nameList.now {
		return nil
	}
	list := s.shown.Names()
	s.nameList = nameList{at: s.now.Add(s.nameList.pause(len(list), s.count[frames.JSON]))}
	return list
}

// changed is the frames of what has changed about who is here since the last tick.
func (s *shard) changed(p frames.Protocol) []byte {
	var news []byte
	for _, change := range s.changes {
		if news == nil {
			news = slices.Clip(change.Change[p]())
		} else {
			news = append(news, change.Change[p]()...)
		}
	}
	if p == frames.JSON {
		news = append(news, s.nextNameList()...)
	}
	return news
}

// newsFor is what a client is to be sent about who is here: everything if it has been sent
// nothing yet or has missed a change, and otherwise what has changed.
func (s *shard) newsFor(c *conn) []byte {
	switch {
	case c.state != live || !c.counted || s.shown == nil:
		return nil
	case c.stale:
		c.stale = false
		return s.shown.Full[c.protocol]()
	}
	return s.news[c.protocol]
}

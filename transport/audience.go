package transport

import (
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
	for _, shard := range s.shards {
		if !shard.inbox.offerBatch(p, b.Region, p.Size(frames.Binary)) {
			s.counters.Dropped.Add(1)
		}
	}
}

// Reset makes every viewer of the region resync.
func (s *Server) Reset(region canvas.RegionID) {
	for _, shard := range s.shards {
		shard.inbox.post(reset{region})
	}
}

// Join shows one viewer what it has missed.
func (s *Server) Join(v canvas.ViewerID, c actors.CatchUp) {
	s.shardOf(v).inbox.post(s.newJoin(v, c))
}

// Viewing reports whether anyone follows the region.
func (s *Server) Viewing(region canvas.RegionID) bool { return s.following[region].Load() > 0 }

// Point shows pointers that moved in a region.
func (s *Server) Point(region canvas.RegionID, moved []canvas.Pointer) {
	if !s.Viewing(region) {
		return
	}
	frame := frames.Seal(frames.Binary.OpCode(), codec.AppendCursors(frames.Room(16+10*len(moved)), codec.Cursors{Pointers: moved}))
	for _, shard := range s.shards {
		shard.inbox.offer(point{region, frame}, len(frame))
	}
}

// Present shows who is here.
func (s *Server) Present(p *actors.Presence) {
	shown := s.presence.Next(p, s.cfg.Now)
	for _, shard := range s.shards {
		shard.inbox.post(present{shown, p.Arrived})
	}
}

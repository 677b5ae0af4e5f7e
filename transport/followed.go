package transport

import (
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/journey"
)

// followed is ops that are followed, of a batch that the shard got just before.
type followed struct{ spans []journey.Span }

// followed lists the ops of a batch that are followed; nil, as a rule: none is.
func (s *Server) followed(b *canvas.Batch) []journey.Span {
	if s.cfg.Follower == nil {
		return nil
	}
	return s.cfg.Follower.InBatch(b, journey.FanOut, time.Now())
}

// run waits for the shard's next tick, which writes the batch, if anybody here views the region.
func (m followed) run(s *shard) {
	if s.feeds[m.spans[0].Region].viewers > 0 && s.unwritten() {
		s.following = append(s.following, m.spans...)
	}
}

// tellFollower tells that a tick has written everything.
func (s *shard) tellFollower() {
	if len(s.following) == 0 {
		return
	}
	now := time.Now()
	for _, span := range s.following {
		span.Ended = now
		s.server.cfg.Follower.Saw(span)
	}
	s.following = nil
}

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

// unshown is ops that are followed until their pixels have been written to all.
type unshown struct {
	spans []journey.Span
	turn  uint64 // the last of those whose turn it is to be shown them
}

// run waits until the shard has written the batch, if anybody here views the region.
func (m followed) run(s *shard) {
	if s.feeds[m.spans[0].Region].viewers > 0 && s.unwritten() {
		s.unshown = append(s.unshown, unshown{m.spans, s.turns})
	}
}

// tellFollower tells after a tick what has been written to all.
func (s *shard) tellFollower() {
	for len(s.unshown) > 0 && !s.owes(s.unshown[0].turn) {
		for _, span := range s.unshown[0].spans {
			span.Ended = time.Now()
			s.server.cfg.Follower.Saw(span)
		}
		s.unshown = s.unshown[1:]
	}
}

package actors

import (
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/journey"
)

// arrived tells of an op that is followed and has its last answer, which its relay got at some time.
func (n *Node) arrived(id canvas.OpID, from followed, answered time.Time) {
	now := n.clock.Now()
	n.stats.Follower.Saw(journey.Span{Op: id, Stage: journey.Ack, Began: answered, Ended: now, Pixels: from.pixels})
	n.stats.Follower.Saw(journey.Span{Op: id, Stage: journey.Place, Began: from.began, Ended: now, Pixels: from.pixels})
}

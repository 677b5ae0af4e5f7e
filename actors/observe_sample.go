package actors

import (
	"pixelplayground/actors/message"
	"time"
)

// samples is what a pod has counted: once a second for the last Span, and once in a Span for a
// while. Only the inspector uses it.
type samples struct {
	recent []sample       // oldest first: of the last Span, both ends included
	points []message.Past // oldest first: at most historyPoints
}

// sample is the counters at one moment.
type sample struct {
	at       time.Time
	process  message.Process
	sockets  message.Sockets
	pixels   int64 // Stats.Pixels
	placed   int64 // Stats.Dots
	messages [message.KindCount]int64
}

// historyPoints covers 15 minutes.
const historyPoints = int(15 * time.Minute / message.Span)

// add adds the sample of a second.
func (s *samples) add(now sample) {
	s.recent = append(s.recent, now)
	if extra := len(s.recent) - int(spanSeconds) - 1; extra > 0 {
		s.recent = append(s.recent[:0], s.recent[extra:]...)
	}
}

// spanEnded reports whether the clock has passed a multiple of Span since the last sample.
func (s *samples) spanEnded(now time.Time) bool {
	slot := now.Unix() / spanSeconds
	return len(s.recent) > 0 && s.recent[len(s.recent)-1].at.Unix()/spanSeconds < slot
}

func (s *samples) addPoint(p message.Past) {
	if len(s.points) == historyPoints {
		s.points = append(s.points[:0], s.points[1:]...)
	}
	s.points = append(s.points, p)
}

// ends returns the two samples between which rates are worked out.
func (s *samples) ends() (first, last sample) {
	if len(s.recent) == 0 {
		return sample{}, sample{}
	}
	return s.recent[0], s.recent[len(s.recent)-1]
}

// takeSample reads the counters.
func (n *Node) takeSample(now time.Time) sample {
	s := sample{at: now, process: n.host.Process(), sockets: n.host.Sockets(), pixels: n.stats.Pixels.Load(), placed: n.stats.Dots.Load()}
	for k := range s.messages {
		s.messages[k] = n.stats.Messages[k].Load()
	}
	return s
}

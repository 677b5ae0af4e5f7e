package telemetry

import (
	"slices"
	"time"

	"pixelplayground/actors/message"
)

// Samples is what a pod has counted: once a second for the last Span, and once in a Span for a
// while. Only one goroutine may use it. The zero value is empty.
type Samples struct {
	recent []Sample       // oldest first: of the last Span, both ends included
	points []message.Past // oldest first: at most historyPoints
}

// Sample is the counters at one moment.
type Sample struct {
	At          time.Time
	Process     message.Process
	Sockets     message.Sockets
	pixels      int64 // Stats.Pixels
	placed      int64 // Stats.Dots
	connections int
	acks        message.Spread
	messages    [message.KindCount]int64
}

// Recent is how the counters have changed within the last Span.
type Recent struct {
	Over     time.Duration // a Span, or less after the start
	Process  message.Process
	Sockets  message.Sockets
	Pixels   int // made durable
	Placed   int // accepted from users
	Messages [message.KindCount]int64
}

// historyPoints covers 15 minutes.
const historyPoints = int(15 * time.Minute / message.Span)

// Sample reads the counters.
func (s *Stats) Sample(now time.Time, process message.Process, sockets message.Sockets) Sample {
	sample := Sample{
		At: now, Process: process, Sockets: sockets, pixels: s.Pixels.Load(), placed: s.Dots.Load(),
		connections: int(s.Live[message.KindConnection].Load()), acks: s.AckTimes(),
	}
	for k := range sample.messages {
		sample.messages[k] = s.Messages[k].Load()
	}
	return sample
}

// Add adds the sample of a second. With the first sample after a multiple of Span, what was counted
// within the last one becomes a point of the history.
func (s *Samples) Add(now Sample) {
	slot := now.At.Unix() / spanSeconds
	ended := len(s.recent) > 0 && s.recent[len(s.recent)-1].At.Unix()/spanSeconds < slot
	s.recent = append(s.recent, now)
	if extra := len(s.recent) - int(spanSeconds) - 1; extra > 0 {
		s.recent = append(s.recent[:0], s.recent[extra:]...)
	}
	if !ended {
		return
	}
	if len(s.points) == historyPoints {
		s.points = append(s.points[:0], s.points[1:]...)
	}
	recent := s.Recent()
	s.points = append(s.points, message.Past{
		At: slot * spanSeconds, PixelsIn: recent.Pixels, Deliveries: recent.Sockets.Deliveries, PlaceToAck: now.acks.P99,
		Connections: now.connections, Memory: now.Process.Memory,
	})
}

// Recent compares the samples at both ends of the last Span.
func (s *Samples) Recent() (r Recent) {
	if len(s.recent) == 0 {
		return r
	}
	first, last := &s.recent[0], &s.recent[len(s.recent)-1]
	r.Over, r.Process = last.At.Sub(first.At), last.Process
	r.Process.CPU -= first.Process.CPU
	r.Sockets = message.Sockets{
		Deliveries: last.Sockets.Deliveries - first.Sockets.Deliveries,
		MessagesIn: last.Sockets.MessagesIn - first.Sockets.MessagesIn,
		BytesOut:   last.Sockets.BytesOut - first.Sockets.BytesOut,
	}
	r.Pixels, r.Placed = int(last.pixels-first.pixels), int(last.placed-first.placed)
	for k := range r.Messages {
		r.Messages[k] = last.messages[k] - first.messages[k]
	}
	return r
}

// PerSecond is how many messages of a kind were handled in a second.
func (r *Recent) PerSecond(kind message.Kind) int64 {
	return r.Messages[kind] / max(1, int64(r.Over/time.Second))
}

// History returns the points of the history, oldest first.
func (s *Samples) History() []message.Past { return slices.Clone(s.points) }

// Describe describes the samples.
func (s *Samples) Describe() []message.Fact {
	return []message.Fact{Count("seconds sampled", len(s.recent)), Count("points of history", len(s.points))}
}

package telemetry

import (
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/journey"
	"pixelplayground/actors/message"
)

// Stats counts what the pod's actors did since the start. Every field may be read and
// written from any goroutine.
type Stats struct {
	Live        [message.KindCount]atomic.Int64 // actors alive
	Messages    [message.KindCount]atomic.Int64 // messages handled
	Unhandled   [message.KindCount]atomic.Int64 // messages an actor had no case for
	Restarts    [message.KindCount]atomic.Int64 // after a panic
	DeadLetters [message.KindCount]atomic.Int64 // messages to actors that were gone
	Strays      atomic.Int64                    // messages to something that is gone and was no actor of these kinds: usually late answers

	Placed         atomic.Int64 // ops accepted from users of this pod
	Dots           atomic.Int64 // their pixels
	Pixels         atomic.Int64 // pixels committed by this pod's regions
	Batches        atomic.Int64 // commits done
	Deduped        atomic.Int64 // ops received again and not applied again
	Fenced         atomic.Int64 // claims lost to another owner
	Damaged        atomic.Int64 // times that the store was found to have lost a part of a region
	Mended         atomic.Int64 // times that it got back what there was, or what was left
	Claims         atomic.Int64 // claims made
	Yielded        atomic.Int64 // regions handed over to other pods
	Serving        atomic.Int64 // regions whose claim this pod has now
	Epoch          atomic.Int64 // the highest under which this pod has claimed a region
	Doubted        atomic.Int64 // relays and regions whose rest their pod has ended: the other end disagreed or was silent
	Lagging        atomic.Int64 // relays dropped because too much was under way to them
	Aside          atomic.Int64 // 1: others have this pod's regions, since its store takes no commits and theirs does
	StoodAside     atomic.Int64 // times that this began
	Outages        atomic.Int64 // store calls that failed and were tried again
	Leases         atomic.Int64 // leases that this pod's allowances have granted
	NotLeased      atomic.Int64 // questions for a lease that they have refused: not enough was left
	Unsure         atomic.Int64 // allowances of which this pod did not know what was left, and which counted as spent
	RecordFailures atomic.Int64 // writes of the record that failed and were tried again
	RecordFaults   atomic.Int64 // of those, panics
	Refused        [canvas.LastRefusal + 1]atomic.Int64

	Resumes   atomic.Int64 // resyncs answered from the ring
	Snapshots atomic.Int64 // resyncs answered with a snapshot

	// Commit observes each commit's duration, and PlaceToAck each op's time from the
	// connection to its acknowledgement. trace is that of the op, or of one in the commit; empty:
	// none is followed. Set before Node.Open; nil: not observed.
	Commit     func(took time.Duration, trace string)
	PlaceToAck func(took time.Duration, trace string)

	// Follower is told what becomes of some ops. Set before Node.Open; nil: nothing is.
	Follower *journey.Follower

	// Unrecorded is how many pixels of this pod's regions wait to be recorded, and for how long the
	// oldest has. Nil: nothing is recorded.
	Unrecorded func() (pixels uint64, oldest time.Duration)

	commits, acks spread // the same for the last one or two Spans, in nanoseconds; Advance makes it forget
}

// CountOp counts an op that was accepted from a user.
func (s *Stats) CountOp(pixels int) {
	s.Placed.Add(1)
	s.Dots.Add(int64(pixels))
}

// CountCommit counts a commit of so many pixels; trace is that of one of its ops, if any is followed.
func (s *Stats) CountCommit(pixels int, took time.Duration, trace string) {
	s.Batches.Add(1)
	s.Pixels.Add(int64(pixels))
	s.commits.add(int64(took))
	if s.Commit != nil {
		s.Commit(took, trace)
	}
}

// CountAck counts an op's acknowledgement; trace is the op's, if it is followed.
func (s *Stats) CountAck(took time.Duration, trace string) {
	s.acks.add(int64(took))
	if s.PlaceToAck != nil {
		s.PlaceToAck(took, trace)
	}
}

// CountClaim counts a claim and its epoch.
func (s *Stats) CountClaim(epoch uint64) {
	s.Claims.Add(1)
	for was := s.Epoch.Load(); was < int64(epoch) && !s.Epoch.CompareAndSwap(was, int64(epoch)); was = s.Epoch.Load() {
	}
}

// CountLost counts a message to an actor of a name, which was gone.
func (s *Stats) CountLost(name string) {
	if kind, ok := message.KindOf(name); ok {
		s.DeadLetters[kind].Add(1)
	} else {
		s.Strays.Add(1)
	}
}

// Advance forgets commits and acknowledgements that are too old for CommitTimes and AckTimes. Only
// one goroutine may call it.
func (s *Stats) Advance(now time.Time) {
	s.commits.advance(now)
	s.acks.advance(now)
}

// CommitTimes is how long the commits of the last one or two Spans took.
func (s *Stats) CommitTimes() message.Spread { return s.commits.durations() }

// AckTimes is how long the ops of the last one or two Spans took to be acknowledged.
func (s *Stats) AckTimes() message.Spread { return s.acks.durations() }

// Kinds reports what each kind of actor has done since the start.
func (s *Stats) Kinds() (reports []message.KindReport) {
	for _, k := range message.Kinds() {
		reports = append(reports, message.KindReport{
			Kind: k.String(), Live: s.Live[k].Load(), Messages: s.Messages[k].Load(), Unhandled: s.Unhandled[k].Load(),
			Restarts: s.Restarts[k].Load(), DeadLetters: s.DeadLetters[k].Load(),
		})
	}
	return reports
}

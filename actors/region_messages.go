package actors

import (
	"time"

	"pixelplayground/actors/canvas"
)

// What travels between a relay and its region. Both may be on different pods, delivery
// is at most once, and a region may restart between any two messages. So everything
// belongs to a stream that the relay numbers, and is counted in both directions: who
// notices a hole gives the stream up. A region then answers Lapsed, and the relay attaches
// anew and sends again what is unacknowledged.

// Commands, relay to region.
type (
	// Attach subscribes the sender, or renews its subscription when the region already
	// has it under the same stream. The answer is Attached.
	Attach struct {
		Stream  uint64          // the sender's; a new one starts afresh
		Held    canvas.Position // what the sender's replica has
		Renews  bool            // the region has answered this stream before
		Submits uint64          // Submits sent on this stream
	}
	// Submit brings ops to be placed. N counts the stream's Submits from 0: one that
	// does not follow on is dropped, because an op must not overtake a lost one.
	Submit struct {
		Stream uint64
		N      uint64
		Ops    []canvas.Op
		Again  []Again // in the order of Ops
	}
	// Again says of an op of a Submit that it may have been applied already. A relay of an
	// earlier version says it of none, and its ops have no key.
	Again struct {
		Op    int    // its place in Submit.Ops
		After uint64 // but not before this sequence number; 0: nothing is known of when
	}
	// Check asks whether what the sender has been sent is all there is: the owner asks the
	// store whether it still is the owner, and then answers Checked.
	Check struct {
		Stream uint64
		N      uint64 // numbers the sender's questions
	}
	// Detach ends the sender's subscription.
	Detach struct{}
	// Point passes pointers on to all subscribed relays.
	Point struct{ Moved []canvas.Pointer }
)

// What travels between the region actors of two pods when a region moves. The next owner
// asks those who may have been it before; there is no answer from one that is dead or cut
// off, and the next owner claims all the same: it is the store that keeps two from writing.
type (
	// Yield asks for the region's last commit to be finished and the region to be released.
	Yield struct {
		N int // numbers the sender's questions
	}
	// Yielded answers it.
	Yielded struct {
		N      int  // the question's
		Served bool // it had claimed the region, and its relays will come
	}
)

// Events, region to relay.
type (
	// Attached answers Attach. On a fresh stream it brings what the relay lacks: Recent
	// continues from what it held, or leads up to Base, which replaces it.
	Attached struct {
		Stream   uint64
		Answers  uint64          // Committed and Rejected sent on this stream so far
		Position canvas.Position // of the region now; everything up to it has been sent
		Base     *canvas.Snapshot
		Recent   []*canvas.Batch
	}
	// Committed brings a durable batch to every subscribed relay, and to each the ops of
	// its own that are now durable. Batch is nil when all ops had been applied before.
	Committed struct {
		Stream uint64
		N      uint64 // counts the stream's Committed and Rejected from 0
		Batch  *canvas.Batch
		Acks   []canvas.OpID
	}
	// Rejected says which ops of the sender were not and will not be placed.
	Rejected struct {
		Stream uint64
		N      uint64 // as Committed's
		Ops    []canvas.OpID
		Why    canvas.Refusal
		Retry  time.Duration
	}
	// Checked answers Check: every pixel that anyone was told is durable before the question
	// is in Position.
	Checked struct {
		Stream   uint64
		N        uint64 // the question's
		Answers  uint64 // as Attached's
		Position canvas.Position
	}
	// Lapsed says that the stream is not known here: attach again.
	Lapsed struct{ Stream uint64 }
	// Pointed brings pointers that moved.
	Pointed struct{ Moved []canvas.Pointer }
)

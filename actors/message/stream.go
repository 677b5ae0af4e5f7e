package message

import (
	"time"

	"pixelplayground/actors/canvas"
)

// Messages between a relay and its region. The two may be on different pods, delivery is at most
// once, and a region may restart between any two messages. So every message belongs to a stream,
// which the relay numbers, and both directions are counted. Whoever notices a hole gives the stream
// up: the region answers Lapsed, and the relay attaches anew and sends again what is
// unacknowledged.

// Commands, relay to region.
type (
	// Attach subscribes the sender, or renews its subscription when the region already
	// has it under the same stream. The answer is Attached.
	Attach struct {
		Stream  uint64          // the sender's; a new one starts afresh
		Held    canvas.Position // what the sender's replica has
		Renews  bool            // the region has answered this stream before
		Submits uint64          // Submits sent on this stream
		Rests   bool            // the sender would rest: see rests
	}
	// Submit brings ops to be placed. N counts the stream's Submits from 0: one that
	// does not follow on is dropped, because an op must not overtake a lost one.
	Submit struct {
		Stream uint64
		N      uint64
		Ops    []canvas.Op
		Again  []Again // in the order of Ops
	}
	// Again says that an op of a Submit may have been applied already. A relay of an earlier
	// version says it of none, and its ops have no key.
	Again struct {
		Op    int    // its index in Submit.Ops
		After uint64 // if it was applied, then after this sequence number; 0: nothing is known of when
	}
	// Check asks whether what the sender has been sent is all there is. The owner asks the store
	// whether it still is the owner, and then answers Checked.
	Check struct {
		Stream uint64
		N      uint64 // numbers the sender's questions
	}
	// Detach ends the sender's subscription.
	Detach struct{}
	// Point passes pointers on to all subscribed relays, and who beckons where.
	Point struct{ Moved, Beckons []canvas.Pointer }
)

// Messages between the region actors of two pods when a region moves. The next owner asks those
// that may have been the owner before. One that is dead or cut off does not answer, and the next
// owner claims all the same: the store keeps two from writing.
type (
	// Yield asks the receiver to finish the region's last commit and to release the region.
	Yield struct {
		N int // numbers the sender's questions
	}
	// Yielded answers Yield.
	Yielded struct {
		N      int  // that of the Yield
		Served bool // the sender had claimed the region, and its relays will come
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
		Rests    bool // the region agrees that the relay rests, and takes it for resting from now on
	}
	// Committed brings a durable batch to every subscribed relay, and to each relay the ids of its
	// own ops that are now durable. Batch is nil when all these ops had been applied before.
	Committed struct {
		Stream uint64
		N      uint64 // counts the stream's Committed and Rejected from 0
		Batch  *canvas.Batch
		Acks   []canvas.OpID
	}
	// Rejected says which ops of the relay the region refuses, and why.
	Rejected struct {
		Stream uint64
		N      uint64 // as in Committed
		Ops    []canvas.OpID
		Why    canvas.Refusal
		Retry  time.Duration
	}
	// Checked answers Check: Position includes every pixel that anyone was told is durable before
	// the question.
	Checked struct {
		Stream   uint64
		N        uint64 // that of the Check
		Answers  uint64 // as in Attached
		Position canvas.Position
	}
	// Lapsed says that the region does not know the stream: attach again.
	Lapsed struct{ Stream uint64 }
	// Pointed brings pointers that moved, and who beckons where.
	Pointed struct{ Moved, Beckons []canvas.Pointer }
)

// Messages by which a region whose store has lost something gets it back from a relay.
type (
	// Salvage asks a relay for its replica: the store has lost pixels that it shows.
	Salvage struct{ N uint64 }
	// Salvaged answers Salvage.
	Salvaged struct {
		N      uint64           // that of the Salvage
		Base   *canvas.Snapshot // nil: the relay has no replica any more
		Recent []*canvas.Batch  // leads up to Base
	}
)

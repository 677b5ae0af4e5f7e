package message

import (
	"math/rand/v2"
	"time"

	"pixelplayground/actors/canvas"
)

// Questions to an inspector, of this pod or another.
type (
	// Inspect is answered with *Report.
	Inspect struct {
		Full        bool   // all of the report
		Connections int    // how many of the worst connections are in it
		Name        string // only connections whose name contains this, letter case ignored
		History     bool   // with the history
		Brief       bool   // without the regions, so that none of them is disturbed; earlier versions report them all the same
		People      AskPeople
	}
	// List is answered with *Listing.
	List struct{ Kind string }
	// DescribeActor is answered with *ActorDetails.
	DescribeActor struct{ Actor string } // name, as "region/3"
)

// SomeOf returns at most n of the addresses, chosen at random: whom to ask what any of many pods can
// answer. It changes the order of the list.
func SomeOf(addresses []string, n int) []string {
	rand.Shuffle(len(addresses), func(i, j int) { addresses[i], addresses[j] = addresses[j], addresses[i] })
	return addresses[:min(n, len(addresses))]
}

// Report is what the inspector reports about a pod.
type Report struct {
	Node    string
	Uptime  time.Duration
	Users   int    // connections of this pod
	Store   string // what is wrong with it; "": nothing. A full report asks the store, any other has what was last known
	Kinds   []KindReport
	Regions []RegionReport // those that are not dormant, in the order of their ids; one that didn't answer in time is absent

	// The rest is there only if it was asked for, the people even in a brief report.
	Over       time.Duration // what the counts called recent cover: a Span, or less after the start
	Process    Process       // CPU recent
	Sockets    Sockets       // recent
	Pixels     int           // made durable by the pod's regions, recent
	Commit     Spread
	PlaceToAck Spread
	Viewers    []int // by region; on a pod with users
	Worst      []ConnectionReport
	Events     []Event
	History    []Past
	Placed     int // pixels accepted from the pod's users, recent
	People     []PersonReport
	MorePeople bool // not all who were asked for are in it
}

// KindReport counts the actors of one kind.
type KindReport struct {
	Kind        string
	Live        int64
	Messages    int64 // handled since the start
	Unhandled   int64
	Restarts    int64
	DeadLetters int64

	Recent              int // messages, within Report.Over
	Deepest, DeepestP99 int // mailbox, in messages waiting
	Took                Spread
}

// RegionReport is the state of one region.
type RegionReport struct {
	Region     canvas.RegionID
	State      string // asking, claiming, mending, serving, fenced or retiring
	Epoch, Seq uint64
	Relays     int // subscribed
	PendingOps int // accepted, not yet durable
	Pixels     int // made durable in the last Span
	Commit     Spread
}

// Listing is a pod's actors of one kind, the busiest first.
type Listing struct{ Actors []ActorReport }

// ActorReport is one actor.
type ActorReport struct {
	Actor   string // its name
	State   string
	Recent  int // messages in the last Span
	Mailbox int // messages waiting
}

// ActorDetails is one actor in detail. Last never holds what a message said.
type ActorDetails struct {
	Actor string // "": there is none of that name
	State string
	Since int64 // Unix milliseconds; 0: not known
	Facts []Fact
	Last  []HandledReport // oldest first
}

// Fact is one thing to know about an actor, for people.
type Fact struct{ Name, Value string }

// HandledReport is one message that an actor has handled.
type HandledReport struct {
	Type string
	At   int64 // Unix milliseconds
	Took time.Duration
}

// Span is the time that the inspectors' rates and percentiles cover: the last few seconds.
const Span = 5 * time.Second

// Spread is the distribution of durations. Zero: there were none.
type Spread struct{ P50, P99 time.Duration }

// Past is a Span of a pod's history.
type Past struct {
	At          int64 // its end in Unix seconds, a multiple of Span, so that the points of all pods match
	PixelsIn    int   // in the Span
	Deliveries  int   // in it
	PlaceToAck  time.Duration
	Connections int
	Memory      int
}

// Process is what a pod uses.
type Process struct {
	CPU        time.Duration // processor time since the start
	Memory     int           // bytes resident
	Heap       int           // bytes of it that hold Go values
	GCPause    time.Duration // 99th percentile of the last 256 pauses
	Goroutines int
}

// Sockets counts what a pod's connections did since the start.
type Sockets struct {
	Deliveries int // pixels times the connections they were written to
	MessagesIn int
	BytesOut   int
}

// ConnectionReport is one connection.
type ConnectionReport struct {
	Viewer   canvas.ViewerID
	User     canvas.User
	Since    int64         // Unix milliseconds
	In       int           // messages it has sent
	Out      int           // pixels it was shown
	BytesOut int           // written to it
	Over     time.Duration // the time that In and Out cover
	Lag      time.Duration // how long it has been behind; 0: it is up to date
	Waiting  int           // its messages that its actor has not handled
}

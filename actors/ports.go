package actors

import (
	"context"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/allowances"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/decisions"
	"pixelplayground/actors/message"
	"pixelplayground/actors/rules"
)

// Audience is where committed pixels go: every viewer of this pod. Relays and the
// roster call it; transport implements it. No method blocks or fails: what can't be
// shown to a viewer now, the audience asks for again through Node.Resync.
type Audience interface {
	// Publish shows a batch to every viewer of its region that is at b.From. Other viewers of the
	// region have lost their place, and the audience resyncs them.
	Publish(b *canvas.Batch)
	// Reset says that the region's history was replaced: every viewer of it must resync.
	Reset(region canvas.RegionID)
	// Join answers Resync: it shows one viewer what it missed. From here on Publish includes that
	// viewer.
	Join(v canvas.ViewerID, c CatchUp)
	// Viewing reports whether any viewer of this pod follows the region, in sync or not yet. The
	// relay of a region that nobody views goes idle.
	Viewing(region canvas.RegionID) bool
	// ShowOwn shows pixels only to the person who placed them: to the viewer (0: there is none) and to all
	// other connections of the subject (zero: to none). These pixels have no number in their region, so the
	// batch begins at 0.
	ShowOwn(viewer canvas.ViewerID, whose canvas.Subject, b *canvas.Batch)
	// Point shows pointers that moved in a region, and who beckons there. They may be dropped.
	Point(region canvas.RegionID, moved, beckons []canvas.Pointer)
	// Present shows who is here.
	Present(p *Presence)
	// Ruled brings new rules. The audience sends away whoever they ban, and tells everybody else that the
	// rules have changed. announced is an announcement that has just been decided; empty: there is none.
	Ruled(now *rules.Rules, announced string)
}

// CatchUp takes a viewer from what it holds to At: by a snapshot, by a batch, by a snapshot and
// then a batch, or by nothing when it has missed nothing. A viewer that asked for the present
// (canvas.Head) and had to wait for it holds nothing: it is given what was placed since it asked, and
// may be given more.
type CatchUp struct {
	Region   canvas.RegionID
	At       canvas.Position
	Snapshot *canvas.Snapshot // nil: what the viewer holds is the base
	Delta    *canvas.Batch    // nil: nothing after the base
}

// Presence is the users of the whole canvas and how they have changed since the last Presence. It
// is immutable and shared by all viewers. Only users with a name are listed, at most
// Config.ListedUsers of them; the count is exact.
type Presence struct {
	Count  int             // connections
	People int             // how many people these are; 0: not known
	Named  []canvas.User   // all listed
	Joined []canvas.User   // newly listed or renamed
	Left   []canvas.Author // no longer listed

	// Arrived are viewers of this pod that this Presence is the first to count. They are shown all
	// of it. No viewer is shown an earlier Presence.
	Arrived []canvas.ViewerID
}

// Outbox is the way to one client: its connection actor calls it, transport implements
// it and encodes for the client's protocol. No method blocks or fails.
type Outbox interface {
	// Welcome is sent once, before anything else.
	Welcome(w Welcome)
	// Follow makes the client a viewer of regions, from what it holds there. The
	// audience then asks Node.Resync for each.
	Follow(marks []canvas.Mark)
	// Unfollow ends that.
	Unfollow(regions []canvas.RegionID)
	// Ack confirms ops; left is what remains of the allowance.
	Ack(nums []uint64, left Left)
	// Refuse says why an op was not carried out and when to try again (0: never).
	Refuse(num uint64, why canvas.Refusal, retry time.Duration, left Left)
	// Allowance says what is left, without an op: before the first, and when other connections of the
	// person have taken some.
	Allowance(pace canvas.Pace, left Left)
	// Waiting says that ops have had no answer for Config.Patience, and may or may not be durable.
	// Ack or Refuse follows when it is known. The ops of JSON clients are not among them.
	Waiting(nums []uint64)
	// Handled returns the credit of one message: transport stops reading from a client
	// whose actor has not yet handled its last MaxUnhandled messages.
	Handled()
	// Fail closes the connection because its actor has ended. Nothing happens when it is
	// closed already.
	Fail()
}

// MaxUnhandled bounds how many messages of a client may wait in its connection's mailbox.
const MaxUnhandled = 32

// Left is what remains of an allowance.
type Left struct {
	Pixels int       // that could be placed now
	Next   time.Time // when one more will be; zero: it is full, or there is no limit
}

// Welcome is what a client learns first.
type Welcome struct {
	Session canvas.Session
	User    canvas.Author
	Node    string
	Time    time.Time
	Rate    float64 // pixels per second; 0: no limit
	Burst   int     // pixels
	Window  int     // ops unacknowledged at once
}

// Commands that transport sends to a connection, through Connection.Send.
type (
	// Hello opens the session; the first message.
	Hello struct {
		Session canvas.Session
		Resume  bool
		Name    string
		Sent    *uint64 // the highest op number that was ever sent in the session; nil: the client does not say
	}
	// Identified says that the client has shown who it is, or that it is the same for longer.
	Identified struct{ Person canvas.Person }
	// Subscribe follows regions from what the client holds.
	Subscribe struct{ Marks []canvas.Mark }
	// SubscribeAll follows the whole canvas from now on: what JSON clients get.
	SubscribeAll struct{}
	// Unsubscribe stops following regions.
	Unsubscribe struct{ Regions []canvas.RegionID }
	// Place is an op. Num 0 lets the connection number it (JSON clients): it is then not
	// acknowledged to the client, only refused.
	Place struct {
		Num      uint64
		Dots     []canvas.Dot // on the canvas or not: the connection checks
		Alias    string       // display name for this op alone; empty: the client's own
		Spelling string       // see canvas.Op
	}
	// Rename sets the display name.
	Rename struct{ Name string }
	// Cursor moves the client's pointer.
	Cursor struct{ X, Y uint16 }
	// Beckon asks whoever watches a place to look there. Who sends it bounds how often.
	Beckon struct{ X, Y uint16 }
)

// Placement says who owns what, worked out from the current members alone. Nothing is looked up or
// remembered: a PID follows from the members, so it can't go stale. An implementation calls
// Node.Moved when its answers have changed. Any goroutine may ask.
type Placement interface {
	// Region is the owner of a region; nil: no pod can own one now.
	Region(id canvas.RegionID) *actor.PID
	// Before lists who may still own a region from a time with other members: the next two in line,
	// and every pod that is draining. The owner asks them to yield before it claims. The caller
	// must not change the slice.
	Before(id canvas.RegionID) []*actor.PID
	// Presence is the presence actor of the canvas; nil: no pod can run it now.
	Presence() *actor.PID
	// Gateways is the addresses (as in actor.PID) of the pods that have users.
	Gateways() []string
	// Has reports whether the pod at an address is a member.
	Has(address string) bool
	// Allowances is who owns which allowance now.
	Allowances() allowances.Owners
	// Keepers lists all pods that keep the rules, this one included; empty: this pod does not know the
	// others. The caller must not change the slice.
	Keepers() []decisions.Member
}

// Clock is time as the actors see it; tests bring their own.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f once after d on its own goroutine.
	AfterFunc(d time.Duration, f func())
}

// HostInfo is the rest of the pod as the inspector sees it: cmd/playground implements it. Any
// goroutine may call it. Only Connections, People and Act take more than a moment.
type HostInfo interface {
	// Process is what the pod's process uses.
	Process() message.Process
	// Sockets is what its connections have done since the start.
	Sockets() message.Sockets
	// Viewers is how many connections follow each region; nil on a pod without users.
	Viewers() []int
	// Connections returns the worst of the pod's connections: those that have been behind for
	// longest, then the busiest. If only is given, it chooses among these alone. It does not know
	// the users' names.
	Connections(ctx context.Context, worst int, only []canvas.ViewerID) []message.ConnectionReport
	// People returns the people with the most connections, and whether there are more of them. Those
	// whom the question searches for are those with the text, and who have one of the viewers. It knows
	// the names of accounts and keys only.
	People(ctx context.Context, m message.AskPeople, named []canvas.ViewerID) (people []message.PersonReport, more bool)
	// Act does what an operator asks of this pod. Its error is for the operator.
	Act(ctx context.Context, act message.Act) error
}

type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

func (realClock) AfterFunc(d time.Duration, f func()) { time.AfterFunc(d, f) }

// noHostInfo is the HostInfo of a node that was given none.
type noHostInfo struct{}

func (noHostInfo) Process() message.Process { return message.Process{} }
func (noHostInfo) Sockets() message.Sockets { return message.Sockets{} }
func (noHostInfo) Viewers() []int           { return nil }
func (noHostInfo) Connections(context.Context, int, []canvas.ViewerID) (none []message.ConnectionReport) {
	return nil
}
func (noHostInfo) People(context.Context, message.AskPeople, []canvas.ViewerID) (none []message.PersonReport, more bool) {
	return nil, false
}
func (noHostInfo) Act(context.Context, message.Act) error { return errNoHostInfo }

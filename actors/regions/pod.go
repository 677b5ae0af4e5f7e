// Package regions is the canvas pod's side of the canvas: the actor of each region, which is the one
// writer of its pixels, the archivist beside it, and what a pod knows of its regions. Package actors
// starts them; what regions and relays say to each other is in package message.
package regions

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/decisions"
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
	"pixelplayground/actors/standaside"
	"pixelplayground/actors/store"
	"pixelplayground/actors/storehealth"
	"pixelplayground/actors/telemetry"
)

// Needs is what regions need of the pod that they are on. Any goroutine may call it.
type Needs struct {
	Settings
	System    *actor.ActorSystem
	Store     store.Store
	Placement Placement
	Recorder  Recorder                  // nil: nothing is recorded
	Rules     func() *decisions.InForce // as they are now
	Decider   func() *actor.PID         // the rules actor; nil: nothing can be decided

	// What the pod does for all regions that rest.
	Rests        Rests
	ClaimWatcher ClaimWatcher

	// What is known of the store.
	StoreMonitor *standaside.Monitor
	Outage       *storehealth.Outage
	Silence      *storehealth.Silence

	Now        func() time.Time
	Later      func(ctx actor.Context, d time.Duration, message any) // sends it to the actor itself
	Background func(func(context.Context))                           // runs a call of the store on its own goroutine, within StoreTimeout
	Unhandled  func(kind message.Kind, message any)                  // counts a message that an actor has no case for
	Work       *sync.WaitGroup                                       // the pod waits for it when it closes,
	WorkCtx    context.Context                                       // which ends then
	Stats      *telemetry.Stats
	Observer   *telemetry.Observer
	Events     *telemetry.Events
	Log        *slog.Logger
}

// Settings is what of the configuration of a pod is about its regions: see actors.Config.
type Settings struct {
	Node           string
	BatchPixels    int
	QueuePixels    int
	RingPixels     int
	RingOf         func(canvas.RegionID) int // the bound of one region's ring
	Beat           time.Duration
	PointersEvery  time.Duration
	StoreTimeout   time.Duration
	Patience       time.Duration
	RegionPatience time.Duration // how long ops wait at a region for the store
	AskTime        time.Duration // how long the store may take to say who the owner is
	Yield          time.Duration
	RecordPixels   int
	RecordAge      time.Duration
}

// Placement says which pod owns a region: see actors.Placement.
type Placement interface {
	Region(id canvas.RegionID) *actor.PID
	Before(id canvas.RegionID) []*actor.PID
	Has(address string) bool
}

// Rests looks after the relays that rest at the pod's regions.
type Rests interface {
	// Region notes what the stream of a relay of a pod has come to (message.RestSum); 0: it does not rest.
	Region(pod string, id canvas.RegionID, sum uint64)
}

// ClaimWatcher looks after the claims of regions that are idle.
type ClaimWatcher interface {
	// Covers reports whether a region is known to be still this pod's. proven is when the call began by
	// which the store last confirmed it, which must be less than limit ago.
	Covers(proven, now time.Time, limit time.Duration) bool
	// Watch verifies a region from now on in its place, until Unwatch.
	Watch(id canvas.RegionID, c WatchedClaim)
	// Unwatch returns when the last call began by which the store has confirmed the region.
	Unwatch(id canvas.RegionID) (proven time.Time)
}

// WatchedClaim is what the store should know of a region that rests.
type WatchedClaim struct {
	Term    store.Term
	Reached uint64
	Proven  time.Time // when the last call began that confirmed it
}

// Recorder writes the record of everything that is drawn; record.Writer implements it. Any goroutine
// may call it.
type Recorder interface {
	// Advance records what a region has, up to now, and returns the sequence number up to which all is
	// recorded, or can't be any more. What it needs it finds in the record and in the store's log, so
	// after an error, or the end of the process, the next call goes on. It ends soon after ctx does.
	Advance(ctx context.Context, region canvas.RegionID, now *canvas.Snapshot) (to uint64, err error)
}

// Pod is what the regions of a pod have in common. Any goroutine may call it.
type Pod struct {
	Needs
	Owned    *Owned
	Waits    storehealth.Waits // by RegionID
	handoffs *mailbox.Turns[*region]
	recordings
}

// New makes it for a number of regions, 0 on a pod that has none, and starts nothing.
func New(needs Needs, regions int) *Pod {
	return &Pod{
		Needs: needs, Owned: newOwned(needs.Store, regions), Waits: make(storehealth.Waits, regions),
		handoffs: mailbox.NewTurns[*region](needs.System.Root, movesAtOnce, handoffGranted{}), recordings: newRecordings(needs, regions),
	}
}

// What the node tells regions, and asks them.
type (
	// Moved says that the members have changed.
	Moved struct{}
	// HandOver is answered with Retired once the region is not ours, or at once if it is ours to own.
	HandOver struct{}
	// Retire has a region finish, release its claim and stop; answered with Retired.
	Retire  struct{}
	Retired struct{}
	// OwnershipDoubted says that the claim watcher can't vouch for the region any more.
	OwnershipDoubted struct{}
	// RestOver ends the rest between the region and the relays of a pod.
	RestOver struct{ Pod string }
	// ReportState is answered with message.RegionReport.
	ReportState struct{}
)

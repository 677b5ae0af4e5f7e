// Package decisions makes acts durable and has every pod obey them. Its centre is the rules actor of a pod,
// which holds the chain of all acts and publishes the rules that they lead to. What an act means is worked
// out in actors/rules. The actors of connections and regions check pixels by the published rules.
package decisions

import (
	"context"
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
	"pixelplayground/actors/telemetry"
)

// Needs is what decisions need of the pod that they are taken on. Any goroutine may call it.
type Needs struct {
	System    *actor.ActorSystem
	Documents store.Documents // nil: nothing can be decided
	Geometry  canvas.Geometry
	Members   func() []Member // all pods, this one included, as they are now; none: this pod does not know the others
	Regions   Regions

	// Publish makes these the rules of this pod. It returns a number that is higher each time.
	Publish func(now *rules.Rules, announced string) (generation uint64)

	Now        func() time.Time
	Later      func(ctx actor.Context, d time.Duration, message any) // sends it to the actor itself
	Background func(func(context.Context))                           // runs calls of the store on their own goroutine, within StoreTimeout
	Unhandled  func(kind message.Kind, message any)                  // counts a message that an actor has no case for
	Stats      *telemetry.Stats
	Log        *slog.Logger

	StoreTimeout time.Duration // of one call to the store
	Yield        time.Duration // for pods to answer that a pod meets when it starts
}

// InForce is published rules with their generation, a number that rises with each publishing. The version
// need not rise: after a failover of the store, other acts may have the numbers of lost ones.
type InForce struct {
	*rules.Rules
	Generation uint64
}

// Regions is what decisions ask of the regions of a pod, and of the store about regions.
type Regions interface {
	// Unsettled lists the regions of this pod that may have a batch on its way to the store which was
	// begun before the rules of a generation.
	Unsettled(generation uint64) []canvas.RegionID
	// Held lists the regions of this pod that the store confirms as the pod's.
	Held(ctx context.Context) []canvas.RegionID
	// Fence makes sure that nothing that is on its way to a region in the store, from any pod, arrives
	// there any more. Whoever serves the region claims it anew.
	Fence(ctx context.Context, region canvas.RegionID) error
	// Claims is a text that differs after any claim of any region.
	Claims(ctx context.Context) (string, error)
}

// Member is a pod as far as rules go.
type Member struct {
	ID      string // of this incarnation of the pod
	Name    string // for people
	Address string
	Canvas  bool // it may have regions
	Obeys   bool // it knows what an act is; pods of earlier versions don't
}

func (m Member) keeper() *actor.PID { return actor.NewPID(m.Address, message.RulesName) }

// Pod is one pod's part in decisions.
type Pod struct {
	Needs
	acts   stored
	book   *book // the rules actor's, so that it survives a restart of the actor
	fences fences
}

// New makes it and starts nothing.
func New(needs Needs) *Pod {
	return &Pod{Needs: needs, acts: stored{needs.Documents}, book: newBook(needs.Geometry), fences: fences{turn: make(chan struct{}, 1)}}
}

// keeper is the rules actor of this pod.
func (p *Pod) keeper() *actor.PID { return p.System.NewLocalPID(message.RulesName) }

// loadPatience is how long the start of a pod waits for the acts.
const loadPatience = time.Second

// Load reads the acts that there are, before the rules actor starts, and returns what they lead to. If
// the store does not answer in time, these are the rules of a canvas about which nothing was decided. No
// region serves before the rules actor has read on.
func (p *Pod) Load() *rules.Rules {
	ctx, cancel := context.WithTimeout(context.Background(), loadPatience)
	defer cancel()
	r, err := inTime(ctx, p, func(c context.Context) (r read, err error) {
		r = read{whole: true}
		r.run(c, p.acts, nil)
		return r, r.err
	})
	if err != nil {
		p.Log.Warn("the store does not say what was decided: trying again", "err", err)
	} else {
		p.book.know(r.masks)
		p.book.whole = p.add(r.acts) == nil
	}
	return p.book.chain.Rules()
}

// add appends acts to the book, up to the first one that does not fit.
func (p *Pod) add(acts [][]byte) error {
	for _, act := range acts {
		if _, err := p.book.add(act); err != nil {
			return err
		}
	}
	return nil
}

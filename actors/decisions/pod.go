// Package decisions is how acts are decided, and how every pod comes to obey them: the rules actor of a
// pod, which holds the chain of all acts, what of it is in the store, and the way from an act that
// somebody wants to one that no pod breaks any more. What an act means is actors/rules' business; whether
// a pixel may be placed is asked by the actors of connections and regions, of the rules that the rules
// actor publishes.
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
	Publish   func(now *rules.Rules, announced string) // makes them the rules of this pod

	// Unsettled lists the regions of this pod that may have a batch on its way to the store which was
	// begun under rules older than a version.
	Unsettled func(version uint64) []canvas.RegionID
	// Fence makes sure that whatever is on its way to a region in the store never arrives.
	Fence func(ctx context.Context, region canvas.RegionID) error

	Now        func() time.Time
	Later      func(ctx actor.Context, d time.Duration, message any) // sends it to the actor itself
	Background func(func(context.Context))                           // runs a call of the store on its own goroutine
	Unhandled  func(kind message.Kind, message any)                  // counts a message that an actor has no case for
	Stats      *telemetry.Stats
	Log        *slog.Logger

	StoreTimeout time.Duration // of one call to the store
}

// Pod is what there is of decisions on a pod.
type Pod struct {
	Needs
	acts stored
	book *book // the rules actor's, so that it survives a restart of the actor
}

// New makes it and starts nothing.
func New(needs Needs) *Pod {
	return &Pod{Needs: needs, acts: stored{needs.Documents}, book: newBook(needs.Geometry)}
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
	done := make(chan [][]byte, 1) // sent to once, if the store answers
	p.Background(func(c context.Context) {
		acts, err := p.acts.all(c)
		if err != nil {
			p.Log.Warn("the store does not say what was decided: trying again", "err", err)
			cancel()
			return
		}
		done <- acts
	})
	select {
	case acts := <-done:
		p.book.whole = true
		for _, stored := range acts {
			if _, err := p.book.add(stored); err != nil {
				p.Log.Error("an act can't be obeyed", "act", p.book.last+1, "err", err)
				break
			}
		}
	case <-ctx.Done():
	}
	return p.book.chain.Rules()
}

package actors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/telemetry"
)

// Resync asks for what a viewer that holds m lacks; the answer is Audience.Join.
func (n *Node) Resync(v canvas.ViewerID, m canvas.Mark) {
	n.system.Root.Send(n.relays[m.Region], resync{viewer: v, held: m.Position})
}

// ErrBusy says that a region can't be read now.
var ErrBusy = errors.New("region is not available")

// Read gives a snapshot of a region that holds every pixel acknowledged before the call.
// It fails with ErrBusy, or with ctx's error.
func (n *Node) Read(ctx context.Context, region canvas.RegionID) (*canvas.Snapshot, error) {
	answer, err := n.ask(ctx, n.relays[region], read{})
	if err != nil {
		return nil, fmt.Errorf("read region %d: %w", region, err)
	}
	snapshot, ok := answer.(*canvas.Snapshot)
	if !ok {
		return nil, fmt.Errorf("read region %d: %w", region, ErrBusy)
	}
	return snapshot, nil
}

// Local returns the names of this pod's users, one entry per connection, "" where unnamed.
func (n *Node) Local(ctx context.Context) ([]string, error) {
	answer, err := n.ask(ctx, n.roster, local{})
	if err != nil {
		return nil, fmt.Errorf("read roster: %w", err)
	}
	names, _ := answer.([]string)
	return names, nil
}

// Users is the number of users of the whole canvas, as last shown.
func (n *Node) Users() int { return int(n.users.Load()) }

// Stats counts what the pod's actors do.
func (n *Node) Stats() *telemetry.Stats { return &n.stats }

// Address is where other pods reach this node's actors.
func (n *Node) Address() string { return n.system.Address() }

// askTimeout bounds a question to an actor when ctx doesn't.
const askTimeout = 5 * time.Second

func (n *Node) ask(ctx context.Context, pid *actor.PID, message any) (any, error) {
	return wait(ctx, n.system.Root.RequestFuture(pid, message, askTimeout))
}

// wait waits for a future or for ctx, whichever ends first.
func wait(ctx context.Context, f *actor.Future) (any, error) {
	type result struct {
		answer any
		err    error
	}
	done := make(chan result, 1) // sent to once
	go func() {
		answer, err := f.Result()
		done <- result{answer, err}
	}()
	select {
	case r := <-done:
		return r.answer, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Holds reports whether this pod with users can show the whole canvas by itself.
func (n *Node) Holds() bool {
	for id := range n.holds {
		if !n.holds[id].Load() {
			return false
		}
	}
	return len(n.holds) > 0
}

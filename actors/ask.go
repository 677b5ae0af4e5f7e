package actors

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
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
	return mailbox.Wait(ctx, n.system.Root.RequestFuture(pid, message, askTimeout))
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

var (
	errNoHostInfo = errors.New("this pod can't do that")
	// ErrSilent says that a pod did not answer in time, or has no such actor.
	ErrSilent = errors.New("the pod did not answer in time")
)

// NoteAct logs an act and remembers it. Both the pod that was asked and the pod that acts do so;
// the act is shown once.
func (n *Node) NoteAct(act message.Act, err error) {
	text := fmt.Sprintf("%s %s, by %s", act.Do, act.Target, act.Who)
	if err != nil {
		text += ": " + err.Error()
		n.log.Warn("operator's act failed", "act", act.Do, "target", act.Target, "who", act.Who, "err", err)
	} else {
		n.log.Info("operator's act", "act", act.Do, "target", act.Target, "who", act.Who)
	}
	region := message.NoRegion
	if act.Do == message.ActHandOver {
		region = int(act.Region)
	}
	n.events.Note(message.Event{At: act.At, Kind: message.EventAct, Region: region, Text: text, Subject: fmt.Sprint(act.Do, act.At, act.Target)})
}

// Survey asks the inspectors of the pods at these addresses. It returns what they answered before
// ctx ended, in the order of the addresses: nil for a pod that did not answer.
func (n *Node) Survey(ctx context.Context, addresses []string, question message.Inspect) []*message.Report {
	reports := make([]*message.Report, len(addresses))
	var asking sync.WaitGroup
	for i, address := range addresses {
		asking.Go(func() { reports[i], _ = inquire[*message.Report](ctx, n, address, &question) })
	}
	asking.Wait()
	return reports
}

// List asks the inspector of a pod for its actors of a kind.
func (n *Node) List(ctx context.Context, address, kind string) (*message.Listing, error) {
	return inquire[*message.Listing](ctx, n, address, &message.List{Kind: kind})
}

// Describe asks the inspector of a pod for one of its actors.
func (n *Node) Describe(ctx context.Context, address, name string) (*message.ActorDetails, error) {
	return inquire[*message.ActorDetails](ctx, n, address, &message.DescribeActor{Actor: name})
}

// Act asks a pod to do something for an operator. The error is for the operator.
func (n *Node) Act(ctx context.Context, address string, act message.Act) error {
	acted, err := inquire[*message.Acted](ctx, n, address, &act)
	if err == nil && acted.Error != "" {
		err = errors.New(acted.Error)
	}
	return err
}

func inquire[T any](ctx context.Context, n *Node, address string, question any) (answer T, err error) {
	given, err := n.ask(ctx, actor.NewPID(address, message.InspectorName), question)
	answer, ok := given.(T)
	if err == nil && !ok {
		err = errors.New("the pod's answer can't be read")
	}
	if err != nil {
		return answer, fmt.Errorf("%w: %w", ErrSilent, err)
	}
	return answer, nil
}

// Note remembers an event for the dashboard. At is set if it is 0, and Node always.
func (n *Node) Note(event message.Event) { n.events.Note(event) }

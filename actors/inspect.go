package actors

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

var (
	errNoHostInfo = errors.New("this pod can't do that")
	// ErrSilent says that a pod did not answer in time, or has no such actor.
	ErrSilent = errors.New("the pod did not answer in time")
)

// act carries out on this pod what an operator asked for, and notes who that was.
func (n *Node) act(ctx context.Context, act message.Act) *message.Acted {
	acted := &message.Acted{}
	err := n.host.Act(ctx, act)
	if err != nil {
		acted.Error = err.Error()
	}
	if act.Do != message.ActVouch { // a pod asks this, not an operator
		n.NoteAct(act, err)
	}
	return acted
}

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

// noHostInfo is the HostInfo of a node that was given none.
type noHostInfo struct{}

func (noHostInfo) Process() message.Process { return message.Process{} }
func (noHostInfo) Sockets() message.Sockets { return message.Sockets{} }
func (noHostInfo) Viewers() []int           { return nil }
func (noHostInfo) Connections(context.Context, int, []canvas.ViewerID) (none []message.ConnectionReport) {
	return nil
}
func (noHostInfo) Act(context.Context, message.Act) error { return errNoHostInfo }

package actors

import (
	"context"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// HostInfo is the rest of the pod as the inspector sees it: cmd/playground implements it. Any
// goroutine may call it. Only Connections and Act take more than a moment.
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
	// Act does what an operator asks of this pod. Its error is for the operator.
	Act(ctx context.Context, act message.Act) error
}

// noHostInfo is the HostInfo of a node that was given none.
type noHostInfo struct{}

func (noHostInfo) Process() message.Process { return message.Process{} }
func (noHostInfo) Sockets() message.Sockets { return message.Sockets{} }
func (noHostInfo) Viewers() []int           { return nil }
func (noHostInfo) Connections(context.Context, int, []canvas.ViewerID) (none []message.ConnectionReport) {
	return nil
}
func (noHostInfo) Act(context.Context, message.Act) error { return errNoHostInfo }

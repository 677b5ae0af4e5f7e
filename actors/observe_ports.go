package actors

import (
	"context"
	"time"

	"pixelplayground/actors/canvas"
)

// HostInfo is the rest of the pod as the inspector sees it: cmd/playground implements it. Any
// goroutine may call it. Only Connections and Act take more than a moment.
type HostInfo interface {
	// Process is what the pod's process uses.
	Process() Process
	// Sockets is what its connections have done since the start.
	Sockets() Sockets
	// Viewers is how many connections follow each region; nil on a pod without users.
	Viewers() []int
	// Connections returns the worst of the pod's connections: those that have been behind for
	// longest, then the busiest. If only is given, it chooses among these alone. It does not know
	// the users' names.
	Connections(ctx context.Context, worst int, only []ViewerID) []ConnectionReport
	// Act does what an operator asks of this pod. Its error is for the operator.
	Act(ctx context.Context, act Act) error
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
	Viewer   ViewerID
	User     canvas.User
	Since    int64         // Unix milliseconds
	In       int           // messages it has sent
	Out      int           // pixels it was shown
	BytesOut int           // written to it
	Over     time.Duration // the time that In and Out cover
	Lag      time.Duration // how long it has been behind; 0: it is up to date
	Waiting  int           // its messages that its actor has not handled
}

// Act is what an operator asks of a pod; it travels between pods. Answered with Acted.
type Act struct {
	Do         string // one of those below
	Who        string // address of the operator
	At         int64  // Unix milliseconds, of the operator's request
	Target     string // for people: the pod, region or connection
	Region     canvas.RegionID
	Connection ViewerID
	Text       string // of the announcement
}

// What an operator can ask.
const (
	ActDrain      = "drain"      // the pod hands everything over and ends
	ActHandOver   = "handover"   // the pod takes a region over
	ActDisconnect = "disconnect" // the pod closes a connection
	ActAnnounce   = "announce"   // the pod shows a line to its users
	ActLogout     = "logout"     // the pod no longer accepts a session of the dashboard, Text
	ActVouch      = "vouch"      // the pod says whether it accepts a session: asked by a pod that has started since
)

// Acted answers Act; Error is empty if the act was done.
type Acted struct{ Error string }

// noHostInfo is the HostInfo of a node that was given none.
type noHostInfo struct{}

func (noHostInfo) Process() Process { return Process{} }
func (noHostInfo) Sockets() Sockets { return Sockets{} }
func (noHostInfo) Viewers() []int   { return nil }
func (noHostInfo) Connections(context.Context, int, []ViewerID) (none []ConnectionReport) {
	return nil
}
func (noHostInfo) Act(context.Context, Act) error { return errNoHostInfo }

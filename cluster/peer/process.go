package peer

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"pixelplayground/cluster/wire"
)

// remoteProcess is the process that stands for every actor of other pods.
type remoteProcess struct{ *Peers }

// SendUserMessage encodes on the sender's goroutine, and never waits.
func (c remoteProcess) SendUserMessage(pid *actor.PID, message any) {
	header, content, sender := actor.UnwrapEnvelope(message)
	if c.closed.Load() || c.remote == nil {
		c.dropped.Add(1)
		return
	}
	wrapped, err := c.wrap(content)
	if err != nil {
		c.drop(pid, content, err)
		return
	}
	c.remote.SendMessage(pid, header, wrapped, sender, -1)
}

var (
	errNoKind   = errors.New("of no kind that travels")
	errTooLarge = errors.New("too large")
)

// wrap turns a message into one that remote can carry.
func (c remoteProcess) wrap(message any) (proto.Message, error) {
	switch m := message.(type) {
	case proto.Message: // of the actor library itself
		return m, nil
	}
	b := wire.Encode(message, &c.sent)
	switch {
	case b == nil:
		return nil, errNoKind
	case len(b) > wire.MaxMessage:
		return nil, fmt.Errorf("%w: %d bytes, at most %d", errTooLarge, len(b), wire.MaxMessage)
	}
	return &wrapperspb.BytesValue{Value: b}, nil
}

// drop counts a message that can't be sent. Each type is logged once.
func (c remoteProcess) drop(pid *actor.PID, message any, err error) {
	c.dropped.Add(1)
	kind := reflect.TypeOf(message)
	if _, told := c.warned.LoadOrStore(kind, true); !told {
		c.cfg.Log.Warn("message to a peer dropped, as will be all such", "type", fmt.Sprint(kind), "peer", pid.Address, "actor", pid.Id, "err", err)
	}
}

// SendSystemMessage leaves system messages, watching above all, to remote.
func (c remoteProcess) SendSystemMessage(pid *actor.PID, message any) {
	if !c.closed.Load() && c.remote != nil {
		c.beyond(pid).SendSystemMessage(pid, message)
	}
}

// Stop asks an actor of another pod to stop.
func (c remoteProcess) Stop(pid *actor.PID) {
	if !c.closed.Load() && c.remote != nil {
		c.beyond(pid).Stop(pid)
	}
}

// beyond returns remote's own process for pid: remote's resolver was registered last.
func (c remoteProcess) beyond(pid *actor.PID) actor.Process {
	handlers := c.system.ProcessRegistry.RemoteHandlers
	process, _ := handlers[len(handlers)-1](pid)
	return process
}

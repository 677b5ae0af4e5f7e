package peer

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/cluster/wire"
)

// door is the only way in for messages from other pods. It reads them before remote does. A message
// reaches its actor only if it is whole, can be true of this canvas, is meant for that kind of
// actor, and has a sender where one is needed. All others are dropped and counted. So actors need
// not doubt what they get, and no peer can make one fail.
type door struct {
	grpc.ServerStream
	peers *Peers
	from  string // the network address, for the log
}

// RecvMsg leaves none of our own messages to remote: some would make it panic, and end the process.
// If the message around them is broken, RecvMsg fails and the stream ends.
func (d *door) RecvMsg(m any) error {
	if err := d.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	batch := m.(*remote.RemoteMessage).GetMessageBatch()
	if batch == nil {
		return nil
	}
	if err := d.admit(batch); err != nil {
		d.peers.unreadable(d.from, err)
		return status.Error(codes.InvalidArgument, err.Error())
	}
	return nil
}

// Names of the protobuf messages that come in: the wrapper of ours, and the answer for an actor
// that is gone.
var (
	wrappedName    = string(proto.MessageName(&wrapperspb.BytesValue{}))
	deadLetterName = string(proto.MessageName(&actor.DeadLetterResponse{}))
)

var errBroken = errors.New("names a type, an actor or an encoding that it does not bring")

// admit takes our messages out of a batch and delivers them. It leaves the rest to remote.
func (d *door) admit(batch *remote.MessageBatch) error {
	left := batch.Envelopes[:0]
	for _, e := range batch.Envelopes {
		if e.SerializerId != 0 || !inside(e.TypeId, len(batch.TypeNames)) || !inside(e.Target, len(batch.Targets)) || !inside(e.Sender, len(batch.Senders)+1) {
			return errBroken
		}
		switch batch.TypeNames[e.TypeId] {
		case wrappedName:
			sender := (*actor.PID)(nil)
			if e.Sender > 0 {
				sender = numbered(batch.Senders[e.Sender-1], e.SenderRequestId)
			}
			if err := d.deliver(numbered(batch.Targets[e.Target], e.TargetRequestId), sender, e.MessageData); err != nil {
				return err
			}
		case deadLetterName:
			left = append(left, e)
		default:
			d.refuse(fmt.Errorf("of type %q, which no pod sends", batch.TypeNames[e.TypeId]), nil)
		}
	}
	batch.Envelopes = left
	return nil
}

func inside(i int32, n int) bool { return i >= 0 && int(i) < n }

// numbered is pid with the request id of this message.
func numbered(pid *actor.PID, request uint32) *actor.PID {
	return &actor.PID{Address: pid.GetAddress(), Id: pid.GetId(), RequestId: request}
}

// deliver gives one message to its actor, or drops it.
func (d *door) deliver(target, sender *actor.PID, data []byte) error {
	wrapped := new(wrapperspb.BytesValue)
	if err := proto.Unmarshal(data, wrapped); err != nil {
		return fmt.Errorf("message: %w", err)
	}
	message, err := wire.Decode(wrapped.Value)
	if err != nil {
		d.refuse(err, nil)
		return nil
	}
	if err := d.peers.believe(target, sender, message); err != nil {
		d.refuse(err, message)
		return nil
	}
	if sender == nil {
		d.peers.system.Root.Send(target, message)
	} else {
		d.peers.system.Root.Send(target, &actor.MessageEnvelope{Message: message, Sender: sender})
	}
	return nil
}

// refuse counts a message that is dropped. A message of an unknown kind is from a pod of another
// version, and not worth a warning.
func (d *door) refuse(why error, message any) {
	d.peers.refusals.Add(1)
	if errors.Is(why, wire.ErrUnknownKind) {
		d.peers.cfg.Log.Debug("message of another version ignored", "from", d.from, "err", why)
		return
	}
	d.peers.cfg.Refuse("a peer sent a message that can't be true: it is dropped", "from", d.from, "type", fmt.Sprintf("%T", message), "err", why)
}

// MaxName bounds the address and the name in a PID, in bytes.
const MaxName = 256

var (
	errMisrouted = errors.New("for an address that is not this pod's: does the peer know it by another one?")
	errNoSender  = errors.New("without a sender, and it must be answered")
	errOwn       = errors.New("from this pod itself, it says")
	errNotFor    = errors.New("for an actor that is sent no such thing")
	errNotFrom   = errors.New("from an actor that sends no such thing")
)

// believe returns what is wrong with a message; nil: nothing.
func (p *Peers) believe(target, sender *actor.PID, m any) error {
	if target.Address != p.Address() {
		return errMisrouted
	}
	if sender != nil {
		switch {
		case sender.Address == "" || sender.Id == "" || len(sender.Address) > MaxName || len(sender.Id) > MaxName:
			return errNoSender
		case sender.Address == p.Address():
			return errOwn
		}
	}
	kind, ours := message.KindOf(target.Id)
	if !ours { // a process that waits for an answer, or is gone
		return wire.CheckFields(p.cfg.Geometry, m)
	}
	_, number, _ := strings.Cut(target.Id, "/")
	to, from := routeOf(m, number)
	if _, answer := m.(*message.Leased); answer && kind == message.KindPlacer { // who asks for a call over HTTP
		to = kind
	}
	switch {
	case kind != to:
		return errNotFor
	case from != "" && sender == nil:
		return errNoSender
	case from != "" && from != anyone && from != sender.Id:
		return errNotFrom
	}
	if kind == message.KindRegion || kind == message.KindRelay {
		region, err := strconv.ParseUint(number, 10, 32)
		if err != nil || int(region) >= p.cfg.Geometry.Regions() {
			return errNotFor
		}
		if err := wire.CheckRegion(p.cfg.Geometry, canvas.RegionID(region), m); err != nil {
			return err
		}
	}
	return wire.CheckFields(p.cfg.Geometry, m)
}

const (
	anyone = "*"
	noKind = message.Kind(255)
)

// routeOf returns the kind of actor that a message is for (noKind: none takes it) and the name of
// the actor that must have sent it: anyone if any sender will do that can be answered, "" if none
// is needed. number is the region's, for an actor that has one.
func routeOf(m any, number string) (to message.Kind, from string) {
	switch m.(type) {
	case *message.Attach, *message.Submit, *message.Detach, *message.Check:
		return message.KindRegion, message.KindRelay.String() + "/" + number
	case *message.Yield:
		return message.KindRegion, message.KindRegion.String() + "/" + number
	case *message.Point, *message.Yielded, *message.Salvaged:
		return message.KindRegion, ""
	case *message.Attached, *message.Committed, *message.Rejected, *message.Checked, *message.Lapsed, *message.Pointed:
		return message.KindRelay, ""
	case *message.Salvage:
		return message.KindRelay, message.KindRegion.String() + "/" + number
	case *message.PodUsers:
		return message.KindPresence, message.KindRoster.String()
	case *message.Shown:
		return message.KindRoster, message.PresenceName
	case *message.ResyncUsers:
		return message.KindRoster, ""
	case *message.Inspect, *message.List, *message.DescribeActor, *message.Act:
		return message.KindInspector, anyone
	case *message.Lease, *message.YieldAllowance, *message.MoveAllowance:
		return message.KindAllowance, anyone
	case *message.Unspent, *message.AllowanceYielded, *message.AllowanceMoved:
		return message.KindAllowance, ""
	case *message.AllowancesLeft:
		return message.KindAllowance, message.AllowanceName
	case *message.Leased:
		return message.KindConnection, ""
	case *message.RulesDecided, *message.AskRules:
		return message.KindRules, anyone
	case *message.RulesKnown:
		return message.KindRules, message.RulesName
	case *message.Resting, *message.Rested:
		return message.KindInspector, message.InspectorName
	}
	return noKind, ""
}

package peer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
	"pixelplayground/actors/telemetry/logtest"
	"pixelplayground/cluster/wire"
	"pixelplayground/cluster/wire/wiretest"
)

// doorGeometry has regions of 16x16, and of 8x16 in the last column.
var doorGeometry = canvas.Geometry{Width: 40, Height: 32, Region: 16}

func TestDoor_Believes(t *testing.T) {
	const here, there = "127.0.0.1:7", "127.0.0.1:8"
	p := New(Config{Geometry: doorGeometry, Log: slog.New(slog.DiscardHandler)})
	p.system.ProcessRegistry.Address = here
	at := func(name string) *actor.PID { return actor.NewPID(there, name) }
	untrue := errors.New("not by the rules of wire")
	somebody, limit := canvas.Subject{1}, canvas.Limit{Every: 1, Burst: 1}
	lease, leased := &message.Lease{Subject: somebody, Limit: limit}, &message.Leased{Subject: somebody}
	ours := []error{errMisrouted, errNoSender, errOwn, errNotFor, errNotFrom}
	for _, c := range []struct {
		target  string
		sender  *actor.PID
		message any
		want    error
	}{
		{"region/2", at("relay/2"), &message.Attach{}, nil},
		{"region/2", nil, &message.Attach{}, errNoSender},
		{"region/2", actor.NewPID("", "relay/2"), &message.Attach{}, errNoSender},
		{"region/2", actor.NewPID(there, ""), &message.Attach{}, errNoSender},
		{"region/2", actor.NewPID(there, strings.Repeat("x", MaxName+1)), &message.Attach{}, errNoSender},
		{"region/2", actor.NewPID(here, "relay/2"), &message.Attach{}, errOwn},
		{"region/2", at("relay/1"), &message.Attach{}, errNotFrom},
		{"region/6", at("relay/6"), &message.Attach{}, errNotFor},
		{"region/-1", at("relay/-1"), &message.Attach{}, errNotFor},
		{"region/", at("relay/"), &message.Attach{}, errNotFor},
		{"relay/2", at("relay/2"), &message.Attach{}, errNotFor},
		{"connection/1", at("relay/2"), &message.Attach{}, errNotFor},
		{"region/2", at("roster"), &message.PodUsers{}, errNotFor},
		{"region/2", at("region/2"), &message.Yield{N: -1}, nil},
		{"region/2", nil, &message.Yield{}, errNoSender},
		{"region/2", nil, &message.Yielded{N: -1}, nil},

		{"relay/2", nil, &message.Committed{}, nil},

		{"presence", at("roster"), &message.PodUsers{}, nil},
		{"presence", nil, &message.PodUsers{}, errNoSender},
		{"presence", at("relay/1"), &message.PodUsers{}, errNotFrom},
		{"roster", at("presence"), &message.Shown{}, nil},
		{"roster", nil, &message.Shown{}, errNoSender},

		{"inspector", at("future$1"), &message.Inspect{}, nil},
		{"inspector", nil, &message.Inspect{}, errNoSender},
		{"inspector", at("inspector"), &message.Rested{}, nil},
		{"inspector", at("future$1"), &message.Resting{Sums: make([]uint64, message.RestShares)}, errNotFrom},
		{"inspector", at("future$1"), &message.Report{}, errNotFor},
		{"future$1", nil, &message.Report{}, nil},

		{"allowance", at("connection/7"), lease, nil},
		{"allowance", at("placer/7"), lease, nil},
		{"allowance", nil, lease, errNoSender},
		{"region/2", at("connection/7"), lease, errNotFor},
		{"connection/7", nil, leased, nil},
		{"placer/7", nil, leased, nil},
		{"relay/2", nil, leased, errNotFor},
		{"allowance", at("allowance"), &message.AllowancesLeft{}, nil},
		{"allowance", at("connection/7"), &message.AllowancesLeft{}, errNotFrom},
		{"allowance/01", nil, &message.AllowanceYielded{}, nil},
		{"allowance", nil, &message.YieldAllowance{}, errNoSender},

		{"rules", at("future$1"), &message.RulesDecided{}, nil},
		{"rules", nil, &message.RulesDecided{}, errNoSender},
		{"rules", at("rules"), &message.AskRules{}, nil},
		{"rules", at("rules"), &message.RulesKnown{}, nil},
		{"rules", at("future$1"), &message.RulesKnown{}, errNotFrom},
		{"rules", at("rules"), &message.RulesObeyed{}, errNotFor},
		{"region/2", at("future$1"), &message.RulesDecided{}, errNotFor},
		{"future$1", nil, &message.RulesObeyed{}, nil},

		// The rules of wire, for each way that a message can take.
		{"region/1", at("relay/1"), &message.Submit{Ops: make([]canvas.Op, 1)}, untrue},
		{"relay/1", nil, &message.Committed{Batch: &canvas.Batch{Region: 2}}, untrue},
		{"relay/1", nil, &message.Rejected{Why: 1, Retry: -1}, untrue},
		{"roster", at("presence"), &message.Shown{Count: -1}, untrue},
		{"allowance", at("connection/7"), &message.Lease{Limit: limit}, untrue},
		{"future$1", nil, &message.Report{Viewers: []int{-1}}, untrue},
		{"future$1", nil, &message.RulesObeyed{Open: []canvas.RegionID{9999}}, untrue},
		{"rules", at("future$1"), &message.RulesDecided{First: 1, Acts: [][]byte{nil}}, untrue},
	} {
		err := p.believe(actor.NewPID(here, c.target), c.sender, c.message)
		if err != nil && !slices.Contains(ours, err) {
			err = untrue
		}
		if err != c.want {
			t.Errorf("%T to %s from %v: %v, want %v", c.message, c.target, c.sender, err, c.want)
		}
	}
	if err := p.believe(actor.NewPID(there, "region/2"), at("relay/2"), &message.Attach{}); !errors.Is(err, errMisrouted) {
		t.Errorf("for another pod: %v", err)
	}
}

// TestDoor_EveryKindHasItsActor: a message that is added without a line in routeOf reaches nobody
// except those who wait for an answer.
func TestDoor_EveryKindHasItsActor(t *testing.T) {
	answers := []reflect.Type{reflect.TypeFor[*message.Report](), reflect.TypeFor[*message.Listing](), reflect.TypeFor[*message.ActorDetails](), reflect.TypeFor[*message.Acted](), reflect.TypeFor[*message.RulesObeyed]()}
	var strays []reflect.Type
	for _, example := range examples(t) {
		if to, _ := routeOf(example, "0"); to == noKind {
			strays = append(strays, reflect.TypeOf(example))
		}
	}
	if strays = slices.Compact(strays); !slices.Equal(strays, answers) {
		t.Errorf("of no actor: %v, want the answers %v alone", strays, answers)
	}
}

// examples are messages of all kinds.
func examples(t testing.TB) (messages []any) {
	for _, b := range wiretest.Golden(t, "../wire/testdata/wire.txt") {
		message, err := wire.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, message)
	}
	return messages
}

// TestDoor_DropsAndCounts sends impossible messages over the peer port, between possible ones.
func TestDoor_DropsAndCounts(t *testing.T) {
	if !isolated(t) {
		return
	}
	var log logtest.Lines
	p := nearBy(t, Config{Geometry: doorGeometry, Log: slog.New(slog.NewTextHandler(&log, nil))})
	got := make(chan actor.MessageEnvelope, 10)
	spy := func(name string) {
		props := actor.PropsFromFunc(func(ctx actor.Context) {
			if _, started := ctx.Message().(*actor.Started); !started {
				got <- actor.MessageEnvelope{Message: ctx.Message(), Sender: ctx.Sender()}
			}
		})
		if _, err := p.system.Root.SpawnNamed(props, name); err != nil {
			t.Fatal(err)
		}
	}
	spy("region/0")
	conn, err := grpc.NewClient(p.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	stream, err := remote.NewRemotingClient(conn).Receive(ctx)
	if err != nil {
		t.Fatal(err)
	}
	wrap := func(b []byte) []byte {
		wrapped, err := proto.Marshal(&wrapperspb.BytesValue{Value: b})
		if err != nil {
			t.Fatal(err)
		}
		return wrapped
	}
	attach := wrap(wire.Encode(&message.Attach{Stream: 5}, nil))
	batch := &remote.MessageBatch{
		TypeNames: []string{wrappedName, "actor.PoisonPill"},
		Targets:   []*actor.PID{actor.NewPID(p.Address(), "region/0"), actor.NewPID(somewhere, "region/0")},
		Senders:   []*actor.PID{actor.NewPID(somewhere, "relay/0")},
		Envelopes: []*remote.MessageEnvelope{
			{MessageData: attach},                               // from nobody
			{TypeId: 1, Sender: 1},                              // would stop the actor
			{MessageData: wrap([]byte{0x92, 1, 99}), Sender: 1}, // of a later version
			{MessageData: wrap([]byte("nonsense")), Sender: 1},
			{MessageData: attach, Target: 1, Sender: 1}, // for another pod
			{MessageData: attach, Sender: 1, SenderRequestId: 9},
		},
	}
	if err := stream.Send(&remote.RemoteMessage{MessageType: &remote.RemoteMessage_MessageBatch{MessageBatch: batch}}); err != nil {
		t.Fatal(err)
	}
	select {
	case m := <-got:
		want := &actor.PID{Address: somewhere, Id: "relay/0", RequestId: 9}
		if !reflect.DeepEqual(m.Message, &message.Attach{Stream: 5}) || !proto.Equal(m.Sender, want) {
			t.Errorf("%+v from %v, want the Attach from %v", m.Message, m.Sender, want)
		}
	case <-ctx.Done():
		t.Fatal("what can be true does not arrive")
	}
	if n := p.Refused().Load(); n != 5 || len(got) > 0 {
		t.Errorf("%d dropped, want 5; %d more delivered", n, len(got))
	}
	if n := log.Count("can't be true"); n != 4 {
		t.Errorf("%d refused aloud, want all but the one of a later version:\n%s", n, &log)
	}
}

// FuzzDoor: whatever the bytes, a message that reaches an actor can be applied, published and
// answered.
func FuzzDoor(f *testing.F) {
	for i, b := range wiretest.Golden(f, "../wire/testdata/wire.txt") {
		f.Add(b, uint8(i))
	}
	p := New(Config{Geometry: doorGeometry, Log: slog.New(slog.DiscardHandler)})
	p.system.ProcessRegistry.Address = "here:1"
	targets := []string{"region/2", "relay/2", "presence", "roster", "inspector", "connection/1", "allowance", "rules", "future$1", ""}
	f.Fuzz(func(t *testing.T, b []byte, to uint8) {
		message, err := wire.Decode(b)
		if err != nil {
			return
		}
		_, from := routeOf(message, "2")
		target, sender := actor.NewPID("here:1", targets[int(to)%len(targets)]), actor.NewPID("there:1", from)
		if p.believe(target, sender, message) == nil && target.Id == "relay/2" {
			use(t, message)
		}
	})
}

// use does with a message what a relay and its audience do without checking it.
func use(t *testing.T, m any) {
	tile := canvas.NewTile(8, 16)
	switch m := m.(type) {
	case *message.Committed:
		if m.Batch != nil {
			tile.Apply(m.Batch)
		}
	case *message.Attached:
		if m.Base != nil {
			copy(tile[:len(tile):len(tile)], m.Base.Tile)
		}
		for _, b := range m.Recent {
			tile.Apply(b)
		}
		canvas.Merge(m.Recent)
	case *message.Rejected:
		if new(telemetry.Stats).Refused[m.Why].Load() != 0 || fmt.Sprint(m.Why) == "invalid" {
			t.Fatal("a refusal that is none")
		}
	}
}

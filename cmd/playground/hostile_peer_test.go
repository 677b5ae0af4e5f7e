//go:build e2e

package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
	"github.com/vmihailenco/msgpack/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"pixelplayground/actors/message"
	"pixelplayground/actors/store/redis/redistest"
	"pixelplayground/cluster/wire/wiretest"
	"pixelplayground/cmd/playground/settings"
)

// TestPod_NoPeerMakesItFail sends messages to every kind of actor of a running pod, over its peer
// port: every kind of message in every hostile variant (each field in turn with every value that it
// should not have), without a sender, from the right sender and from wrong ones. A panic in any
// goroutine would end the test; a panic in an actor is counted as a restart.
func TestPod_NoPeerMakesItFail(t *testing.T) {
	p := peerPod(t)
	address := p.node.Address()
	drawers := []*drawer{draw(t, p, 1)}
	more(t, drawers, 1)

	const other = "127.0.0.1:1"
	senders := []*actor.PID{{}, {Address: other}, {Address: address, Id: "region/300"}}
	for _, name := range []string{"relay/300", "region/300", "roster", "presence", "future$1"} {
		senders = append(senders, &actor.PID{Address: other, Id: name})
	}
	h := &hostile{t: t, address: address, senders: senders, targets: []string{
		"region/300", "relay/300", "presence", "roster", "inspector", "connection/1", "placer/1", "future$1", "region/4096", "relay/-1", "",
	}}
	h.open()
	variants := hostileVariants(t)
	for _, message := range variants {
		h.send(message)
	}
	h.flush()
	until(t, "all are dealt with", func() bool {
		return p.others.Refused().Load() > 0 && p.node.Stats().Messages[message.KindInspector].Load() > 100
	})
	more(t, drawers, 3)
	t.Logf("%d messages of %d variants, %d refused", h.sent, len(variants), p.others.Refused().Load())
	for _, k := range message.Kinds() {
		if n := p.node.Stats().Restarts[k].Load(); n != 0 {
			t.Errorf("%d actors of kind %s failed", n, k)
		}
	}
}

// peerPod is a pod of a cluster of one, with 4,096 regions of 2x2, as the golden messages have.
func peerPod(t *testing.T) *pod {
	t.Helper()
	cfg, err := settings.Read([]string{
		"--node", "victim", "--join", "127.0.0.1:1", "--listen", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--peer", "127.0.0.1:0",
		"--canvas", "128x128", "--region", "2", "--rate", "0", "--redis", redistest.Start(t).URL(),
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	p, err := open(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = p.close(ctx) // an error is fine: the regions may have been yielded to nobody
	})
	membersAre(t, []*pod{p}, 1)
	return p
}

// hostile is a peer that sends anything to anyone from anybody.
type hostile struct {
	t       *testing.T
	address string
	targets []string
	senders []*actor.PID
	stream  remote.Remoting_ReceiveClient
	batch   *remote.MessageBatch
	sent    int
}

func (h *hostile) open() {
	h.t.Helper()
	conn, err := grpc.NewClient(h.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	if h.stream, err = remote.NewRemotingClient(conn).Receive(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	h.begin()
}

func (h *hostile) begin() {
	h.batch = &remote.MessageBatch{TypeNames: []string{"google.protobuf.BytesValue"}, Senders: h.senders}
	for _, name := range h.targets {
		h.batch.Targets = append(h.batch.Targets, &actor.PID{Address: h.address, Id: name})
	}
}

// send sends a message to every target without a sender, and to the first five, which can handle
// it, from every sender.
func (h *hostile) send(message []byte) {
	data, err := proto.Marshal(&wrapperspb.BytesValue{Value: message})
	if err != nil {
		h.t.Fatal(err)
	}
	for target := range h.targets {
		senders := 1
		if target < 5 {
			senders += len(h.senders)
		}
		for sender := range senders {
			h.batch.Envelopes = append(h.batch.Envelopes, &remote.MessageEnvelope{MessageData: data, Target: int32(target), Sender: int32(sender)})
		}
	}
	if len(h.batch.Envelopes) > 2000 {
		h.flush()
	}
}

func (h *hostile) flush() {
	h.sent += len(h.batch.Envelopes)
	if err := h.stream.Send(&remote.RemoteMessage{MessageType: &remote.RemoteMessage_MessageBatch{MessageBatch: h.batch}}); err != nil {
		h.t.Fatal("the peer port does not take it any more: ", err)
	}
	h.begin()
}

// hostileVariants are the golden messages of all kinds. In each, every field, list and element in
// turn is replaced by something that it should not be; and each is cut off at every seventh place.
func hostileVariants(t *testing.T) (variants [][]byte) {
	t.Helper()
	for _, message := range wiretest.Golden(t, "../../cluster/wire/testdata/wire.txt") {
		var fields any
		if err := msgpack.Unmarshal(message, &fields); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(fields.([]any), any("drain")) {
			t.Fatal("a golden message would end the pod")
		}
		variants = append(variants, message)
		replaced(fields, func() {
			b, err := msgpack.Marshal(fields)
			if err != nil {
				t.Fatal(err)
			}
			variants = append(variants, b)
		})
		for n := 0; n < len(message); n += 7 {
			variants = append(variants, message[:n])
		}
	}
	return variants
}

// replaced calls with for each replacement, while that is in place.
func replaced(node any, with func()) {
	list, ok := node.([]any)
	if !ok {
		return
	}
	for i, was := range list {
		for _, bad := range []any{
			nil, true, 0, -1, 1 << 31, math.MaxInt64, math.MinInt64, uint64(math.MaxUint64), 1.5, "", "\xff\xfe", strings.Repeat("long ", 1000),
			[]byte{1}, bytes.Repeat([]byte{0xFF}, 300), []any{}, []any{-1, "x", []any{}}, map[string]any{"a": 1},
		} {
			list[i] = bad
			with()
		}
		if b, ok := was.([]byte); ok { // a batch or a tile
			for at := 0; at < len(b); at += 3 {
				changed := bytes.Clone(b)
				changed[at] ^= 0x81
				list[i] = changed
				with()
			}
		}
		list[i] = was
		replaced(was, with)
	}
}

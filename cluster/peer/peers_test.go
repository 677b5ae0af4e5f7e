package peer

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry/logtest"
	"pixelplayground/cluster/clustertest"
	"pixelplayground/cluster/wire"
	"pixelplayground/cluster/wire/wiretest"
)

// somewhere is an address nobody listens at.
const somewhere = "127.0.0.1:1"

// largest is how many pixels, each an op of its own, make the largest message: see wire.MaxMessage.
const largest = 1 << 16

func TestPeers_AddressIsTheOneReached(t *testing.T) {
	for name, c := range map[string]struct{ peer, advertise, host string }{
		"IPv4":            {"127.0.0.1:0", "", "127.0.0.1"},
		"IPv6":            {"[::1]:0", "", "::1"},
		"all, advertised": {"0.0.0.0:0", "127.0.0.2", "127.0.0.2"},
		"all IPv6":        {"[::]:0", "::1", "::1"},
	} {
		t.Run(name, func(t *testing.T) {
			if !isolated(t) {
				return
			}
			p := nearBy(t, Config{At: at(t, c.peer), Advertise: c.advertise})
			host, port, err := net.SplitHostPort(p.Address())
			if err != nil || host != c.host || port == "0" {
				t.Fatalf("address %q, want host %s and the port bound", p.Address(), c.host)
			}
			spawnSink(t, p)
			other := startFar(t, farConfig{Peer: "127.0.0.1:0"})
			if strings.Contains(host, ":") {
				other = startFar(t, farConfig{Peer: "[::1]:0"})
			}
			// The answer comes over a connection that the other makes to this address.
			if ask(p, other.sink(), 10*time.Second) == nil {
				t.Errorf("no answer from %s to %s", other.address, p.Address())
			}
		})
	}
}

func TestPeers_ListenSaysWhatToChange(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"a port that is taken": {Config{At: taken.Addr().(*net.TCPAddr)}, "--peer"},
		"an address not here":  {Config{At: at(t, "192.0.2.1:0")}, "--peer"},
		"half of TLS":          {Config{At: at(t, "127.0.0.1:0"), TLS: Files{Cert: "a.pem"}}, "--peer-key"},
		"TLS files missing":    {Config{At: at(t, "127.0.0.1:0"), TLS: Files{Cert: "a.pem", Key: "b.pem", CA: "c.pem"}}, "a.pem"},
	} {
		c.cfg.Log = slog.New(slog.DiscardHandler)
		p := New(c.cfg)
		if err := p.Listen(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want it to name %s", name, err, c.want)
		}
		p.Close()
	}
}

func TestPeers_BurstArrivesInOrder(t *testing.T) {
	if !isolated(t) {
		return
	}
	p, other := nearBy(t, Config{}), startFar(t, farConfig{Peer: "127.0.0.1:0"})
	// 28 MB, more than is buffered on the way.
	const n = 2000
	ops := wiretest.BusyBatch(2000).Ops // 14 KB
	sink := other.sink()
	for i := range uint64(n) {
		p.system.Root.Send(sink, &message.Submit{N: i, Ops: ops})
	}
	got := await(t, p, sink, n, time.Minute)
	if got.Answers != n || got.Position.Epoch != 0 || got.Position.Seq != n*2000 {
		t.Errorf("%d of %d messages, %d out of order, %d pixels", got.Answers, n, got.Position.Epoch, got.Position.Seq)
	}
}

// TestPeers_LargestMessagesArrive sends messages of the largest size, as many as are packed into
// one gRPC message: if gRPC drops what is over its limit, nobody is told. The messages wait for the
// connection, so that they are packed.
func TestPeers_LargestMessagesArrive(t *testing.T) {
	if !isolated(t) {
		return
	}
	queued := make(chan struct{})
	network := &dialer{answer: func(ctx context.Context, address string) (net.Conn, error) {
		<-queued
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	}}
	p, other := nearBy(t, Config{Dial: network.dial}), startFar(t, farConfig{Peer: "127.0.0.1:0"})
	const n = packed + 1 // one is on its way before the others are packed
	sink, message := other.sink(), &message.Submit{Ops: wiretest.LargestBatch(largest).Ops}
	encoded := &wrapperspb.BytesValue{Value: wire.Encode(message, nil)}
	for range n {
		p.remote.SendMessage(sink, nil, encoded, nil, -1) // encoding each would take too long for the connection
	}
	close(queued)
	// To read a million ops takes the other process 10 s of a processor with the race detector, and others use it, too.
	if got := await(t, p, sink, n, 4*time.Minute); got.Answers != n || got.Position.Seq != n*largest {
		t.Errorf("%d of %d messages, %d pixels", got.Answers, n, got.Position.Seq)
	}
}

func TestPeers_DeadAddressDoesNotBlock(t *testing.T) {
	if !isolated(t) {
		return
	}
	var log logtest.Lines
	network := &dialer{answer: func(ctx context.Context, address string) (net.Conn, error) {
		<-ctx.Done() // as when packets are dropped
		return nil, ctx.Err()
	}}
	p := nearBy(t, Config{Dial: network.dial, Log: slog.New(slog.NewTextHandler(&log, nil))})
	pid, longest := actor.NewPID(somewhere, "sink"), time.Duration(0)
	for i := range 1000 {
		began := time.Now()
		p.system.Root.Send(pid, &message.Submit{N: uint64(i)})
		longest = max(longest, time.Since(began))
	}
	t.Logf("longest Send: %v", longest)
	if longest > connectTime/2 { // waiting for the peer would take reachTime
		t.Errorf("Send took %v", longest)
	}
	clustertest.Eventually(t, "tried and given up", func() bool { return network.dials.Load() > 0 && len(p.links.addresses()) == 0 })
	if log.String() != "" {
		t.Errorf("remote's failures are operators' lines:\n%s", log.String())
	}
}

func TestPeers_RestartedPeerIsFoundAgain(t *testing.T) {
	if !isolated(t) {
		return
	}
	p, other := nearBy(t, Config{}), startFar(t, farConfig{Peer: "127.0.0.1:0"})
	if ask(p, other.sink(), 5*time.Second) == nil {
		t.Fatal("no answer at first")
	}
	other.kill()
	if ask(p, other.sink(), 100*time.Millisecond) != nil {
		t.Fatal("the dead answer")
	}
	other = startFar(t, farConfig{Peer: other.address})
	began := time.Now()
	if got := await(t, p, other.sink(), 0, 8*time.Second); got.Answers != 0 {
		t.Errorf("%d messages from before", got.Answers)
	}
	t.Logf("answers %v after its restart", time.Since(began))
}

// TestPeers_ForgetConnectsOnce: remote by itself would take the end of the forgotten connection for
// the end of the next one, and so on while somebody sends.
func TestPeers_ForgetConnectsOnce(t *testing.T) {
	if !isolated(t) {
		return
	}
	network := &dialer{answer: func(ctx context.Context, address string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	}}
	p, other := nearBy(t, Config{Dial: network.dial}), startFar(t, farConfig{Peer: "127.0.0.1:0"})
	sink := other.sink()
	n := uint64(0)
	send := func(d time.Duration) {
		for began := time.Now(); time.Since(began) < d; n++ {
			p.system.Root.Send(sink, &message.Submit{N: n})
			time.Sleep(100 * time.Microsecond) // others send too
		}
	}
	send(200 * time.Millisecond)
	for range 5 {
		p.Forget(other.address)
		send(200 * time.Millisecond)
	}
	if got := network.dials.Load(); got > 6 {
		t.Errorf("%d connections for 5 times forgotten, want 6", got)
	}
	arrived, sent := await(t, p, sink, 1, 5*time.Second).Answers, n
	t.Logf("%d of %d messages arrived", arrived, sent)
	send(200 * time.Millisecond)
	await(t, p, sink, arrived+n-sent, 5*time.Second)
}

func TestPeers_CloseLeavesNothing(t *testing.T) {
	if !isolated(t) {
		return
	}
	ignore := goleak.IgnoreCurrent()
	p, other := nearBy(t, Config{}), startFar(t, farConfig{Peer: "127.0.0.1:0"})
	if ask(p, other.sink(), 5*time.Second) == nil {
		t.Fatal("no answer")
	}
	p.system.Root.Send(actor.NewPID(somewhere, "sink"), &message.Lapsed{}) // one that can't be reached
	began := time.Now()
	p.Close()
	p.Close()
	if d := time.Since(began); d > time.Second {
		t.Errorf("close took %v", d)
	}
	p.system.Root.Send(other.sink(), &message.Lapsed{}) // goes nowhere
	p.Forget(other.address)
	other.stop()
	clustertest.Eventually(t, "goroutines end", func() bool { return goleak.Find(ignore, goleak.IgnoreTopFunction("time.Sleep")) == nil })
	t.Logf("all goroutines but remote's sleeper ended after %v", time.Since(began))
	clustertest.Eventually(t, "remote's sleeper ends", func() bool { return goleak.Find(ignore) == nil })
	t.Logf("all goroutines ended after %v", time.Since(began))
}

func TestPeers_DropsWhatCantTravel(t *testing.T) {
	if !isolated(t) {
		return
	}
	var log logtest.Lines
	p := nearBy(t, Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	type stranger struct{}
	pid := actor.NewPID(somewhere, "sink")
	for range 3 {
		p.system.Root.Send(pid, stranger{})
		p.system.Root.Send(pid, &struct{}{})
	}
	p.system.Root.Send(pid, &message.Submit{Ops: append(wiretest.LargestBatch(largest).Ops, wiretest.LargestBatch(largest).Ops...)})
	if got := p.Unsent().Load(); got != 7 {
		t.Errorf("%d messages dropped, want 7", got)
	}
	if got := log.Count("\n"); got != 3 {
		t.Errorf("%d lines, want one for each type:\n%s", got, log.String())
	}
	if len(p.links.addresses()) != 0 {
		t.Error("something was sent")
	}
}

// TestPeers_GarbageEndsItsStreamOnly: remote would panic on all of these.
func TestPeers_GarbageEndsItsStreamOnly(t *testing.T) {
	if !isolated(t) {
		return
	}
	var log logtest.Lines
	p := nearBy(t, Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	conn, err := grpc.NewClient(p.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client := remote.NewRemotingClient(conn)
	target := []*actor.PID{{Address: p.Address(), Id: "sink"}}
	for name, batch := range map[string]*remote.MessageBatch{
		"a sender out of range":   {TypeNames: []string{"google.protobuf.BytesValue"}, Targets: target, Envelopes: []*remote.MessageEnvelope{{Sender: 1}}},
		"a type out of range":     {Targets: target, Envelopes: []*remote.MessageEnvelope{{TypeId: 7}}},
		"a target out of range":   {TypeNames: []string{"x"}, Envelopes: []*remote.MessageEnvelope{{Target: 3}}},
		"an unknown serialiser":   {TypeNames: []string{"x"}, Targets: target, Envelopes: []*remote.MessageEnvelope{{SerializerId: -1}}},
		"no protobuf in its data": {TypeNames: []string{"google.protobuf.BytesValue"}, Targets: target, Envelopes: []*remote.MessageEnvelope{{MessageData: []byte{0xFF}}}},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		stream, err := client.Receive(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Send(&remote.RemoteMessage{MessageType: &remote.RemoteMessage_MessageBatch{MessageBatch: batch}}); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); err == nil || ctx.Err() != nil {
			t.Errorf("%s: the stream goes on: %v", name, err)
		}
		cancel()
	}
	if _, err := client.ListProcesses(t.Context(), &remote.ListProcessesRequest{}); status.Code(err) != codes.Unimplemented {
		t.Errorf("ListProcesses: %v, want it refused", err)
	}
	if got := log.Count("can't be read"); got != 5 {
		t.Errorf("%d refused, want all:\n%s", got, log.String())
	}
	other := startFar(t, farConfig{Peer: "127.0.0.1:0"})
	if ask(p, other.sink(), 5*time.Second) == nil {
		t.Error("does not receive any more")
	}
}

// dialer makes connections as a test wants them.
type dialer struct {
	answer func(ctx context.Context, address string) (net.Conn, error)
	dials  atomic.Int64
}

func (d *dialer) dial(ctx context.Context, address string) (net.Conn, error) {
	d.dials.Add(1)
	return d.answer(ctx, address)
}

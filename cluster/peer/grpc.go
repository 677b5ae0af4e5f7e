package peer

import (
	"context"
	"fmt"
	"net"
	"runtime/debug"
	"time"

	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"pixelplayground/cluster/wire"
)

// remote packs waiting messages into one gRPC message, up to a fixed number. If that is larger than
// gRPC allows, all of them are lost. So only a few are packed, and gRPC must allow the largest they
// can be: 120 MB. Packing more would save nothing: a message is a batch already.
const (
	packed      = 16
	maxEnvelope = 1024 // names of actors and the like
	maxPacked   = packed * (wire.MaxMessage + maxEnvelope)
)

// window is how many bytes may be under way to a peer before it has read them: enough for 1 GB/s at
// a round trip of a millisecond. gRPC's own window starts at 64 KB and grows with use, so each of
// the first larger messages would wait for a round trip or more.
const window = 1 << 20

// Membership notices within two seconds that a peer has stopped (a paused process, a cut cable). If
// membership does not, these do, by pinging a peer that is silent.
const (
	pingEvery   = 10 * time.Second // gRPC's least for clients
	pingTimeout = 3 * time.Second
)

// How long remote tries to reach a peer before it drops what waits for it: a pod that restarts
// still gets it. remote then sleeps for 2 s, and the next message makes it try again.
const (
	reachTime   = 2 * time.Second
	connectTime = time.Second // of reachTime, for one attempt: TCP, TLS and gRPC's greeting
	retryFirst  = 50 * time.Millisecond
	retryMost   = 500 * time.Millisecond
	queueStart  = 64 // messages; remote's queue grows from there
)

// options are how remote uses gRPC.
func (p *Peers) options(advertised string) []remote.ConfigOption {
	client, server := insecure.NewCredentials(), insecure.NewCredentials()
	if p.cfg.TLS.Given() {
		client = handshakes{credentials.NewTLS(p.certificates.client()), p.cfg.Refuse}
		server = handshakes{credentials.NewTLS(p.certificates.server()), p.cfg.Refuse}
	}
	return []remote.ConfigOption{
		remote.WithAdvertisedHost(advertised),
		remote.WithEndpointWriterBatchSize(packed),
		remote.WithEndpointWriterQueueSize(queueStart),
		func(c *remote.Config) { c.MaxRetryCount = 1 }, // of reachTime each
		remote.WithServerOptions(
			grpc.Creds(server),
			grpc.MaxRecvMsgSize(maxPacked),
			grpc.InitialWindowSize(window), grpc.InitialConnWindowSize(window),
			grpc.ConnectionTimeout(reachTime),
			grpc.KeepaliveParams(keepalive.ServerParameters{Time: pingEvery, Timeout: pingTimeout}),
			grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: pingEvery / 2, PermitWithoutStream: true}),
			grpc.StreamInterceptor(p.receive), grpc.UnaryInterceptor(refuse),
			grpc.WaitForHandlers(true),
		),
		remote.WithDialOptions(
			grpc.WithTransportCredentials(client),
			grpc.WithContextDialer(p.dial),
			grpc.WithDefaultCallOptions(grpc.WaitForReady(true), grpc.MaxCallSendMsgSize(maxPacked)),
			grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pingEvery, Timeout: pingTimeout, PermitWithoutStream: true}),
			grpc.WithConnectParams(grpc.ConnectParams{
				Backoff:           backoff.Config{BaseDelay: retryFirst, Multiplier: 1.6, Jitter: 0.2, MaxDelay: retryMost},
				MinConnectTimeout: connectTime,
			}),
			grpc.WithStreamInterceptor(p.openLink),
		),
	}
}

// dial connects to a peer, unless Close comes first.
func (p *Peers) dial(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()
	if p.cfg.Dial != nil {
		return p.cfg.Dial(ctx, address)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

// receive is the server's stream interceptor: all that comes in passes the door. If remote panics
// on what the door leaves to it, the stream ends, not the pod.
func (p *Peers) receive(service any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) (err error) {
	from := "unknown"
	if caller, ok := peer.FromContext(stream.Context()); ok {
		from = caller.Addr.String()
	}
	defer func() {
		if failure := recover(); failure != nil {
			p.unreadable(from, failure)
			p.cfg.Log.Debug("where reading failed", "stack", string(debug.Stack()))
			err = status.Error(codes.InvalidArgument, "can't be read")
		}
	}()
	return handle(service, &door{stream, p, from})
}

func (p *Peers) unreadable(from string, why any) {
	p.cfg.Refuse("a peer sent what can't be read: its stream is closed", "from", from, "err", fmt.Sprint(why))
}

// refuse answers remote's other methods, which peers don't use and remote does not implement.
func refuse(context.Context, any, *grpc.UnaryServerInfo, grpc.UnaryHandler) (any, error) {
	return nil, status.Error(codes.Unimplemented, "peers only stream")
}

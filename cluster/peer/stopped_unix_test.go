//go:build unix

package peer

import (
	"context"
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"

	"pixelplayground/actors/message"
	"pixelplayground/cluster/clustertest"
	"pixelplayground/cluster/wire/wiretest"
)

// TestPeers_ForgetFreesWhatAStalledPeerHolds: the peer is stopped, its connection is full.
func TestPeers_ForgetFreesWhatAStalledPeerHolds(t *testing.T) {
	if !isolated(t) {
		return
	}
	network := &dialer{answer: func(ctx context.Context, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		return struct{ net.Conn }{conn}, err // of which gRPC can't make the system break it after pingTimeout
	}}
	p, other := nearBy(t, Config{Dial: network.dial}), startFar(t, farConfig{Peer: "127.0.0.1:0"})
	before := runtime.NumGoroutine()
	sink := other.sink()
	if ask(p, sink, 5*time.Second) == nil {
		t.Fatal("no answer")
	}
	if err := other.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ops, longest := wiretest.BusyBatch(16<<10).Ops, time.Duration(0)
	for i := range 200 {
		began := time.Now()
		p.system.Root.Send(sink, &message.Submit{N: uint64(i), Ops: ops})
		longest = max(longest, time.Since(began))
	}
	t.Logf("longest Send: %v", longest)
	began := time.Now()
	p.Forget(other.address)
	took := clustertest.Eventually(t, "the link ends", func() bool { return len(p.links.addresses()) == 0 })
	if t.Logf("the link ended after %v", took); took > pingEvery/2 {
		t.Errorf("not by being forgotten: %v", took)
	}
	clustertest.Eventually(t, "goroutines end", func() bool { return runtime.NumGoroutine() <= before+serverGoroutines })
	t.Logf("all goroutines ended after %v", time.Since(began))
}

// serverGoroutines is the number of goroutines of the other pod's connection to this one, which is
// still up.
const serverGoroutines = 5

// TestPeers_StalledPeerIsGivenUp, although nobody says that it is gone and nothing is sent.
func TestPeers_StalledPeerIsGivenUp(t *testing.T) {
	t.Parallel()
	if !isolated(t) {
		return
	}
	p, other := nearBy(t, Config{}), startFar(t, farConfig{Peer: "127.0.0.1:0"})
	if ask(p, other.sink(), 5*time.Second) == nil {
		t.Fatal("no answer")
	}
	if err := other.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	took := clustertest.Eventually(t, "the link ends", func() bool { return len(p.links.addresses()) == 0 })
	t.Logf("the link ended after %v", took)
	_ = other.cmd.Process.Signal(syscall.SIGCONT)
	// A message may go with a link that is being taken down: delivery is at most once.
	clustertest.Eventually(t, "it answers when it goes on", func() bool { return ask(p, other.sink(), time.Second) != nil })
}

// resume lets the pod go on if it has been stopped.
func (f *far) resume() { _ = f.cmd.Process.Signal(syscall.SIGCONT) }

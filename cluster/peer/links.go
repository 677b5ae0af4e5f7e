package peer

import (
	"context"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// links are the streams on which messages go to other pods, one for each of remote's endpoints.
// remote can't interrupt a stream that waits for a pod that has stopped reading. And when remote
// closes a stream itself, it takes that stream's end for the death of whichever endpoint has the
// address by then. It closes that one too, and so on as long as somebody sends.
type links struct {
	mu   sync.Mutex
	open map[*link]struct{}
}

// link is one stream from its opening to its end.
type link struct {
	grpc.ClientStream
	links   *links
	address string
	cancel  context.CancelFunc
	late    *time.Timer // cancels a link that is not up yet

	mu     sync.Mutex
	failed bool // sending has failed: remote must be told of the end, or it would go on sending
	over   bool // remote knows of the end
}

// openLink is the client's interceptor of streams.
func (p *Peers) openLink(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	ctx, cancel := context.WithCancel(ctx)
	l := &link{links: &p.links, address: conn.Target(), cancel: cancel, late: time.AfterFunc(reachTime, cancel)}
	p.links.add(l)
	stream, err := (grpc.ClientStream)(nil), status.Error(codes.Canceled, "this pod has closed")
	if !p.closed.Load() { // if it closes later, Close finds the link
		stream, err = open(ctx, desc, conn, method, opts...)
	}
	if err != nil {
		l.end()
		return nil, err
	}
	l.ClientStream = stream
	return l, nil
}

// SendMsg notes failures.
func (l *link) SendMsg(m any) error {
	err := l.ClientStream.SendMsg(m)
	if err != nil {
		l.mu.Lock()
		l.failed = true
		l.mu.Unlock()
	}
	return err
}

// CloseSend is called when remote closes the link, either because it was told to or because sending
// has failed.
func (l *link) CloseSend() error {
	l.mu.Lock()
	l.over = l.over || !l.failed
	l.mu.Unlock()
	return l.ClientStream.CloseSend()
}

// RecvMsg returns io.EOF for an end that remote knows of: remote ignores that.
func (l *link) RecvMsg(m any) error {
	err := l.ClientStream.RecvMsg(m)
	if err == nil { // the greeting, in all likelihood: peers send nothing else back
		l.late.Stop()
		return nil
	}
	l.end()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return io.EOF
	}
	return err
}

// end releases the link. It may be called twice.
func (l *link) end() {
	l.late.Stop()
	l.cancel()
	l.links.mu.Lock()
	defer l.links.mu.Unlock()
	delete(l.links.open, l)
}

func (s *links) add(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = make(map[*link]struct{})
	}
	s.open[l] = struct{}{}
}

// cut interrupts the links to an address. remote has been told before.
func (s *links) cut(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.open {
		if l.address == address {
			l.mu.Lock()
			l.over = true
			l.mu.Unlock()
			l.cancel()
		}
	}
}

// addresses returns the addresses that links lead to.
func (s *links) addresses() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	set := make(map[string]struct{})
	for l := range s.open {
		set[l.address] = struct{}{}
	}
	return slices.Collect(maps.Keys(set))
}

package fleet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/commandline"
	"pixelplayground/cmd/pixelctl/loadtest/target"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

// connectLimit is how long one attempt may take, up to WELCOME.
const connectLimit = 10 * time.Second

// user is a client as its session knows it.
type user struct{ *Client }

// Dial implements wire.Owner, at the fleet's pace.
func (c user) Dial(ctx context.Context, url string) (*wire.Conn, codec.Welcome, error) {
	f := c.fleet
	if err := f.pace.Wait(ctx); err != nil {
		return nil, codec.Welcome{}, err
	}
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		return nil, codec.Welcome{}, errClosed
	}
	if !c.asked { // who it is stays the same over all connections
		header, err := target.Guest(ctx, url)
		if err != nil {
			return nil, codec.Welcome{}, err
		}
		c.cookie, c.asked = header, true
	}
	c.mu.Lock()
	hello := c.pending.Hello(c.session)
	c.mu.Unlock()
	return f.greet(ctx, url, c.person, hello)
}

// greet opens a connection and waits for WELCOME.
func (f *Fleet) greet(ctx context.Context, url string, who person, hello codec.Hello) (*wire.Conn, codec.Welcome, error) {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	return wire.Dialer{JSON: f.cfg.JSON, Header: who.cookie, Net: From(who.from).DialContext}.Open(ctx, url, hello)
}

// From opens sockets that come from an address of this computer; invalid: from any.
func From(address netip.Addr) *net.Dialer {
	if !address.IsValid() {
		return &net.Dialer{}
	}
	return &net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(address, 0))}
}

// meet asks the targets in turn for the canvas' size and limits.
func (f *Fleet) meet(ctx context.Context) (codec.Welcome, error) {
	failed := errors.New("target: must be given, for example ws://127.0.0.1:8080/ws")
	for _, target := range f.cfg.Targets {
		l, welcome, err := f.greet(ctx, target, person{}, codec.Hello{})
		if err == nil {
			l.Close()
			if f.cfg.JSON {
				welcome.Geometry, err = askGeometry(ctx, target)
			}
		}
		if err == nil {
			return welcome, nil
		}
		failed = fmt.Errorf("%s: %w; is the server running, and --target right?", target, err)
	}
	return codec.Welcome{}, failed
}

// askGeometry reads the canvas' size from GET /api/canvas, because the JSON protocol does not tell
// it. In that protocol, how the canvas is cut into regions doesn't matter.
func askGeometry(ctx context.Context, url string) (canvas.Geometry, error) {
	var size struct{ Width, Height int }
	if err := target.GetJSON(ctx, target.Site(url)+"/api/canvas", &size); err != nil {
		return canvas.Geometry{}, err
	}
	g := canvas.Geometry{Width: size.Width, Height: size.Height, Region: canvas.MaxRegionEdge}
	return g, g.Validate()
}

// spareDescriptors are for everything besides clients: standard streams, epoll, reports, HTTP.
const spareDescriptors = 64

// CheckDescriptors reports whether so many clients can be connected at once.
func CheckDescriptors(clients int) error {
	limit := commandline.Descriptors()
	if uint64(clients)+spareDescriptors > limit {
		return fmt.Errorf("clients %d: this process may have %d files open, enough for %d clients:"+
			" lower it, run the test from several machines, or raise the limit with ulimit -Hn", clients, limit, limit-min(spareDescriptors, limit))
	}
	return nil
}

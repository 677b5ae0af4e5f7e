package allowance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/target"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

// brokenPause is the pause after a connection or request that failed, so that a server that is away is
// not asked without end.
const brokenPause = 100 * time.Millisecond

// connection places one pixel after the other on a connection of its own, each when the one before has
// been answered, as long as more says so.
func (t *Test) connection(ctx context.Context, index int, more func(op uint64) bool) {
	dialing, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	conn, welcome, err := wire.Dialer{}.Open(dialing, t.targets[index%len(t.targets)], codec.Hello{})
	if err != nil {
		t.failed(err)
		pause(ctx, brokenPause)
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	t.opened.Add(1)
	t.mu.Lock()
	t.nodes[welcome.Node]++
	t.mu.Unlock()
	for op := uint64(1); more(op) && ctx.Err() == nil; op++ {
		t.begin()
		wait, err := t.one(conn, op)
		if err != nil {
			t.socket.unknown.Add(1)
			t.failed(err)
			pause(ctx, brokenPause)
			return
		}
		t.answered()
		if wait > 0 {
			// Some of those who are refused ask again at once, and all well before it is time.
			pause(ctx, min(wait, time.Duration(index%10)*10*time.Millisecond))
		}
	}
}

// one places a pixel and waits for its answer; wait is what a refusal says.
func (t *Test) one(conn *wire.Conn, op uint64) (wait time.Duration, err error) {
	if err := conn.SetDeadline(time.Now().Add(answerTime)); err != nil {
		return 0, err
	}
	place := codec.AppendPlace(nil, codec.Place{Op: op, Dots: []canvas.Dot{t.dot()}})
	if _, err := conn.Write(wire.AppendFrame(nil, ws.OpBinary, place)); err != nil {
		return 0, err
	}
	for {
		m, err := conn.Next()
		if err == wire.ErrMore {
			if _, err := conn.Fill(conn); err != nil {
				return 0, err
			}
			continue
		}
		if err == nil && m.Op == ws.OpClose {
			err = m.Err()
		}
		if err != nil {
			return 0, err
		}
		if m.Op != ws.OpBinary {
			continue
		}
		answer, err := codec.DecodeServer(m.Payload)
		if err != nil {
			return 0, err
		}
		switch m := answer.(type) {
		case codec.Ack:
			t.socket.accepted.Add(1)
			return 0, nil
		case codec.Refused:
			switch m.Code {
			case canvas.RefusedRate:
				t.socket.refused.Add(1)
			case canvas.RefusedUnsure:
				t.socket.unknown.Add(1)
			default:
				t.socket.otherwise.Add(1)
			}
			return max(m.Retry, time.Millisecond), nil
		}
	}
}

// request places a pixel over HTTP.
func (t *Test) request(ctx context.Context, at string) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	d := t.dot()
	body := fmt.Appendf(nil, `{"x":%d,"y":%d,"color":%q}`, d.X, d.Y, d.Color.String())
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, target.Site(at)+"/api/pixel", bytes.NewReader(body))
	if err != nil {
		t.failed(err)
		return
	}
	t.begin()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.http.unknown.Add(1)
		t.failed(err)
		pause(ctx, brokenPause)
		return
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	t.answered()
	switch response.StatusCode {
	case http.StatusOK:
		t.http.accepted.Add(1)
	case http.StatusTooManyRequests:
		t.http.refused.Add(1)
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout: // it may have been placed: unsure is among these
		t.http.unknown.Add(1)
	default:
		t.http.otherwise.Add(1)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

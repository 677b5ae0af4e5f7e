package transport

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
	"pixelplayground/transport/upgrade/upgradetest"
)

func TestHandshake_BytesBehindItAreNotLost(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, _ := openServer(t, plain, nil)
		glued := frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{Name: "ada"}))
		glued = append(glued, frame(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 5}))...)
		half := len(glued) - 3
		c := dial(t, s, upgradetest.OfferBinary, glued[:half]...)
		if _, ok := c.message().(codec.Welcome); !ok {
			t.Fatal("no WELCOME")
		}
		c.write(glued[half:])
		if pong, ok := c.message().(codec.Pong); !ok || pong.Token != 5 || pong.Time.UnixMilli() != 1_700_000_001_000 {
			t.Fatalf("got %+v", pong)
		}
	})
}

func TestHandshake_OnKeepAlive(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, _ := openServer(t, plain, nil)
		c := &client{t: t, conn: upgradetest.Connect(t, s.Addr())}
		c.r = bufio.NewReader(c.conn)
		for range 2 {
			c.write([]byte("GET /health HTTP/1.1\r\nHost: canvas.test\r\n\r\n"))
			response, err := http.ReadResponse(c.r, nil)
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(response.Body); err != nil || string(body) != "page /health" {
				t.Fatalf("got %q, %v", body, err)
			}
		}
		// The whole of HELLO, then half of a PING, come with the request.
		hello := frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{}))
		ping := frame(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 9}))
		c.write(append(append([]byte(upgradetest.HandshakeRequest(upgradetest.OfferBinary)), hello...), ping[:3]...))
		c.expectUpgrade()
		if _, ok := c.message().(codec.Welcome); !ok {
			t.Fatal("no WELCOME")
		}
		c.write(ping[3:])
		if pong, ok := c.message().(codec.Pong); !ok || pong.Token != 9 {
			t.Fatalf("got %+v", pong)
		}
	})
}

func TestHandshake_RefusedWhileDraining(t *testing.T) {
	s, _ := openServer(t, false, nil)
	if err := s.Drain(context.Background(), Notice{}); err != nil {
		t.Fatal(err)
	}
	c := upgradetest.Connect(t, s.Addr())
	if _, err := c.Write([]byte(upgradetest.HandshakeRequest(""))); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Fatalf("got %v, %v", response, err)
	}
}

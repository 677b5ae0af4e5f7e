package wire

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
)

// Dialer says how to connect.
type Dialer struct {
	// JSON chooses the JSON protocol, which has no HELLO. All that its welcome has is the name
	// of the pod.
	JSON bool
	// Header is sent with the handshake besides what a WebSocket needs: a cookie, or a key; nil:
	// nothing.
	Header http.Header
	// Net opens sockets; nil: net.Dialer does.
	Net func(ctx context.Context, network, address string) (net.Conn, error)
}

// Conn is one WebSocket. Its owner reads and writes it.
type Conn struct {
	net.Conn
	Reader
	early []byte // what came with the handshake and has not been read yet
}

// Read reads bytes, those that came with the handshake first.
func (c *Conn) Read(p []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(p, c.early)
		c.early = c.early[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// Open opens a WebSocket, sends HELLO and returns the WELCOME. Messages before the WELCOME are
// dropped: there are none that matter.
func (d Dialer) Open(ctx context.Context, url string, hello codec.Hello) (*Conn, codec.Welcome, error) {
	c, err := d.dial(ctx, url)
	if err != nil {
		return nil, codec.Welcome{}, err
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	welcome, err := c.greet(hello, d.JSON)
	if !stop() {
		err = fmt.Errorf("no WELCOME: %w", ctx.Err())
	}
	if err != nil {
		c.Close()
		return nil, codec.Welcome{}, err
	}
	return c, welcome, nil
}

func (d Dialer) dial(ctx context.Context, url string) (*Conn, error) {
	var refused *HandshakeError
	dialer := ws.Dialer{NetDial: d.Net, Header: ws.HandshakeHeaderHTTP(d.Header), OnStatusError: func(status int, _ []byte, response io.Reader) {
		refused = refusalIn(status, response)
	}}
	protocol := ""
	if !d.JSON {
		protocol = codec.Subprotocol
		dialer.Protocols = []string{protocol}
	}
	socket, early, shake, err := dialer.Dial(ctx, url)
	switch {
	case refused != nil:
		return nil, refused
	case err != nil:
		return nil, err
	}
	c := &Conn{Conn: socket}
	if early != nil {
		behind, _ := early.Peek(early.Buffered())
		c.early = bytes.Clone(behind)
		ws.PutReader(early)
	}
	if shake.Protocol != protocol {
		socket.Close()
		return nil, &HandshakeError{Status: http.StatusSwitchingProtocols}
	}
	return c, nil
}

// maxText is how many bytes of a refusal are read for people.
const maxText = 1 << 10

// refusalIn reads what a server answers that does not accept a connection.
func refusalIn(status int, response io.Reader) *HandshakeError {
	refused := &HandshakeError{Status: status}
	r, err := http.ReadResponse(bufio.NewReader(response), nil)
	if err != nil {
		return refused
	}
	defer r.Body.Close()
	if seconds, err := strconv.ParseUint(r.Header.Get("Retry-After"), 10, 16); err == nil {
		refused.Retry = time.Duration(seconds) * time.Second
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "text/plain" {
		text, _ := io.ReadAll(io.LimitReader(r.Body, maxText)) // as much as there is
		refused.Text = strings.TrimSpace(string(text))
	}
	return refused
}

func (c *Conn) greet(hello codec.Hello, text bool) (codec.Welcome, error) {
	if !text {
		if _, err := c.Write(AppendFrame(nil, ws.OpBinary, codec.AppendHello(nil, hello))); err != nil {
			return codec.Welcome{}, err
		}
	}
	for {
		m, err := c.Next()
		switch {
		case err == ErrMore:
			_, err = c.Fill(c)
		case err == nil && m.Op == ws.OpClose:
			err = m.Err()
		case err == nil && m.Op == ws.OpText && text:
			var connected struct{ Type, Node string }
			if json.Unmarshal(m.Payload, &connected) == nil && connected.Type == "connected" {
				return codec.Welcome{Node: connected.Node}, nil
			}
		case err == nil && m.Op == ws.OpBinary && !text:
			var decoded codec.ServerMessage
			decoded, err = codec.DecodeServer(m.Payload)
			if welcome, ok := decoded.(codec.Welcome); ok && err == nil {
				return welcome, nil
			}
		}
		if err != nil {
			return codec.Welcome{}, err
		}
	}
}

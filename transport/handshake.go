package transport

import (
	"bytes"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors"
	"pixelplayground/codec"
)

// Reasons for Counters.Refused.
const (
	refusedBusy      = "busy"      // too many handshakes at once
	refusedMalformed = "malformed" // not a WebSocket's request
	refusedLost      = "lost"      // gone or silent before the request was whole
	refusedOrigin    = "origin"
	refusedProtocol  = "subprotocol"
	refusedFull      = "full"
	refusedDraining  = "draining"
)

// rejection is why a handshake is refused, and what the client is answered.
type rejection struct {
	reason  string // for Counters.Refused
	status  int
	text    string
	headers string
}

// request is what of a WebSocket's request decides on it.
type request struct {
	host      string
	origin    string
	offers    bool // subprotocols
	offersOur bool // codec.Subprotocol among them
}

// upgrade makes a WebSocket of a connection whose request has been read. early is what
// came behind it. Both are valid during the call.
func (s *Server) upgrade(c *net.TCPConn, head, early []byte) {
	var r request
	var refused *rejection
	accepted := false
	upgrader := ws.Upgrader{
		OnHost: func(host []byte) error {
			r.host = string(host)
			return nil
		},
		OnHeader: func(key, value []byte) error {
			if string(key) == "Origin" {
				r.origin = string(value)
			}
			return nil
		},
		Protocol: func(name []byte) bool {
			r.offers = true
			r.offersOur = r.offersOur || string(name) == codec.Subprotocol
			return r.offersOur
		},
		OnBeforeUpgrade: func() (ws.HandshakeHeader, error) {
			if refused = s.judge(r); refused == nil {
				accepted = true
				return ws.HandshakeHeaderString(""), nil
			}
			return nil, ws.RejectConnectionError(
				ws.RejectionStatus(refused.status),
				ws.RejectionReason(refused.text),
				ws.RejectionHeader(ws.HandshakeHeaderString(refused.headers+"Connection: close\r\n")))
		},
	}
	_, err := upgrader.Upgrade(replay{bytes.NewReader(head), c})
	switch {
	case err == nil:
		s.counters.Upgraded.Add(1)
		s.connect(c, r, early)
		return
	case refused != nil:
		s.counters.Refused.add(refused.reason)
	case accepted: // but the answer could not be written
		s.counters.Connections.Add(-1)
		s.counters.Refused.add(refusedLost)
	default:
		s.counters.Refused.add(refusedMalformed)
	}
	_ = c.CloseWrite()
	_ = c.Close()
}

// replay lets the upgrader read what has been read and write to the connection.
type replay struct {
	*bytes.Reader
	conn *net.TCPConn
}

func (r replay) Write(p []byte) (int, error) { return r.conn.Write(p) }

// retryAfter is what clients of a full or closing server are told.
const retryAfter = "Retry-After: 2\r\n" // seconds

// judge decides on a request. If it is accepted (nil) it is counted among the connections.
func (s *Server) judge(r request) *rejection {
	switch {
	case r.offers && !r.offersOur:
		return &rejection{refusedProtocol, http.StatusBadRequest,
			"unknown subprotocol: this server speaks " + codec.Subprotocol + ", or JSON when none is asked for", ""}
	case !s.cfg.allows(r.origin, r.host):
		return &rejection{refusedOrigin, http.StatusForbidden, "pages of this origin may not connect", ""}
	case s.draining.Load():
		return &rejection{refusedDraining, http.StatusServiceUnavailable, "server is closing", retryAfter}
	}
	if s.counters.Connections.Add(1) > int64(s.cfg.MaxConnections) {
		s.counters.Connections.Add(-1)
		return &rejection{refusedFull, http.StatusServiceUnavailable, "server is full", retryAfter}
	}
	return nil
}

// allows tells whether a page of that origin may connect to the server, which it called
// host. Clients that are not browsers send no origin.
func (c Config) allows(origin, host string) bool {
	if origin == "" {
		return true
	}
	if slices.ContainsFunc(c.AllowedOrigins, func(o string) bool { return o == "*" || strings.EqualFold(o, origin) }) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}

// receiveBuffer is the kernel's buffer for what a client sends, in bytes: a client that
// is not read from shall not occupy megabytes. It allows 640 KB/s at 100 ms.
const receiveBuffer = 64 << 10

// connect gives a new WebSocket to a shard.
func (s *Server) connect(c *net.TCPConn, r request, early []byte) {
	// Settings that fail leave the connection usable; a lost one is noticed by its shard.
	_ = c.SetDeadline(time.Time{})
	_ = c.SetNoDelay(true)
	_ = c.SetWriteBuffer(s.cfg.SendBuffer)
	_ = c.SetReadBuffer(receiveBuffer)
	socket, err := newSocket(c, s.cfg.Plain)
	if err != nil {
		s.cfg.Log.Warn("connection dropped", "err", err)
		s.counters.Connections.Add(-1)
		_ = c.Close()
		return
	}
	m := open{socket: socket, early: bytes.Clone(early), id: actors.ViewerID(s.nextID.Add(1))}
	if !r.offers {
		m.protocol = jsonProtocol
	}
	if !s.shardOf(m.id).inbox.post(m) {
		s.counters.Connections.Add(-1)
		socket.close(false)
	}
}

package upgrade

import (
	"cmp"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/auth"
	"pixelplayground/transport/quota"
)

// Reasons for Counters.Refused.
const (
	refusedBusy      = "busy"      // too many requests at once
	refusedHead      = "head"      // the head is larger than maxHead
	refusedMalformed = "malformed" // not a valid request for a WebSocket
	refusedLost      = "lost"      // the client was gone or silent before the handshake was done
	refusedOrigin    = "origin"
	refusedProtocol  = "subprotocol"
	refusedFull      = "full"
	refusedNetwork   = "network" // its network has as many connections as it may
	refusedDraining  = "draining"
	refusedPerson    = "person" // it isn't known who it is from, or that person may not connect
)

// rejection is why a handshake is refused, and what the client is sent.
type rejection struct {
	reason  string // for Counters.Refused
	status  int
	text    string
	headers string
}

// upgrade makes a WebSocket of a connection whose request has been read. head is the request,
// early is what came after it. Both are valid only during the call.
func (a *Acceptor) upgrade(g *guest, head, early []byte) {
	c := g.tcp
	r, refused := readHead(head, a.cfg.Proxies.Header)
	var person canvas.Person
	var account *quota.Account
	if refused == nil {
		r = r.behind(a.cfg.Proxies, g.from)
		person, account, refused = a.judge(r)
	}
	if refused != nil {
		a.refuse(g, refused, "origin", excerpt(r.origin), "host", excerpt(r.host))
		_ = c.Close()
		return
	}
	if _, err := c.Write(acceptance(r)); err != nil {
		account.Close()
		a.cfg.Counters.Connections.Add(-1)
		a.cfg.Counters.Refused.Add(refusedLost)
		_ = c.Close()
		return
	}
	a.cfg.Counters.Upgraded.Add(1)
	a.connect(WebSocket{Conn: c, From: r.from, Account: account, Person: person, Binary: r.offers, Early: early})
}

// behind is the request as its client made it, where a proxy of ours says so.
func (r request) behind(p quota.Proxies, peer netip.Addr) request {
	if p.Have(peer) {
		_, host := p.Reached(func(field string) []string {
			switch field {
			case quota.XForwardedHost:
				return r.hosts
			case p.Header:
				return r.named
			}
			return nil
		})
		r.host = cmp.Or(host, r.host)
	}
	r.from = p.Client(peer, r.named)
	return r
}

// acceptance is the answer that makes a WebSocket: RFC 6455, section 4.2.2.
func acceptance(r request) []byte {
	const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	sum := sha1.Sum([]byte(r.key + magic))
	b := append(make([]byte, 0, 256), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	b = base64.StdEncoding.AppendEncode(b, sum[:])
	if r.offersOur {
		b = append(b, "\r\nSec-WebSocket-Protocol: "+codec.Subprotocol...)
	}
	return append(b, "\r\n\r\n"...)
}

// refuse refuses a WebSocket or any other request: it answers why, counts and logs it. The
// answer is small and always fits in the socket's buffer.
func (a *Acceptor) refuse(g *guest, why *rejection, details ...any) {
	a.cfg.Counters.Refused.Add(why.reason)
	if why.reason != refusedDraining { // that was announced
		a.cfg.Refusals.Note("connection refused", why.reason, append(details, "from", g.from.String(), "why", why.text)...)
	}
	_, _ = fmt.Fprintf(g.tcp, "HTTP/1.1 %d %s\r\n%sContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		why.status, http.StatusText(why.status), why.headers, len(why.text), why.text)
	_ = g.tcp.CloseWrite()
}

// What clients of a full or closing server are told.
const (
	retrySeconds = "2"
	retryAfter   = "Retry-After: " + retrySeconds + "\r\n"
)

// tooBusy rejects a client for which there is no place, or no memory for its head.
func tooBusy() *rejection {
	return &rejection{refusedBusy, http.StatusServiceUnavailable, "the server has too many requests at once", retryAfter}
}

// judge says who a request is from, or why it is refused. If it is accepted, judge has counted it as
// a connection, of the server and of its network.
func (a *Acceptor) judge(r request) (canvas.Person, *quota.Account, *rejection) {
	person, why := a.unwelcome(r)
	if why != nil {
		return person, nil, why
	}
	if a.cfg.Counters.Connections.Add(1) > int64(a.cfg.MaxConnections) {
		a.cfg.Counters.Connections.Add(-1)
		return person, nil, full()
	}
	account := a.cfg.Accounts.Open(r.from, a.cfg.NetworkConnections)
	if account == nil { // many came at once
		a.cfg.Counters.Connections.Add(-1)
		return person, nil, a.crowded()
	}
	return person, account, nil
}

// unwelcome says why a request would be refused now; nil: it would not.
func (a *Acceptor) unwelcome(r request) (person canvas.Person, why *rejection) {
	switch {
	case r.offers && !r.offersOur:
		return person, &rejection{refusedProtocol, http.StatusBadRequest,
			"unknown subprotocol: this server speaks " + codec.Subprotocol + ", or JSON when none is asked for", ""}
	case !a.cfg.Origins.allow(r.origin, r.host):
		return person, &rejection{refusedOrigin, http.StatusForbidden, "pages of this origin may not connect: --origins can allow it, or the proxy must pass Host on as it came, or X-Forwarded-Host from an address of --proxies", ""}
	case a.draining.Load():
		return person, &rejection{refusedDraining, http.StatusServiceUnavailable, "server is closing", retryAfter}
	case a.cfg.Counters.Connections.Load() >= a.limitFor(r.from):
		return person, full()
	case a.cfg.NetworkConnections > 0 && a.cfg.Accounts.Conns(r.from) >= a.cfg.NetworkConnections:
		return person, a.crowded()
	case a.cfg.People == nil:
		return person, nil
	}
	person, refusal := a.cfg.People.Identify(auth.Shown{
		From: r.from, Cookies: r.cookies, Authorization: r.authority, Foreign: a.cfg.Origins.foreign(r.origin, r.host), Hello: r.offersOur,
	})
	if refusal != nil {
		return person, &rejection{refusedPerson, refusal.Status, refusal.Text, retryLine(refusal.Retry)}
	}
	return person, nil
}

// retryLine is the field that says when to try again; empty: that is no use.
func retryLine(after time.Duration) string {
	if after <= 0 {
		return ""
	}
	return "Retry-After: " + strconv.Itoa(int(math.Ceil(after.Seconds()))) + "\r\n"
}

// The last 1/lastPlaces of MaxConnections are for networks that have less than 1/manyPlaces of
// MaxConnections. So no eight addresses can fill the server for everybody. A network with many
// users, such as a school's, is not limited before that.
const lastPlaces, manyPlaces = 32, 8

// limitFor is the number of connections at which the server is full for an address.
func (a *Acceptor) limitFor(from netip.Addr) int64 {
	most := a.cfg.MaxConnections
	if a.cfg.Counters.Connections.Load() >= int64(most-most/lastPlaces) && a.cfg.Accounts.Conns(from) >= max(1, most/manyPlaces) {
		most -= most / lastPlaces
	}
	return int64(most)
}

func full() *rejection {
	return &rejection{refusedFull, http.StatusServiceUnavailable, "server is full: it has as many connections as --max-connections allows", retryAfter}
}

// crowded rejects a client whose network has all the connections that it may have.
func (a *Acceptor) crowded() *rejection {
	text := fmt.Sprintf("your network has %d connections, as many as --network-connections allows: close one first", a.cfg.NetworkConnections)
	return &rejection{refusedNetwork, http.StatusServiceUnavailable, text, retryAfter}
}

// excerpt shortens what a stranger has sent to what is useful in the log.
func excerpt(text string) string {
	const most = 100 // bytes
	return text[:min(len(text), most)]
}

package transport

import (
	"bytes"
	"errors"
	"net/netip"
	"sync/atomic"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
	"pixelplayground/transport/netpoll"
	"pixelplayground/transport/quota"
	"pixelplayground/transport/upgrade"
)

// conn is one WebSocket. Many thousands may be idle, so it is kept to 192 bytes: times are
// moments, and whatever only some connections need is behind a pointer.
type conn struct {
	// Set once.
	id      canvas.ViewerID
	shard   *shard
	socket  netpoll.Socket
	session ConnectionActor
	account *quota.Account // of its network

	credit credit // shared with the connection's actor

	// Everything below belongs to the shard.
	since   moment   // when it was opened; once it is closing, when that began
	heard   moment   // when anything was last received
	tick    uint64   // the last tick in which it was looked at
	intake  *intake  // what was received and not yet handled; nil: nothing
	backlog *backlog // what the socket did not take; nil: nothing
	control []byte   // frames for this client alone, for the next tick
	used    usage
	paidBy  moment // when its debt for catch-ups will be paid off, see quota.Budget

	// What it is shown: it is either in a group or catching up, and neither before WELCOME. One that
	// is joining is catching up.
	view       *group
	catchingUp *catchingUp

	index     int32 // in shard.conns
	place     int32 // in group.conns
	allowance int32 // pixels that it may place, as it was last told
	protocol  frames.Protocol
	state     state
	knows     canvas.Refusal // the highest that its client knows; set before its actor may refuse anything

	dirty   bool // in shard.dirty
	reads   bool // the poller reports when there is something to read
	writes  bool // the poller reports when there is room to write
	paused  bool // not to be read from, see blocked
	starved bool // not to be read from until there is memory for more, see intake
	pinged  bool // a ping was sent since it was last heard
	shut    bool // nothing is written any more

	counted bool // the presence that the shard shows includes it
	stale   bool // it must be sent the full presence, not only what changed
}

// moment is a point in a shard's running time: nanoseconds since the server was made, by the
// monotonic clock, without the time for which the shard did not run (see turn). It takes a third
// of the memory of a time.Time. Only moments of the same shard can be compared.
type moment int64

// moment is the moment at which this turn of the shard's loop began.
func (s *shard) moment() moment { return moment(s.now.Sub(s.server.made) - s.lapsed) }

// since is how long before this turn of the loop a moment was.
func (s *shard) since(m moment) time.Duration { return time.Duration(s.moment() - m) }

// state is how far a connection has come. It never goes back.
type state uint8

const (
	greeting state = iota // waits for HELLO
	arriving              // the actor has the HELLO and has not sent WELCOME: not read from
	joining               // of a JSON client, which is not in sync yet: neither read from nor written to
	live
	closing // a close frame was sent or is due; anything received is ignored
	gone    // closed
)

// maxBacklog is how many bytes may wait to be written for one client alone. A client with more is
// not read from. It is enough for the answers to hundreds of messages.
const maxBacklog = 16 << 10

// open makes a connection from a socket whose handshake is done.
type open struct {
	socket   netpoll.Socket
	protocol frames.Protocol
	account  *quota.Account // has counted the connection already
	early    []byte         // was received after the handshake
	id       canvas.ViewerID
	network  canvas.Network
	person   canvas.Person
	from     netip.Addr
}

var errStopped = errors.New("server is closing")

func (m open) run(s *shard) {
	c := &conn{
		id: m.id, shard: s, protocol: m.protocol, socket: m.socket, account: m.account, since: s.moment(), heard: s.moment(),
		reads: true, stale: true, index: int32(len(s.conns)),
	}
	s.conns = append(s.conns, c)
	s.byID[c.id] = c
	s.recount(c.protocol, 1)
	err := errStopped
	if !s.stopped {
		err = s.poller.Add(c.socket, c, c.reads, c.writes)
	}
	if err != nil {
		s.server.refusals.Note("connection dropped", "dropped", "err", err)
		s.destroy(c, codec.CloseRestart)
		return
	}
	s.visitors[c.id] = visitor{from: m.from}
	c.session = s.server.host.Connect(c.id, m.network, m.person, outbox{c})
	if s.known(c, m.person); c.state >= closing {
		return
	}
	if c.protocol == frames.JSON {
		c.state = arriving
		s.command(c, actors.Hello{})
		s.command(c, actors.SubscribeAll{})
	}
	if s.draining {
		s.fail(c, codec.CloseRestart)
	}
	s.receive(c, m.early)
}

func (m open) owner(s *shard) *conn { return s.byID[m.id] }

func (s *shard) recount(p frames.Protocol, by int) {
	s.count[p] += by
	if p == frames.JSON {
		s.server.counters.JSON.Add(int64(by))
	} else {
		s.server.counters.Binary.Add(int64(by))
	}
}

// watch tells the poller what the connection is waiting for.
func (s *shard) watch(c *conn) {
	reads, writes := !c.paused && !c.starved, c.backlog != nil
	if reads != c.reads || writes != c.writes {
		c.reads, c.writes = reads, writes
		s.poller.Watch(c.socket, reads, writes)
	}
}

// command hands a message to the connection's actor.
func (s *shard) command(c *conn, message any) {
	c.credit.take()
	c.session.Send(message)
}

// blocked reports whether the connection must not be read from, because its actor or its
// socket must catch up first. That bounds all the memory that a client can make us use.
func (c *conn) blocked() bool {
	return c.state == arriving || c.state == joining || len(c.control) > maxBacklog || c.credit.exhausted(c.paused)
}

// resume reads again from a connection that is no longer blocked.
func (s *shard) resume(c *conn) {
	if c.paused && c.state < closing && !c.blocked() {
		c.paused = false
		s.receive(c, nil)
		if c.state != gone {
			s.watch(c)
		}
	}
}

// credit is how many more messages the client's actor may have unhandled. It is shared: the
// shard takes credit, the actor gives it back.
type credit struct {
	unhandled atomic.Int32
	awaited   atomic.Bool // the shard wants to be woken when enough has been given back
}

func (k *credit) take() { k.unhandled.Add(1) }

// handled gives one message's credit back and reports whether to wake the shard.
func (k *credit) handled() bool {
	return k.unhandled.Add(-1) <= actors.MaxUnhandled/2 && k.awaited.CompareAndSwap(true, false)
}

// exhausted reports whether no credit is left. If it was exhausted already, exhausted reports
// whether less than half has been given back since. When it returns true the actor will wake the
// shard.
func (k *credit) exhausted(already bool) bool {
	if n := k.unhandled.Load(); n < actors.MaxUnhandled && !already {
		return false
	}
	k.awaited.Store(true)
	// Load again now that awaited is set, so that the actor's last handled can't be missed.
	return k.unhandled.Load() > actors.MaxUnhandled/2
}

// closeLinger is how long a client may take to close its end after our close frame. If we
// closed at once, the kernel would throw away what the client has not read yet.
const closeLinger = 2 * time.Second

// fail closes a connection with a code and the usual reason for it, which its client is told.
func (s *shard) fail(c *conn, code codec.CloseCode) { s.failFor(c, code, frames.Reason(code)) }

// failFor is fail with a reason of its own.
func (s *shard) failFor(c *conn, code codec.CloseCode, reason string) {
	s.bye(c, code, frames.Close(code, reason))
}

// bye sends a close frame after everything that is already due, and counts the close under as.
func (s *shard) bye(c *conn, as codec.CloseCode, frame []byte) {
	if c.state >= closing {
		return
	}
	s.forget(c, as)
	c.state = closing
	c.since = s.moment()
	s.drop(c)
	c.paused, c.starved = false, false
	s.tell(c, frame)
	s.watch(c)
}

// forget stops showing the client anything, tells its actor that it is gone, and counts why.
func (s *shard) forget(c *conn, reason codec.CloseCode) {
	s.unfollowAll(c)
	if c.session != nil { // nil: its actor was never started
		s.tried(c.session.Close)
	}
	s.server.counters.Closes.Add(reason)
}

// destroy frees a connection.
func (s *shard) destroy(c *conn, reason codec.CloseCode) {
	if c.state == gone {
		return
	}
	if c.state != closing {
		s.forget(c, reason)
	}
	c.state = gone
	defer s.checkDrained()
	last := s.conns[len(s.conns)-1]
	s.conns[c.index], last.index = last, c.index
	s.conns[len(s.conns)-1] = nil
	s.conns = s.conns[:len(s.conns)-1]
	delete(s.byID, c.id)
	delete(s.logins, c)
	delete(s.ahead, c)
	s.shadow(c, s.visitors[c.id].subject, false)
	delete(s.visitors, c.id)
	s.recount(c.protocol, -1)
	s.server.counters.Connections.Add(-1)

	c.account.Close()

	behind := c.backlog != nil
	if behind {
		s.server.counters.Behind.Add(-1)
	}
	s.drop(c)
	c.backlog, c.control = nil, nil
	defer c.socket.Close(behind) // even if the line below panics
	s.poller.Remove(c.socket)
}

// receiveBuffer is the kernel's buffer for what a client sends, in bytes. It is small so that a
// client that is not read from does not occupy megabytes. It allows 640 KB/s at 100 ms.
const receiveBuffer = 64 << 10

// connect gives a new WebSocket to a shard.
func (s *Server) connect(w upgrade.WebSocket) {
	c := w.Conn
	// If a setting fails the connection is still usable. If it is lost its shard will notice.
	_ = c.SetDeadline(time.Time{})
	_ = c.SetNoDelay(true)
	_ = c.SetWriteBuffer(s.cfg.SendBuffer)
	_ = c.SetReadBuffer(receiveBuffer)
	socket, err := netpoll.NewSocket(c, s.cfg.Plain)
	if err != nil {
		s.refusals.Note("connection dropped", "dropped", "err", err)
		w.Account.Close()
		s.counters.Connections.Add(-1)
		_ = c.Close()
		return
	}
	m := open{socket: socket, early: bytes.Clone(w.Early), id: canvas.ViewerID(s.nextID.Add(1)), account: w.Account,
		network: s.tags.Of(quota.NetworkOf(w.From)), person: w.Person, from: w.From}
	if !w.Binary {
		m.protocol = frames.JSON
	}
	if !s.shardOf(m.id).inbox.Post(m) {
		m.account.Close()
		s.counters.Connections.Add(-1)
		socket.Close(false)
	}
}

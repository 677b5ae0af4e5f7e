package transport

import (
	"errors"
	"sync/atomic"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// conn is one WebSocket. There may be many thousands that do nothing, so it is kept to 192
// bytes: times are moments, and what only some have hangs on pointers.
type conn struct {
	// Set once.
	id      actors.ViewerID
	shard   *shard
	socket  socket
	session ConnectionActor
	account *account // of its network

	credit credit // shared with the connection's actor

	// All that follows is the shard's.
	since   moment   // it was opened; when it is closing: since it is
	heard   moment   // last time anything was received
	tick    uint64   // the round in which it was written to last
	intake  *intake  // what was received and not yet handled; nil: nothing
	backlog *backlog // what the socket did not take; nil: nothing
	control []byte   // frames for this client alone, for the next tick
	used    usage
	paidBy  moment // when it will have made good what it drew, see budget

	// What it is shown: it is in a group, or else catching up; neither before WELCOME.
	view       *group
	catchingUp *catchingUp

	index     int32 // in shard.conns
	place     int32 // in group.conns
	allowance int32 // pixels it may place, as it was told last
	protocol  protocol
	state     state

	dirty   bool // in shard.dirty
	reads   bool // the poller tells when there is something to read
	writes  bool // the poller tells when there is room to write
	paused  bool // not to be read from, see blocked
	starved bool // not to be read from until there is memory for more, see intake
	pinged  bool // since it was heard
	shut    bool // nothing is written any more

	counted bool // among those who are here
	stale   bool // it must be told who is here, from the start
}

// backlog is what a slow client has to take before it gets anything else.
type backlog struct {
	pending [][]byte
	since   moment // last time it took anything
	began   moment
}

// moment is a time that a shard has run, in nanoseconds since the server was made, by the
// clock that never goes back: a third of a time.Time. Only moments of one shard compare.
type moment int64

// moment is when this turn of the shard's loop began.
func (s *shard) moment() moment { return moment(s.now.Sub(s.server.made) - s.lapsed) }

// since is how long ago a moment was then.
func (s *shard) since(m moment) time.Duration { return time.Duration(s.moment() - m) }

// state is how far a connection has come. It never goes back.
type state uint8

const (
	greeting state = iota // waits for HELLO
	arriving              // HELLO was handed over, WELCOME has not come: not read from
	live
	closing // a close frame was sent or is about to be; what is received is ignored
	gone    // closed
)

// maxBacklog is how much may wait to be written for one client alone before it is not
// read from any more, in bytes: the answers to hundreds of messages.
const maxBacklog = 16 << 10

// open makes a connection of a socket whose handshake is done.
type open struct {
	socket   socket
	protocol protocol
	account  *account // counts it already
	early    []byte   // what was received behind the handshake
	id       actors.ViewerID
	network  canvas.Network
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
		err = s.poller.add(c)
	}
	if err != nil {
		s.server.refusals.Note("connection dropped", "dropped", "err", err)
		s.destroy(c, closeRestart)
		return
	}
	c.session = s.server.host.Connect(c.id, m.network, outbox{c})
	if c.protocol == jsonProtocol {
		c.state = arriving
		s.command(c, actors.Hello{})
		s.command(c, actors.SubscribeAll{})
	}
	if s.draining {
		s.fail(c, closeRestart)
	}
	s.receive(c, m.early)
}

func (m open) owner(s *shard) *conn { return s.byID[m.id] }

func (s *shard) recount(p protocol, by int) {
	s.count[p] += by
	if p == jsonProtocol {
		s.server.counters.JSON.Add(int64(by))
	} else {
		s.server.counters.Binary.Add(int64(by))
	}
}

// watch tells the poller what the connection waits for.
func (s *shard) watch(c *conn) {
	reads, writes := !c.paused && !c.starved, c.backlog != nil
	if reads != c.reads || writes != c.writes {
		c.reads, c.writes = reads, writes
		s.poller.watch(c)
	}
}

// command hands a message to the connection's actor.
func (s *shard) command(c *conn, message any) {
	c.credit.take()
	c.session.Send(message)
}

// blocked reports whether the connection must not be read from: its actor or its socket
// must first catch up. That bounds all the memory that a client can cause.
func (c *conn) blocked() bool {
	return c.state == arriving || len(c.control) > maxBacklog || c.credit.exhausted(c.paused)
}

// resume goes on reading a connection that no longer needs to wait.
func (s *shard) resume(c *conn) {
	if c.paused && c.state < closing && !c.blocked() {
		c.paused = false
		s.receive(c, nil)
		if c.state != gone {
			s.watch(c)
		}
	}
}

// credit is how many more messages the client may have with its actor. It is shared:
// the shard takes, the actor gives back.
type credit struct {
	unhandled atomic.Int32
	awaited   atomic.Bool // the shard wants to know when enough has been given back
}

func (k *credit) take() { k.unhandled.Add(1) }

// handled gives one back and reports whether to wake the shard.
func (k *credit) handled() bool {
	return k.unhandled.Add(-1) <= actors.MaxUnhandled/2 && k.awaited.CompareAndSwap(true, false)
}

// exhausted reports whether there is none left; after it was, whether not yet half is
// there again. In both cases the actor will wake the shard.
func (k *credit) exhausted(already bool) bool {
	if n := k.unhandled.Load(); n < actors.MaxUnhandled && !already {
		return false
	}
	k.awaited.Store(true)
	// Looked at after awaited is set, so that the actor's last handled can't be missed.
	return k.unhandled.Load() > actors.MaxUnhandled/2
}

// closeLinger is how long a client may take to close its end after our close frame. To
// close at once would make the kernel throw away what the client has not yet read.
const closeLinger = 2 * time.Second

// fail ends a connection for a reason that its client is told.
func (s *shard) fail(c *conn, code codec.CloseCode) { s.failFor(c, code, reasonFor(code)) }

// failFor is fail where there is more to say than the code does.
func (s *shard) failFor(c *conn, code codec.CloseCode, reason string) {
	s.bye(c, code, closeFrame(code, reason))
}

// bye sends a close frame behind what is already to be written, and counts it as as.
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

// forget ends what is shown to the client and what is asked of its actor.
func (s *shard) forget(c *conn, reason codec.CloseCode) {
	s.unfollowAll(c)
	if c.session != nil { // else it never began
		s.tried(c.session.Close)
	}
	s.server.counters.Closes.add(reason)
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
	s.recount(c.protocol, -1)
	s.server.counters.Connections.Add(-1)

	c.account.close()

	behind := c.backlog != nil
	if behind {
		s.server.counters.Behind.Add(-1)
	}
	s.drop(c)
	c.backlog, c.control = nil, nil
	defer c.socket.close(behind) // even if the line below fails
	s.poller.remove(c)
}

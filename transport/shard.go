package transport

import (
	"bytes"
	"slices"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
	"pixelplayground/transport/inbox"
	"pixelplayground/transport/netpoll"
	"pixelplayground/transport/pace"
	"pixelplayground/transport/quota"
)

// readBuffer is how many bytes are read from one connection at most before it is the next
// one's turn.
const readBuffer = 64 << 10

// command is something for a shard to do. It runs on the shard's goroutine.
type command interface{ run(s *shard) }

// shard owns some of the connections. All its methods run on its own goroutine; other
// goroutines leave commands in its inbox.
type shard struct {
	server  *Server
	budget  int64 // what a connection may draw at once, see quota.Budget
	inbox   inbox.Inbox[command]
	drained chan struct{}  // closed by the shard when it drains and has no connection left
	poller  netpoll.Poller // set by open

	now      time.Time     // when this turn of the loop began
	lapsed   time.Duration // total time for which the shard did not run, see turn
	stopped  bool
	draining bool

	conns    []*conn // in no order
	byID     map[canvas.ViewerID]*conn
	visitors map[canvas.ViewerID]visitor // of the same
	logins   map[*conn]login             // of those that have one
	count    [frames.Protocols]int       // connections by protocol
	room     []command                   // an empty slice to reuse, for inbox.Take
	buffer   []byte                      // what is being read
	header   []byte                      // room for ws.ReadHeaderBuffer
	reader   bytes.Reader                // of the frame being parsed
	sweepAt  time.Time

	// What viewers are shown.
	feeds      []feed // by region
	views      map[groupKey][]*group
	groupSize  int              // most connections of a group
	order      []*group         // the same groups, in no order
	catchingUp []*conn          // connections that are in no group, in no order
	shown      *frames.Presence // who is here; nil: not known yet

	ruling   ruling                                // what is to be done since the rules have changed
	shadowed map[canvas.Subject]map[*conn]struct{} // connections whose pixels only they are shown; those of nobody in particular are not among them
	ahead    map[*conn]ahead                       // connections that have been shown such pixels

	// Each connection's usage at an operator's last look, for rates: see inspect.go.
	looks   map[canvas.ViewerID]lastReport // nil: nobody is looking
	looksAt moment

	unshown []unshown // ops that are followed and not written to all yet

	pace       pace.Pace
	unyielding int // writes since other goroutines were last let run
	round
}

// newShard makes a shard whose inbox is closed.
func newShard(server *Server) *shard {
	s := &shard{
		server:  server,
		budget:  quota.Budget(server.cfg.Geometry),
		drained: make(chan struct{}),
		buffer:  make([]byte, readBuffer),
		header:  make([]byte, ws.MaxHeaderSize),
		now:     time.Now(),

		groupSize: groupSize,
		pace:      pace.New(server.cfg.MaxTick),
	}
	s.begin()
	return s
}

// begin resets the shard to one without connections.
func (s *shard) begin() {
	geometry := s.server.cfg.Geometry
	s.conns, s.byID, s.count = nil, make(map[canvas.ViewerID]*conn), [frames.Protocols]int{}
	s.logins = make(map[*conn]login)
	s.visitors = make(map[canvas.ViewerID]visitor)
	s.feeds = make([]feed, geometry.Regions())
	s.views, s.order, s.catchingUp = make(map[groupKey][]*group), nil, nil
	s.looks, s.ruling, s.unshown = nil, ruling{}, nil
	s.shadowed, s.ahead = make(map[canvas.Subject]map[*conn]struct{}), make(map[*conn]ahead)
	s.round = round{merges: frames.NewMerges(geometry), tick: s.tick}
}

// open prepares for run.
func (s *shard) open() error {
	p, err := netpoll.NewPoller(s.server.cfg.Plain)
	if err != nil {
		return err
	}
	s.poller = p
	s.now = time.Now()
	s.sweepAt = s.now.Add(s.server.cfg.sweepEvery())
	s.inbox.Open(len(s.feeds), p.Wake)
	return nil
}

// run is the shard's goroutine, from open until the stop command.
func (s *shard) run() {
	for !s.stopped {
		events := s.poller.Wait(s.deadline())
		s.turn(time.Now())
		for _, e := range events {
			s.serve(e)
		}
		s.obey()
		s.enforce(checksAtOnce)
		if !s.now.Before(s.sweepAt) {
			s.sweep()
			s.sweepAt = s.now.Add(s.server.cfg.sweepEvery())
		}
		if s.unwritten() && !s.now.Before(s.flushAt) {
			s.writeSome()
		}
	}
	s.close()
}

// turn begins a turn of the loop. Two turns are never further apart than two sweeps, unless
// the process was stopped or got no processor, or its clock jumped. Then the time over that
// does not count, since no client could be heard or asked during it.
func (s *shard) turn(now time.Time) {
	s.lapsed += max(now.Sub(s.now)-s.server.cfg.sweepEvery(), 0)
	s.now = now
}

// deadline is when the shard has something to do even if no event or command comes.
func (s *shard) deadline() time.Time {
	at := s.sweepAt
	if s.unwritten() && s.flushAt.Before(at) {
		at = s.flushAt
	}
	if next := s.ruling.next(s.now); !next.IsZero() && next.Before(at) {
		at = next
	}
	return at
}

// obey runs the commands that have come in.
func (s *shard) obey() {
	commands, lost := s.inbox.Take(s.room)
	for _, c := range commands {
		s.do(c)
	}
	clear(commands)
	s.room = commands
	for _, region := range lost {
		s.do(reset{region})
	}
}

// serve does what a socket is ready for.
func (s *shard) serve(e netpoll.Event) {
	c := e.Owner.(*conn)
	if e.Writable && c.state != gone {
		s.attempt(c, (*shard).writable)
	}
	if e.Readable && c.state != gone {
		s.attempt(c, (*shard).readable)
	}
}

// stop ends the shard.
type stop struct{}

func (stop) run(s *shard) { s.stopped = true }

// close says goodbye to every client, without waiting for it to be heard, and frees everything.
func (s *shard) close() {
	s.stopped = true
	for _, c := range s.inbox.Close() {
		s.do(c)
	}
	for _, c := range slices.Clone(s.conns) {
		s.attempt(c, func(s *shard, c *conn) { s.fail(c, codec.CloseRestart) })
	}
	if s.unwritten() {
		s.flush()
	}
	for _, c := range slices.Clone(s.conns) {
		s.attempt(c, func(s *shard, c *conn) { s.destroy(c, codec.CloseRestart) })
	}
	s.draining = true // so that a waiting Drain returns
	s.checkDrained()
	s.poller.Close()
}

// sweep checks every connection's timeouts, and does what else is done from time to time.
func (s *shard) sweep() {
	s.attemptAll(s.conns, (*shard).check)
	s.checkLogins()
	s.forgetLooks()
	s.checkNameList()
	s.askWaiting()
	if s == s.server.shards[0] {
		s.server.accounts.Tidy(s.now)
	}
}

func (s *shard) check(c *conn) {
	if s.checkIntake(c) {
		return
	}
	s.feedOn(c)
	cfg := &s.server.cfg
	quiet := s.since(c.heard)
	switch {
	case c.state == closing:
		if s.since(c.since) > closeLinger {
			s.destroy(c, 0)
		}
	case s.isStalled(c):
		s.fail(c, codec.CloseSlow) // which won't reach it, but is counted
		s.destroy(c, 0)
	case c.state == greeting && s.since(c.since) > cfg.HelloTimeout:
		s.failFor(c, codec.CloseSilent, "no HELLO came in time") // a slow machine's, for example: it may try again
	case c.state == arriving && s.since(c.since) > 2*cfg.HelloTimeout: // not the client's fault
		s.fail(c, codec.CloseInternal)
	case c.state == joining && s.since(c.since) > joinPatience:
		s.admit(c)
	case c.paused || c.starved: // it may have sent something that was not read
		c.heard = s.moment()
	case quiet > cfg.SilenceTimeout:
		s.fail(c, codec.CloseSilent)
	case quiet > cfg.PingEvery && !c.pinged:
		c.pinged = true
		s.tell(c, frames.AppendHeader(nil, ws.OpPing, 0))
	}
}

package transport

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
	"pixelplayground/transport/netpoll"
	"pixelplayground/transport/stats"
)

const (
	stepperRuns  = 40 // as many as fit a few seconds with the race detector
	stepperSteps = 400
)

// Goal: whatever clients, actors and sockets do, in whatever order, the shard's state stays
// consistent and no client has a gap.
// Method: random steps on a shard without its goroutine. After each step its state is audited.
// At the end everything is let through, and every client must hold what was drawn.
// STEPPER_RUNS=4000 takes a few minutes, STEPPER_SEED=7 repeats one run.
func TestStepper(t *testing.T) { stepAll(t, false) }

// The same while sockets, pollers, sessions and commands panic at random. Some clients lose their
// connections by that; the rest must not be affected.
func TestStepper_Faults(t *testing.T) { stepAll(t, true) }

func stepAll(t *testing.T, faults bool) {
	number := func(name string, otherwise int) int {
		n, err := strconv.Atoi(os.Getenv(name))
		if err != nil {
			return otherwise
		}
		return n
	}
	first, runs := 0, number("STEPPER_RUNS", stepperRuns)
	if seed := number("STEPPER_SEED", -1); seed >= 0 {
		first, runs = seed, 1
	}
	for seed := first; seed < first+runs && !t.Failed(); seed++ {
		newStepper(t, uint64(seed), faults).run()
	}
}

// stepper takes random steps with a shard, and is the host and the poller of it.
type stepper struct {
	*bench
	random  *rand.Rand
	seed    uint64
	faults  bool
	clients []*stepClient
	drawn   []uint64                  // by region: pixels
	banned  map[canvas.NetworkID]bool // each connection has a network of its own
	version uint64                    // of the rules
	last    string                    // step
	quiet   bool                      // faults are over
	places  panicPlaces
}

// panicPlaces is a log of faults that remembers where they were.
type panicPlaces []string

func (l *panicPlaces) Write(line []byte) (int, error) {
	if _, rest, ok := strings.Cut(string(line), " at="); ok {
		place, _, _ := strings.Cut(rest, " ")
		*l = append(*l, place)
	}
	return len(line), nil
}

func newStepper(t *testing.T, seed uint64, faults bool) *stepper {
	st := &stepper{bench: newBench(t), random: rand.New(rand.NewPCG(seed, 77)), seed: seed, faults: faults}
	st.server.faults = stats.NewFaults(slog.New(slog.NewTextHandler(&st.places, nil)), &st.server.counters.Faults)
	st.drawn, st.banned = make([]uint64, testGeometry.Regions()), make(map[canvas.NetworkID]bool)
	st.server.host, st.poller, st.groupSize = st, stepPoller{st: st}, 3
	return st
}

func (st *stepper) run() {
	defer func() {
		if value := recover(); value != nil {
			st.t.Errorf("seed %d, in %q", st.seed, st.last)
			panic(value)
		}
	}()
	for range stepperSteps {
		st.step()
		st.obey()
		st.enforce(1 + st.random.IntN(5))
		st.check()
		if st.t.Failed() {
			return
		}
	}
	st.settleAll()
}

func (st *stepper) errorf(format string, args ...any) {
	st.t.Errorf("seed %d, after %q: %s", st.seed, st.last, fmt.Sprintf(format, args...))
}

// fails decides whether something is to panic now.
func (st *stepper) fails(what string) {
	if st.faults && !st.quiet && st.random.IntN(400) == 0 {
		panic("made to fail: " + what)
	}
}

func (st *stepper) step() {
	for range 8 { // until one finds what it needs
		s := &steps[st.random.IntN(len(steps))]
		st.last = s.name
		if s.take(st, st.anyone()) {
			return
		}
	}
}

func (st *stepper) anyone() *stepClient {
	if len(st.clients) == 0 {
		return nil
	}
	return st.clients[st.random.IntN(len(st.clients))]
}

func (st *stepper) anywhere() canvas.RegionID { return canvas.RegionID(st.random.IntN(len(st.drawn))) }

func (st *stepper) position(region canvas.RegionID) canvas.Position {
	if st.drawn[region] == 0 {
		return canvas.Position{}
	}
	return canvas.Position{Epoch: 1, Seq: st.drawn[region]}
}

// check compares the shard's books with each other and with what was drawn.
func (st *stepper) check() {
	if err := st.audit(); err != nil {
		st.errorf("%v", err)
	}
	for _, place := range st.places {
		if !st.faults || !strings.Contains(place, "_test.go:") {
			st.errorf("panic at %s", place)
		}
	}
	behind, unfinished := 0, 0
	for _, c := range st.conns {
		if c.state < closing && st.ruling.unchecked == 0 && st.banned[st.visitors[c.id].place] {
			st.errorf("connection %d is banned, and in state %d", c.id, c.state)
		}
		if c.backlog != nil {
			behind++
		}
		unfinished += c.intake.size()
		if held := c.held(); c.protocol == frames.Binary && held > 256<<10 {
			st.errorf("connection %d holds %d bytes", c.id, held)
		}
	}
	if n := st.server.accounts.Unfinished(); int(n) != unfinished {
		st.errorf("%d bytes of unfinished messages are counted, %d are", n, unfinished)
	}
	k := &st.server.counters
	if open := k.Connections.Load(); int(open) != len(st.conns) || k.Binary.Load()+k.JSON.Load() != open {
		st.errorf("%d connections are counted, %d are", open, len(st.conns))
	}
	if n := k.Behind.Load(); int(n) != behind {
		st.errorf("%d are counted as behind, %d are", n, behind)
	}
	for i := range st.feeds {
		f := &st.feeds[i]
		if n := st.server.following[i].Load(); n != f.followers {
			st.errorf("region %d: %d follow, %d counted", i, f.followers, n)
		}
		if f.viewers > 0 && f.at.Seq != st.drawn[i] {
			st.errorf("region %d is at %d, viewers at %d", i, st.drawn[i], f.at.Seq)
		}
	}
	left := st.clients[:0]
	for _, c := range st.clients {
		c.read()
		if c.conn.state != gone {
			left = append(left, c)
		} else if !c.session.closed || !c.socket.closed {
			st.errorf("connection %d is gone: session closed %t, socket closed %t", c.conn.id, c.session.closed, c.socket.closed)
		}
	}
	st.clients = left
}

// settleAll lets everything through.
func (st *stepper) settleAll() {
	st.last, st.quiet = "end", true
	for _, c := range st.clients {
		c.socket.room, c.socket.broken = -1, false
	}
	for range 2000 {
		for _, c := range st.clients {
			if c.conn.state != gone && c.conn.backlog != nil {
				st.attempt(c.conn, (*shard).writable)
			}
		}
		for len(st.asked) > 0 {
			st.answerOne(0)
		}
		st.obey()
		st.enforce(checksAtOnce)
		if !st.unwritten() {
			break
		}
		st.flush()
	}
	st.check()
	for _, c := range st.clients {
		if c.conn.state == joining {
			st.errorf("connection %d has not been let in: %+v", c.conn.id, c.conn.catchingUp)
		}
		if c.conn.state != live {
			continue
		}
		ahead := st.ahead[c.conn] // who is ahead is in no group
		if c.conn.view == nil && (ahead == nil || len(c.conn.catchingUp.want) > 0) || c.conn.paused {
			st.errorf("connection %d does not come to rest: paused %t, %+v", c.conn.id, c.conn.paused, c.conn.catchingUp)
			continue
		}
		shown := canvas.RegionSet(nil)
		if c.conn.view != nil {
			shown = c.conn.view.regions
		} else {
			shown = c.conn.catchingUp.synced
		}
		for region := range shown.All() {
			if held := c.held[region]; c.conn.protocol == frames.Binary && held.seq != st.drawn[region]+ahead[region] {
				st.errorf("connection %d: holds %+v of region %d, which is at %d", c.conn.id, held, region, st.drawn[region])
			}
		}
	}
}

// Connect makes the stepper its own host.
func (st *stepper) Connect(v canvas.ViewerID, _ canvas.Network, _ canvas.Person, out actors.Outbox) ConnectionActor {
	st.fails("connect")
	s := &stepSession{st: st, out: out}
	st.clients[len(st.clients)-1].session = s // of the client that is being made
	return s
}

type stepSession struct {
	st     *stepper
	out    actors.Outbox
	closed bool
}

func (s *stepSession) Send(command any) {
	s.st.fails("send")
	benchSession{s.out}.Send(command)
}

func (s *stepSession) Close() {
	if s.closed {
		s.st.errorf("a session was closed twice")
	}
	s.closed = true
	s.st.fails("close")
}

type stepPoller struct {
	benchPoller
	st *stepper
}

func (p stepPoller) Add(netpoll.Socket, any, bool, bool) error { p.st.fails("add"); return nil }
func (p stepPoller) Watch(netpoll.Socket, bool, bool)          { p.st.fails("watch") }
func (p stepPoller) Remove(netpoll.Socket)                     { p.st.fails("remove") }

// stepSocket fails at times.
type stepSocket struct {
	benchSocket
	st *stepper
}

func (s *stepSocket) Writev(vector [][]byte) (int, error) {
	s.st.fails("write")
	return s.benchSocket.Writev(vector)
}

func (s *stepSocket) CloseWrite() {
	s.st.fails("close write")
	s.benchSocket.CloseWrite()
}

func (s *stepSocket) Close(abort bool) {
	s.benchSocket.Close(abort)
	s.st.fails("close")
}

// stepClient is the far end of a connection.
type stepClient struct {
	st      *stepper
	conn    *conn
	socket  *stepSocket
	session *stepSession
	held    []standing // by region
	taken   int        // bytes
}

// ownAuthor and the first byte of a subject is the author of pixels that only the subject is shown.
const ownAuthor = 1000

// subject is whose the connection is.
func (c *stepClient) subject() canvas.Subject { return canvas.Subject{byte((c.conn.id-1)%3 + 1)} }

// standing is where a client stands in a region.
type standing struct {
	seq   uint64
	epoch uint64
	any   bool // it asked for everything from now on, wherever that begins
	after int  // everything before this byte was sent before it subscribed
}

// read takes what has been written and follows it as PROTOCOL.md says.
func (c *stepClient) read() {
	whole := c.socket.written.Bytes()
	done := 0
	for {
		h, n, ok := frameAt(whole[done:])
		if !ok {
			break
		}
		payload := whole[done+n-int(h.Length) : done+n]
		done += n
		c.taken += n
		if h.OpCode == ws.OpBinary {
			c.message(payload)
		}
	}
	c.socket.written.Next(done)
}

// frameAt is the whole frame that b begins with, and its length.
func frameAt(b []byte) (h ws.Header, n int, ok bool) {
	reader := newReader(b)
	h, err := ws.ReadHeader(reader)
	if err != nil || int64(reader.Len()) < h.Length {
		return h, 0, false
	}
	return h, len(b) - reader.Len() + int(h.Length), true
}

func (c *stepClient) message(payload []byte) {
	m, err := codec.DecodeServer(payload)
	switch m := m.(type) {
	case codec.Snapshot:
		if h := &c.held[m.Mark.Region]; c.taken > h.after {
			*h = standing{seq: m.Mark.Position.Seq, epoch: m.Mark.Position.Epoch}
		}
	case codec.Pixels:
		h := &c.held[m.Batch.Region]
		for _, op := range m.Batch.Ops {
			if whose := op.ID.Author; whose >= ownAuthor && whose != ownAuthor+canvas.Author(c.subject()[0]) {
				c.st.errorf("connection %d of %v was shown pixels of %d's own", c.conn.id, c.subject(), whose-ownAuthor)
			}
		}
		switch {
		case c.taken <= h.after:
		case h.any:
			h.seq, h.epoch = m.Batch.To, m.Batch.Epoch
		case h.seq == m.Batch.From && m.Batch.Epoch >= h.epoch:
			*h = standing{seq: m.Batch.To, epoch: m.Batch.Epoch}
		default:
			c.st.errorf("connection %d holds %+v of region %d and was sent %d to %d", c.conn.id, *h, m.Batch.Region, m.Batch.From, m.Batch.To)
		}
	default:
		if err != nil {
			c.st.errorf("connection %d: %v", c.conn.id, err)
		}
	}
}

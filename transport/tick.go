package transport

import (
	"math"
	"slices"
	"time"

	"pixelplayground/transport/frames"
	"pixelplayground/transport/pace"
)

// round is what is to be written in the next ticks, and the state of a tick in progress.
type round struct {
	flushAt  time.Time          // the earliest time of the next tick
	haste    bool               // so much is due that all of it must be written now
	dirty    []*conn            // may have something to write that is theirs alone, or something to ask
	touched  []*group           // have something due; those that have waited for longest come first
	turns    uint64             // how many have been added to touched
	roundEnd uint64             // the last of them in this round
	single   group              // stands in touched for all connections that are catching up
	changes  []*frames.Presence // presences since the last tick, to be shown to all
	nameList nameList
	tick     uint64 // number of the last tick

	// During a tick.
	chosen  []*group                 // of touched: what is due to them is written now
	visited []*conn                  // were in dirty and have been looked at
	news    [frames.Protocols][]byte // changes, encoded
	vector  [][]byte                 // what is being written
	merged  [][]byte                 // room for appendDue
	merges  frames.Merges
	writes  int64
	bytes   int64
	pixels  int64
	cpu     pace.Span
}

// unwritten reports whether anything waits for the next tick.
func (s *shard) unwritten() bool {
	return len(s.dirty)+len(s.touched)+len(s.changes)+s.ruling.untold > 0 || s.nameList.now
}

// isNews reports whether a tick has news of who is here, for everybody.
func (r *round) isNews() bool { return len(r.changes) > 0 || len(r.news[frames.JSON]) > 0 }

// mark makes the next tick look at a connection.
func (s *shard) mark(c *conn) {
	if !c.dirty && c.state != gone {
		c.dirty = true
		s.dirty = append(s.dirty, c)
	}
}

// tell sends a frame to one client, in the next tick.
func (s *shard) tell(c *conn, frame []byte) {
	c.control = append(c.control, frame...)
	s.mark(c)
}

// A tick writes to so many connections, or a sixteenth of all if that is more: then the shard reads, and what has
// come meanwhile goes with the next tick. So what is new waits for one short tick before the first see
// it, and what clients place does not wait until all others have been written to.
const (
	tickConns = groupSize
	tickParts = 16
)

// writeSome is one tick: what is due to those groups that have waited for longest, and what is for one connection
// alone.
func (s *shard) writeSome() { s.writeDue(max(tickConns, len(s.conns)/tickParts)) }

// flush is a tick in which everything that is due is written.
func (s *shard) flush() { s.writeDue(math.MaxInt) }

// writeDue is a tick: one write to each connection of groups with at least so many connections, if so
// many have something due, and to those that have something of their own.
//
// Only the shard's loop calls it, between commands. It may end connections and move others
// on, so nothing that was known about a connection before can be relied on afterwards.
func (s *shard) writeDue(most int) {
	defer s.rescueAll()
	s.haste = false
	s.tick++
	if !s.owes(s.roundEnd) {
		s.roundEnd = s.turns
	}
	s.pace.Begin(time.Now())
	s.cpu.Begin()
	s.tellRules()
	s.compose(most)
	if s.isNews() {
		s.attemptAll(s.conns, (*shard).write)
	}
	for _, v := range s.chosen {
		s.attemptAll(v.conns, (*shard).write)
	}
	for i := 0; i < len(s.dirty); i++ { // grows: write adds the connections that turn out to be slow
		if c := s.dirty[i]; !s.waits(c) {
			s.attempt(c, (*shard).write)
		}
	}
	waited := s.clearRound()
	s.tellFollower()
	s.goOn()
	s.cpu.End()
	s.flushAt = s.pace.End(&s.cpu, !s.owes(s.roundEnd), time.Now())
	s.note(s.cpu, waited)
	s.cpu = pace.Span{}
}

// owes reports whether any of those that began to wait until that turn still waits.
func (s *shard) owes(turn uint64) bool { return len(s.touched) > 0 && s.touched[0].turn <= turn }

// compose prepares what is the same for many connections.
func (s *shard) compose(most int) {
	for p := range frames.Protocols {
		if s.count[p] > 0 {
			s.news[p] = s.changed(p)
		}
	}
	if s.isNews() {
		most = math.MaxInt
	}
	s.choose(most)
	var last *group
	for _, v := range s.chosen {
		if last != nil && last.key == v.key && len(last.due) == len(v.due) { // both have been shown everything since
			v.vector, v.pixels = append(v.vector, last.vector...), last.pixels
		} else {
			v.vector, v.pixels = s.appendDue(v.vector, v.key.protocol, v.due)
		}
		last = v
	}
	for _, v := range s.chosen {
		if len(v.cursors) > 0 {
			v.vector = append(v.vector, v.cursors)
		}
	}
}

// choose decides which groups' turn it is: those that have waited for longest, until there are so many
// connections, and those that others can join only while nothing is due to them.
func (s *shard) choose(most int) {
	conns := 0
	for _, v := range s.touched {
		if conns >= most {
			break
		}
		conns += len(v.conns)
		if v == &s.single {
			conns += len(s.catchingUp)
		}
		s.chosen = append(s.chosen, v)
		v.chosen = true
	}
	if len(s.chosen) == len(s.touched) {
		return
	}
	for _, c := range s.dirty {
		if s.settled(c) && !s.waits(c) {
			if v := s.groupFor(c.groupKey()); v != nil && v.touched && !v.chosen {
				s.chosen = append(s.chosen, v)
				v.chosen = true
			}
		}
	}
}

// waits reports whether what a connection is to be written waits for a later tick, so that it is written
// once and in order: an acknowledgement comes after its pixels.
func (s *shard) waits(c *conn) bool {
	v := c.view
	if c.catchingUp != nil {
		v = &s.single
	}
	return v != nil && v.touched && !v.chosen
}

// clearRound forgets what has been written, and returns for how long the first of it had waited.
func (s *shard) clearRound() (waited time.Duration) {
	if len(s.chosen) > 0 {
		waited = time.Since(s.chosen[0].since)
	}
	for _, v := range s.chosen {
		clear(v.due)
		clear(v.vector)
		v.due, v.bytes, v.vector, v.pixels = v.due[:0], 0, v.vector[:0], 0
		v.cursors, v.touched, v.chosen = nil, false, false
	}
	s.touched = slices.DeleteFunc(s.touched, func(v *group) bool { return !v.touched })
	clear(s.chosen)
	clear(s.changes)
	clear(s.vector)
	s.merges.Forget()
	s.nameList.now = false
	s.chosen, s.changes, s.news = s.chosen[:0], s.changes[:0], [frames.Protocols][]byte{}

	k := &s.server.counters
	k.Writes.Add(s.writes)
	k.BytesOut.Add(s.bytes)
	k.Pixels.Add(s.pixels)
	s.writes, s.bytes, s.pixels = 0, 0, 0
	return waited
}

// goOn lets the connections that this tick has looked at take their next step: read on, ask for
// a region, join a group, or end.
func (s *shard) goOn() {
	left := s.dirty[:0]
	for _, c := range s.dirty {
		if s.waits(c) {
			left = append(left, c)
			continue
		}
		c.dirty = false
		s.visited = append(s.visited, c)
	}
	clear(s.dirty[len(left):])
	s.dirty = left
	for _, c := range s.visited {
		s.attempt(c, (*shard).stepOn)
	}
	clear(s.visited)
	s.visited = s.visited[:0]
}

func (s *shard) stepOn(c *conn) {
	s.resume(c)
	s.ask(c)
	s.joinGroup(c)
	switch {
	case c.backlog != nil: // it is looked at again when the backlog has been written
	case len(c.control) > 0: // was added during the tick, after the connection's turn
		s.mark(c)
	case c.state == closing && !c.shut:
		c.shut = true
		c.socket.CloseWrite()
	}
}

// note counts a tick.
func (s *shard) note(tick pace.Span, waited time.Duration) {
	k := &s.server.counters
	k.Ticks.Add(1)
	k.TickNanos.Store(int64(tick.Took))
	k.TickCPU.Add(int64(tick.CPU))
	if k.Tick != nil && waited > 0 {
		k.Tick(waited)
	}
}

package transport

import (
	"cmp"
	"errors"
	"runtime"
	"slices"
	"time"

	"pixelplayground/transport/frames"
	"pixelplayground/transport/netpoll"
	"pixelplayground/transport/stats"
)

// round is what is to be written in the next tick, and the state of a tick in progress.
type round struct {
	flushAt  time.Time          // the earliest time of the next tick
	haste    bool               // so much is due that the tick must not wait for flushAt
	dirty    []*conn            // may have something to write that is theirs alone, or something to ask
	touched  []*group           // have something due
	changes  []*frames.Presence // presences since the last tick, to be shown to all
	nameList nameList
	tick     uint64 // number of the last tick

	// During a tick.
	visited []*conn                  // were in dirty during this tick
	news    [frames.Protocols][]byte // changes, encoded
	vector  [][]byte                 // what is being written
	merged  [][]byte                 // room for appendDue
	merges  frames.Merges
	writes  int64
	bytes   int64
	pixels  int64
	cpu     stats.CPUSpan
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

// flush is one tick: one write to each connection that has something due.
//
// Only the shard's loop calls flush, between commands. It may end connections and move others
// on, so nothing that was known about a connection before can be relied on afterwards.
func (s *shard) flush() {
	defer s.rescueAll()
	s.haste = false
	s.tick++
	s.cpu.Begin()
	s.tellRules()
	s.compose()
	if s.isNews() {
		s.attemptAll(s.conns, (*shard).write)
	}
	for _, v := range s.touched {
		s.attemptAll(v.conns, (*shard).write)
	}
	for i := 0; i < len(s.dirty); i++ { // grows: write adds the connections that turn out to be slow
		s.attempt(s.dirty[i], (*shard).write)
	}
	s.tellFollower()
	s.clearRound()
	s.goOn()
	s.cpu.End()
	s.pace(s.cpu, time.Now())
	s.server.counters.TickCPU.Add(int64(s.cpu.CPU))
	s.cpu = stats.CPUSpan{}
}

// compose prepares what is the same for many connections.
func (s *shard) compose() {
	for p := range frames.Protocols {
		if s.count[p] > 0 {
			s.news[p] = s.changed(p)
		}
	}
	for _, v := range s.touched {
		v.vector, v.pixels = s.appendDue(v.vector, v.key.protocol, v.due)
		if len(v.cursors) > 0 {
			v.vector = append(v.vector, v.cursors)
		}
	}
}

// write writes what is due to a connection, once in a tick.
func (s *shard) write(c *conn) {
	if c.tick == s.tick || c.state == gone {
		return
	}
	c.tick = s.tick
	if c.backlog != nil {
		s.lag(c)
		c.stale = c.stale || s.isNews()
		return
	}
	if c.protocol == frames.JSON && c.state < live {
		s.leaveOut(c)
		return
	}
	vector := s.vector[:0]
	if c.protocol == frames.JSON { // first of all it is told that it is connected
		vector = c.appendControl(vector)
	}
	if c.view != nil {
		vector = append(vector, c.view.vector...)
		s.pixels += int64(c.view.pixels)
		c.used.out += uint32(c.view.pixels)
	} else if c.catchingUp != nil {
		var pixels int
		vector, pixels = s.appendDue(vector, c.protocol, c.catchingUp.due)
		c.catchingUp.clearDue()
		s.pixels += int64(pixels)
		c.used.out += uint32(pixels)
	}
	vector = c.appendControl(vector) // an ack comes after the pixels it is for, WELCOME before who is here
	if news := s.newsFor(c); len(news) > 0 {
		vector = append(vector, news)
	}
	s.vector = vector
	if len(vector) > 0 {
		s.send(c, vector)
	}
}

// appendControl appends the frames for this client alone, if there are any.
func (c *conn) appendControl(vector [][]byte) [][]byte {
	if len(c.control) > 0 {
		vector = append(vector, c.control)
		c.control = nil
	}
	return vector
}

// spanWrites is how many writes a tick does before it lets other goroutines run: that takes a
// quarter of a millisecond. So new pixels go through the actors and to the store while earlier
// ones are being written, even if there is only one core.
const spanWrites = 32

// send writes a vector and keeps what the socket does not take. It changes the vector.
func (s *shard) send(c *conn, vector [][]byte) {
	n, err := c.socket.Writev(vector)
	s.writes++
	s.bytes += int64(n)
	c.used.bytes += uint64(n)
	if s.writes%spanWrites == 0 {
		s.cpu.End()
		runtime.Gosched()
		s.cpu.Begin()
	}
	if err != nil && !errors.Is(err, netpoll.ErrWouldBlock) {
		s.destroy(c, frames.CodeVanished)
		return
	}
	if rest := skip(vector, n); len(rest) > 0 {
		s.fallBehind(c, rest)
	}
}

// clearRound forgets what has been written.
func (s *shard) clearRound() {
	for _, v := range s.touched {
		clear(v.due)
		clear(v.vector)
		v.due, v.bytes, v.vector, v.pixels = v.due[:0], 0, v.vector[:0], 0
		v.cursors, v.touched = nil, false
	}
	clear(s.touched)
	clear(s.changes)
	clear(s.vector)
	s.merges.Forget()
	s.nameList.now = false
	s.touched, s.changes, s.news = s.touched[:0], s.changes[:0], [frames.Protocols][]byte{}

	k := &s.server.counters
	k.Writes.Add(s.writes)
	k.BytesOut.Add(s.bytes)
	k.Pixels.Add(s.pixels)
	s.writes, s.bytes, s.pixels = 0, 0, 0
}

// goOn lets the connections that this tick has looked at take their next step: read on, ask for
// a region, join a group, or end.
func (s *shard) goOn() {
	s.dirty, s.visited = s.visited[:0], s.dirty
	for _, c := range s.visited {
		c.dirty = false
	}
	for _, c := range s.visited {
		s.attempt(c, (*shard).stepOn)
	}
	clear(s.visited)
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

// pace sets the time of the next tick. The pause is 1.5 times as long as writing took, so
// that it takes at most two fifths of the time, but never longer than MaxTick. What counts is the
// processor's time: what other threads had of the core meanwhile, the store's above all, would make
// the tick longer twice.
func (s *shard) pace(tick stats.CPUSpan, ended time.Time) {
	writing := cmp.Or(tick.CPU, tick.Took)
	s.flushAt = ended.Add(min(writing+writing/2, s.server.cfg.MaxTick))
	s.server.counters.Ticks.Add(1)
	s.server.counters.TickNanos.Store(int64(tick.Took))
	if observe := s.server.counters.Tick; observe != nil {
		observe(tick.Took)
	}
}

// maxVector is how many frames are written without being copied. If there are more, they are first
// copied into one piece, which costs less than handling each of them in every connection's
// system call. It also keeps the whole write within 8 pieces, for which unix.Writev does not
// allocate.
const maxVector = 4

// appendDue appends the frames of what is due to a vector, and counts their pixels.
func (s *shard) appendDue(vector [][]byte, p frames.Protocol, all []frames.Due) ([][]byte, int) {
	pixels := 0
	for i := range all {
		if all[i].Pixels != nil {
			pixels += all[i].Pixels.Count
		}
	}
	merged := s.merges.Frames(s.merged[:0], p, all)
	s.merged = merged
	if len(merged) <= maxVector {
		vector = append(vector, merged...)
	} else {
		vector = append(vector, slices.Concat(merged...))
	}
	clear(merged)
	return vector, pixels
}

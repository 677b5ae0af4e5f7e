package transport

import (
	"errors"

	"pixelplayground/transport/frames"
	"pixelplayground/transport/netpoll"
)

// A slow connection is one whose socket has not taken all of a write: it has a backlog until it has. What it
// misses meanwhile is not kept for it (lag), and it is brought up to date afterwards (catch_up.go). It is given
// up on after Config.StallTimeout without a byte taken.

// backlog is what a slow client must take before it gets anything else.
type backlog struct {
	pending [][]byte
	since   moment // when it last took anything
	began   moment
}

// fallBehind keeps for a connection what its socket has not taken.
func (s *shard) fallBehind(c *conn, rest [][]byte) {
	c.backlog = &backlog{append([][]byte(nil), rest...), s.moment(), s.moment()}
	s.server.counters.Slow.Add(1)
	s.server.counters.Behind.Add(1)
	s.watch(c)
}

// lag notes what a connection misses of this tick because it has not taken all of its last
// write. When it takes bytes again it is brought up to date from there.
func (s *shard) lag(c *conn) {
	if c.view != nil && len(c.view.due) > 0 {
		s.leaveGroup(c)
	}
	if c.catchingUp == nil || len(c.catchingUp.due) == 0 {
		return
	}
	s.server.counters.Lagged.Add(1)
	for _, d := range c.catchingUp.due {
		if s.unsync(c, d.From.Region) { // the first due of a region has the client's position
			c.catchingUp.want = append(c.catchingUp.want, d.From)
			s.rewind(c, d.From.Region, d.Ahead)
		}
	}
	c.catchingUp.clearDue()
}

// writable writes more of a connection's backlog.
func (s *shard) writable(c *conn) {
	if c.backlog == nil {
		return // the event is older than the end of the backlog
	}
	n, err := c.socket.Writev(c.backlog.pending)
	s.server.counters.Writes.Add(1)
	s.server.counters.BytesOut.Add(int64(n))
	c.used.bytes += uint64(n)
	if err != nil && !errors.Is(err, netpoll.ErrWouldBlock) {
		s.destroy(c, frames.CodeVanished)
		return
	}
	if n > 0 {
		c.backlog.since = s.moment()
	}
	if c.backlog.pending = skip(c.backlog.pending, n); len(c.backlog.pending) == 0 {
		c.backlog = nil
		s.server.counters.Behind.Add(-1)
		s.watch(c)
		s.mark(c)
	}
}

// isStalled reports whether a slow connection has taken nothing for so long that it is given up on.
func (s *shard) isStalled(c *conn) bool {
	return c.backlog != nil && s.since(c.backlog.since) > s.server.cfg.StallTimeout
}

// skip drops the first n bytes of a vector.
func skip(vector [][]byte, n int) [][]byte {
	for len(vector) > 0 && n >= len(vector[0]) {
		n -= len(vector[0])
		vector[0] = nil
		vector = vector[1:]
	}
	if n > 0 {
		vector[0] = vector[0][n:]
	}
	return vector
}

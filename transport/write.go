package transport

import (
	"errors"
	"runtime"
	"slices"

	"pixelplayground/transport/frames"
	"pixelplayground/transport/netpoll"
)

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

// spanWrites is how many writes a shard does before it lets other goroutines run: that takes a
// quarter of a millisecond. So new pixels go through the actors and to the store while earlier
// ones are being written, even if there is only one core.
const spanWrites = 32

// send writes a vector and keeps what the socket does not take. It changes the vector.
func (s *shard) send(c *conn, vector [][]byte) {
	n, err := c.socket.Writev(vector)
	s.writes++
	s.bytes += int64(n)
	c.used.bytes += uint64(n)
	if s.unyielding++; s.unyielding == spanWrites {
		s.unyielding = 0
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

package transport

import (
	"time"

	"pixelplayground/codec"
)

// intake is the unfinished message that a client has sent so far, or what was received while the
// connection is paused. The client decides how long that takes, so it is bounded: for all
// connections together and for those of a network (quota.Account), and in time
// (Config.MessageTimeout). When a bound on memory is reached, a connection is read from in small pieces, and not at all once it
// holds freeIntake. So clients that send messages of the usual size do not notice. A large
// message waits for memory, which is freed when others finish their messages or are closed.
type intake struct {
	partial    []byte // the beginning of a frame, or everything while the connection is paused
	message    []byte // the fragments of a message so far
	fragmented bool   // a fragmented message has begun and not ended
	began      moment // when the message began, or partial
	counted    int    // how many bytes of it the account has counted
}

// freeIntake is what every connection may hold, whatever the others do, in bytes: a stroke of 280
// pixels.
const freeIntake = 2 << 10

// size is how many bytes of memory it holds.
func (in *intake) size() int {
	if in == nil {
		return 0
	}
	return cap(in.partial) + cap(in.message)
}

// takeIn returns the connection's intake, for what can't be handled yet.
func (s *shard) takeIn(c *conn) *intake {
	if c.intake == nil {
		c.intake = &intake{began: s.moment()}
	}
	return c.intake
}

// hold counts by how much a connection's intake has grown.
func (s *shard) hold(c *conn) {
	if in := c.intake; in != nil {
		c.account.Hold(in.size() - in.counted)
		in.counted = in.size()
	}
}

// drop frees a connection's intake.
func (s *shard) drop(c *conn) {
	if in := c.intake; in != nil {
		c.account.Hold(-in.counted)
		c.intake = nil
	}
}

// roomFor is how much may be read from a connection now, in bytes.
func (s *shard) roomFor(c *conn) int {
	if c.account.MayHold() {
		return len(s.buffer)
	}
	return max(freeIntake-c.intake.size(), 0)
}

// starvation is how long a message may take if there is no memory for it. It is short because
// a client that is not read from fills the kernel's buffers instead.
const starvation = 3 * time.Second

// starve stops reading from a connection until there is memory.
func (s *shard) starve(c *conn) {
	c.starved = true
	s.server.counters.Starved.Add(1)
	s.watch(c)
}

// feedOn reads again from a starved connection if there is memory for it now.
func (s *shard) feedOn(c *conn) {
	if c.starved && s.roomFor(c) > 0 {
		c.starved = false
		s.watch(c)
	}
}

// checkIntake closes a connection whose message takes too long, and reports whether it did.
func (s *shard) checkIntake(c *conn) bool {
	switch {
	case c.intake == nil || c.state >= closing:
		return false
	case c.paused: // it waits for us, or the client must first read our answers, which has its own timeout
		c.intake.began += moment(s.server.cfg.sweepEvery())
	case c.starved && s.since(c.intake.began) > starvation:
		s.failFor(c, codec.CloseTryLater, "no memory for so large a message now")
	case s.since(c.intake.began) > s.server.cfg.MessageTimeout:
		s.failFor(c, codec.CloseSilent, "a message took too long to end")
	}
	return c.state == closing
}

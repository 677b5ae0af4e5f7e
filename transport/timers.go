package transport

import (
	"github.com/gobwas/ws"

	"pixelplayground/codec"
)

// sweep checks every connection's timeouts, and does what else is done from time to time.
func (s *shard) sweep() {
	s.attemptAll(s.conns, (*shard).check)
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
	case c.backlog != nil && s.since(c.backlog.since) > cfg.StallTimeout:
		s.fail(c, codec.CloseSlow) // which won't reach it, but is counted
		s.destroy(c, 0)
	case c.state == greeting && s.since(c.since) > cfg.HelloTimeout:
		s.failFor(c, codec.CloseNoHello, "no HELLO came in time")
	case c.state == arriving && s.since(c.since) > 2*cfg.HelloTimeout: // not the client's fault
		s.fail(c, codec.CloseInternal)
	case c.paused || c.starved: // it may have sent something that was not read
		c.heard = s.moment()
	case quiet > cfg.SilenceTimeout:
		s.fail(c, codec.CloseSilent)
	case quiet > cfg.PingEvery && !c.pinged:
		c.pinged = true
		s.tell(c, appendHeader(nil, ws.OpPing, 0))
	}
}

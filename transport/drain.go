package transport

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"pixelplayground/codec"
	"pixelplayground/transport/frames"
)

const awayReason = "another server is better off: please reconnect"

// SendAway tells at most n clients to go elsewhere and closes their connections. Each shard
// sends away those that connected first. Clients that connected after before stay: one that was
// sent away and comes back has nowhere better to be. Only binary clients can resume where they
// were, so JSON clients are left alone unless all is true.
func (s *Server) SendAway(n int, before time.Time, all bool, notice Notice) {
	if s.host == nil {
		return // never opened
	}
	left := new(atomic.Int64)
	left.Store(int64(n))
	for _, shard := range s.shards {
		shard.inbox.Post(away{left, before, all, notice})
	}
}

// away sends some of a shard's clients elsewhere.
type away struct {
	left   *atomic.Int64 // how many more clients may go, of all shards together
	before time.Time
	all    bool
	notice Notice
}

func (m away) run(s *shard) {
	cutoff := s.moment() - moment(s.now.Sub(m.before))
	var leave []*conn
	for _, c := range s.conns {
		if c.state == live && c.since <= cutoff && (m.all || c.protocol == frames.Binary) {
			leave = append(leave, c)
		}
	}
	slices.SortFunc(leave, func(a, b *conn) int { return cmp.Or(cmp.Compare(a.since, b.since), cmp.Compare(a.id, b.id)) })
	for _, c := range leave {
		if m.left.Add(-1) < 0 {
			return
		}
		s.attempt(c, func(s *shard, c *conn) {
			s.tellToGo(c, m.notice)
			s.failFor(c, codec.CloseRestart, awayReason)
		})
	}
}

// tellToGo tells a client that its connection is about to be closed, and when to come back.
func (s *shard) tellToGo(c *conn, m Notice) {
	if c.state == live && c.protocol == frames.Binary {
		notice := codec.Notice{Code: codec.NoticeDraining, Text: m.Text, Retry: m.Retry + s.server.cfg.Jitter(m.Spread)}
		s.tell(c, frames.Seal(c.protocol.OpCode(), codec.AppendNotice(frames.Room(64+len(m.Text)), notice)))
	}
}

// drain sends every client elsewhere.
type drain struct{ notice Notice }

func (m drain) run(s *shard) {
	s.draining = true
	for _, c := range s.conns {
		s.tellToGo(c, m.notice)
		s.fail(c, codec.CloseRestart)
	}
	s.checkDrained()
}

// checkDrained lets Drain return when no connection is left.
func (s *shard) checkDrained() {
	if s.draining && len(s.conns) == 0 {
		select {
		case <-s.drained: // closed already
		default:
			close(s.drained)
		}
	}
}

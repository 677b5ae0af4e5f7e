package transport

import (
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
)

// A bug of ours that a client triggers must cost that client its connection, and must not
// affect anyone else. So a shard recovers from a panic in every step it takes. If a step for
// one connection panics, attempt ends that connection. A panic in a step that belongs to no
// connection, such as showing a batch to all its viewers, may have left anything half done:
// then the shard closes all its connections and starts afresh, by renew. Their clients reconnect by
// themselves, and no op is lost, since the actors keep the ops.
//
// Package upgrade recovers from panics in handshakes, and net/http from those in what it
// serves. The methods that actors call run under the actors' supervision.
//
// Two places are left out on purpose. A poller that fails to wait has lost descriptors of
// the process itself. No client can bring that about, and nothing would be served afterwards,
// so the process ends and is started again. And the goroutines of a plain netpoll.Socket only carry
// bytes between a buffer and the kernel: nothing that a client sends decides what they do.

// attempt does something for one connection, and ends it if that panics.
func (s *shard) attempt(c *conn, do func(*shard, *conn)) {
	defer s.rescue(c)
	do(s, c)
}

// attemptAll calls attempt for all connections of one of the shard's lists. It goes from the
// end, because a connection that leaves the list meanwhile is replaced by the last one, which
// has had its turn.
func (s *shard) attemptAll(conns []*conn, do func(*shard, *conn)) {
	for i := len(conns) - 1; i >= 0; i-- {
		s.attempt(conns[i], do)
	}
}

func (s *shard) rescue(c *conn) {
	if value := recover(); value != nil {
		s.server.faults.Note("connection", value)
		s.end(c)
	}
}

// owned is a command that concerns one connection. owner is nil if the shard does not have
// that connection, or not any more.
type owned interface{ owner(s *shard) *conn }

// hurried is a command before which, in some states, everything due must be written: hurries
// reports whether that is so. The command itself must not write, since that may end connections or
// move them on. So do writes before, and then the command looks at everything afresh.
type hurried interface{ hurries(s *shard) bool }

// do runs a command.
func (s *shard) do(c command) {
	if h, ok := c.(hurried); ok && s.inHaste(h) {
		s.flush()
	}
	s.execute(c)
	if s.haste {
		s.flush()
	}
}

func (s *shard) inHaste(h hurried) bool {
	defer s.rescueAll()
	return h.hurries(s)
}

func (s *shard) execute(c command) {
	if o, ok := c.(owned); ok {
		defer s.rescueOwner(o)
	} else {
		defer s.rescueAll()
	}
	c.run(s)
}

func (s *shard) rescueOwner(o owned) {
	if value := recover(); value != nil {
		s.server.faults.Note("connection", value)
		if c := o.owner(s); c != nil {
			s.end(c)
		}
	}
}

func (s *shard) rescueAll() {
	if value := recover(); value != nil {
		s.server.faults.Note("shard", value)
		s.renew()
	}
}

// tried runs f, recovers if it panics, and reports whether it did not.
func (s *shard) tried(f func()) (ok bool) {
	defer func() {
		if value := recover(); value != nil {
			s.server.faults.Note("connection", value)
			ok = false
		}
	}()
	f()
	return true
}

// end closes a connection for which something has panicked, as gently as the state allows
// that the panic has left it in.
func (s *shard) end(c *conn) {
	s.merges = frames.NewMerges(s.server.cfg.Geometry) // the panic may have interrupted a merge
	if c.state >= closing || !s.tried(func() { s.fail(c, codec.CloseInternal) }) {
		s.tried(func() { s.destroy(c, codec.CloseInternal) })
	}
	if err := s.audit(); err != nil {
		s.server.cfg.Log.Error("a fault has left a shard in disorder: it begins anew", "err", err)
		s.renew()
	}
}

// renew closes all connections, whatever state they are in, and makes the shard start afresh.
func (s *shard) renew() {
	s.server.cfg.Log.Error("closing all connections of a shard", "connections", len(s.conns))
	for _, c := range s.conns {
		s.abandon(c)
	}
	k := &s.server.counters
	k.Connections.Add(-int64(len(s.conns)))
	for p := range frames.Protocols {
		s.recount(p, -s.count[p])
	}
	for region := range s.feeds {
		s.server.following[region].Add(-s.feeds[region].followers)
	}
	s.cpu.End()
	s.begin()
	s.checkDrained()
}

// abandon frees what a connection holds outside the shard.
func (s *shard) abandon(c *conn) {
	told := c.state >= closing
	c.state = gone
	s.drop(c)
	c.account.Close()
	if c.backlog != nil {
		s.server.counters.Behind.Add(-1)
	}
	if !told {
		s.server.counters.Closes.Add(codec.CloseInternal)
		if c.session != nil {
			s.tried(c.session.Close)
		}
		if c.backlog == nil {
			s.tried(func() {
				_, _ = c.socket.Writev([][]byte{frames.Close(codec.CloseInternal, frames.Reason(codec.CloseInternal))})
			})
		}
	}
	s.tried(func() { s.poller.Remove(c.socket) })
	s.tried(func() { c.socket.Close(c.backlog != nil) })
	c.view, c.catchingUp, c.backlog, c.control, c.intake = nil, nil, nil, nil, nil
}

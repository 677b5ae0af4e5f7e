package transport

import "pixelplayground/codec"

// drain sends every client elsewhere.
type drain struct{ notice Notice }

func (m drain) run(s *shard) {
	s.draining = true
	for _, c := range s.conns {
		if c.state == live && c.protocol == binaryProtocol {
			notice := codec.Notice{
				Code: codec.NoticeDraining, Text: m.notice.Text,
				Retry: m.notice.Retry + s.server.cfg.Jitter(m.notice.Spread),
			}
			s.tell(c, seal(c.protocol.opCode(), codec.AppendNotice(room(64+len(m.notice.Text)), notice)))
		}
		s.fail(c, closeRestart)
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

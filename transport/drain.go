package transport

// drain sends every client elsewhere.
type drain struct{ notice Notice }

func (m drain) run(s *shard) {
	s.draining = true
	for _, c := range s.conns {
		s.tellToGo(c, m.notice)
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

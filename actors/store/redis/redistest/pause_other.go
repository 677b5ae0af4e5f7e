//go:build !unix

package redistest

// Pause would stop the process without ending it, which this system can't.
func (s *Server) Pause() { s.t.Skip("this system can't stop a process without ending it") }

// Resume would end a pause.
func (s *Server) Resume() {}

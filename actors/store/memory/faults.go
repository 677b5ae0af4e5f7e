package memory

import (
	"context"

	"pixelplayground/actors/canvas"
)

// Fault decides whether a call ("claim", "commit", "release", "history" or "ping") goes
// wrong: the error it returns is what the caller gets. It runs under the store's lock,
// so it must not call the store.
type Fault func(operation string, region canvas.RegionID) error

// faults is what a test has done to the store; all under the store's lock.
type faults struct {
	fail, lose Fault
	gate       chan struct{} // closed by release; nil: commits need not wait
	held       int           // commits that wait
}

func (f *faults) before(operation string, region canvas.RegionID) error {
	if f.fail == nil {
		return nil
	}
	return f.fail(operation, region)
}

func (f *faults) after(operation string, region canvas.RegionID) error {
	if f.lose == nil {
		return nil
	}
	return f.lose(operation, region)
}

// Fail has f decide before each call whether it fails; then it has done nothing. Nil ends it.
func (s *Store) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.fail = f
}

// Lose has f decide after each call that succeeded whether its answer is lost, as when a
// connection breaks after the command arrived. Nil ends it.
func (s *Store) Lose(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.lose = f
}

// Hold makes every commit from now on wait, having changed nothing yet, until release
// is called or its ctx ends. Release may be called twice.
func (s *Store) Hold() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gate := make(chan struct{})
	s.faults.gate = gate
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.faults.gate == gate {
			s.faults.gate = nil
		}
		select {
		case <-gate:
		default:
			close(gate)
		}
	}
}

// Held is how many commits wait for the release of a Hold.
func (s *Store) Held() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults.held
}

// Commits is how many batches were committed; repetitions don't count.
func (s *Store) Commits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commits
}

func (s *Store) waitAtGate(ctx context.Context) {
	s.mu.Lock()
	gate := s.faults.gate
	if gate == nil {
		s.mu.Unlock()
		return
	}
	s.faults.held++
	s.mu.Unlock()
	select {
	case <-gate:
	case <-ctx.Done():
	}
	s.mu.Lock()
	s.faults.held--
	s.mu.Unlock()
}

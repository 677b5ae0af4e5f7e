package memory

import (
	"context"
	"slices"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// Fault decides whether a call ("claim", "claims", "commit", "mend", "release", "fence", "holds", "recorded", "history" or "ping";
// of documents "document", "documents", "put", "swap", "delete" or "sure", with region 0) goes wrong:
// the caller gets the error that it returns. It runs under the store's lock, so it must not call the
// store.
type Fault func(operation string, region canvas.RegionID) error

// faults is what a test has done to the store. All of it is guarded by the store's lock.
type faults struct {
	fail, lose Fault
	gate       chan struct{} // closed by release; nil: commits need not wait
	held       int           // commits that are waiting
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

// Fail has f decide, before each call, whether the call fails; a call that fails does nothing. Nil
// ends it.
func (s *Store) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.fail = f
}

// Lose has f decide, after each call that succeeded, whether its answer is lost, as when a
// connection breaks after the command arrived. Nil ends it.
func (s *Store) Lose(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.lose = f
}

// Forget makes the store lose everything it knows about a region, like a Redis that is emptied.
func (s *Store) Forget(region canvas.RegionID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.regions, region)
}

// Saved is a region's earlier state.
type Saved struct {
	id canvas.RegionID
	of *region
}

// Save keeps a region's state for Rewind.
func (s *Store) Save(id canvas.RegionID) Saved {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := *s.region(id)
	r.tile, r.log = slices.Clone(r.tile), slices.Clone(r.log)
	return Saved{id, &r}
}

// Rewind returns a region to a saved state, like a failover that loses the last writes.
func (s *Store) Rewind(to Saved) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.regions[to.id] = to.of
}

// Break makes all claims of a region find it damaged until it is mended. It has lost its log and,
// if pixels is set, its pixels.
func (s *Store) Break(id canvas.RegionID, pixels bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.region(id)
	r.broken = &store.Remains{Region: id, Position: r.position, LogStart: r.position.Seq}
	if r.broken.Lose("it was broken"); pixels {
		r.broken.Missing = func(uint16) bool { return true }
		_, _, width, height := s.cfg.Geometry.Bounds(id)
		r.tile = canvas.NewTile(width, height)
	}
	r.log = nil
}

// Hold makes every commit from now on wait, before it changes anything, until release is called or
// the commit's ctx ends. release may be called twice.
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

// Held returns how many commits are waiting for the release of a Hold.
func (s *Store) Held() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults.held
}

// Commits returns how many batches were committed, not counting repetitions.
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

// RecordedTo returns up to where a region is noted as recorded.
func (s *Store) RecordedTo(id canvas.RegionID) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.region(id).recorded
}

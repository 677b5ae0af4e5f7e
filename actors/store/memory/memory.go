// Package memory is a store that keeps a canvas in memory, for tests of what builds on a store. It
// passes store/storetest, and its calls can be made to fail or to wait (see faults.go). Several
// nodes in one test can share it as they would share a Redis.
package memory

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// Config of a store in memory.
type Config struct {
	Geometry  canvas.Geometry
	LogPixels int // bound of the log per region, in pixels; 0: 100,000
	Buffer    int // bound of what is not recorded of it; 0: there is no record

	Now func() time.Time // by which documents end; nil: time.Now
}

// Store implements store.Store and store.Documents.
type Store struct {
	cfg Config

	mu      sync.Mutex
	regions map[canvas.RegionID]*region
	commits int
	claims  int
	closed  bool
	faults  faults

	documents map[documentID]document
	sure      time.Time // see Sure
}

type region struct {
	term     store.Term // of the last claim
	claimed  bool       // it has not been released since
	position canvas.Position
	lastFrom uint64 // of the last batch
	tile     canvas.Tile
	log      []*canvas.Batch
	recorded uint64         // see store.Recorded
	broken   *store.Remains // nil: it is sound
}

// New makes a blank canvas.
func New(cfg Config) *Store {
	if cfg.LogPixels == 0 {
		cfg.LogPixels = 100_000
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Store{cfg: cfg, regions: make(map[canvas.RegionID]*region), documents: make(map[documentID]document)}
}

// do runs one operation on a region under the lock, unless the store is closed, the
// caller has given up, or the test wants it to fail.
func (s *Store) do(ctx context.Context, operation string, id canvas.RegionID, f func(*region) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	err := ctx.Err()
	if err != nil {
		err = fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	if err == nil {
		err = s.faults.before(operation, id)
	}
	if err == nil {
		err = f(s.region(id))
	}
	if err == nil {
		err = s.faults.after(operation, id)
	}
	if err != nil {
		return fmt.Errorf("%s region %d: %w", operation, id, err)
	}
	return nil
}

func (s *Store) region(id canvas.RegionID) *region {
	r := s.regions[id]
	if r == nil {
		_, _, width, height := s.cfg.Geometry.Bounds(id)
		r = &region{tile: canvas.NewTile(width, height)}
		s.regions[id] = r
	}
	return r
}

// Claim implements store.Store.
func (s *Store) Claim(ctx context.Context, id canvas.RegionID, _ string) (*store.Claim, error) {
	var claim *store.Claim
	err := s.do(ctx, "claim", id, func(r *region) error {
		r.term = store.Term{Epoch: r.term.Epoch + 1, Token: store.NewToken()}
		s.claims++
		r.claimed = true
		if r.broken != nil {
			left := *r.broken
			left.Tile = slices.Clone(r.tile)
			claim = left.Claim(r.term)
			return nil
		}
		start, _ := store.Ends(r.log, r.position)
		claim = &store.Claim{
			Term: r.term, Position: r.position, Tile: slices.Clone(r.tile), Recent: slices.Clone(s.cfg.keep().Tail(r.log)), Recorded: r.recorded,
			LogStart: start,
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return claim, nil
}

// Commit implements store.Store.
func (s *Store) Commit(ctx context.Context, b *canvas.Batch, token store.Token) error {
	s.waitAtGate(ctx)
	return s.do(ctx, "commit", b.Region, func(r *region) error {
		switch {
		case r.foreign(store.Term{Epoch: b.Epoch, Token: token}) != nil:
			return r.foreign(store.Term{Epoch: b.Epoch, Token: token})
		case r.broken != nil:
			return fmt.Errorf("it was broken: %w", store.ErrDamaged)
		case b.Position() == r.position && b.From == r.lastFrom:
			return nil
		case b.From < r.position.Seq:
			return fmt.Errorf("from %d, the region is at %d: %w", b.From, r.position.Seq, store.ErrFenced)
		case b.From > r.position.Seq:
			return fmt.Errorf("from %d, the region is at %d: %w", b.From, r.position.Seq, store.ErrDamaged)
		}
		s.commits++
		r.apply(b, s.cfg.keep())
		return nil
	})
}

// foreign returns why a claim is not the current one; nil: it is.
func (r *region) foreign(term store.Term) error {
	switch {
	case r.term.Epoch < term.Epoch:
		return fmt.Errorf("epoch %d, the last claim has %d: %w", term.Epoch, r.term.Epoch, store.ErrDamaged)
	case r.term != term || !r.claimed:
		return fmt.Errorf("epoch %d, the last claim has %d: %w", term.Epoch, r.term.Epoch, store.ErrFenced)
	}
	return nil
}

func (r *region) apply(b *canvas.Batch, keep store.Keep) {
	r.tile.Apply(b)
	r.position, r.lastFrom = b.Position(), b.From
	r.log = append(r.log, b)
	must, may := keep.Cuts(b.To)
	for may = min(may, r.recorded); len(r.log) > 1 && (r.log[0].From < must || r.log[0].To <= may); {
		r.log = r.log[1:]
	}
}

func (c Config) keep() store.Keep { return store.Keep{Least: c.LogPixels, Buffer: c.Buffer} }

// Release implements store.Store.
func (s *Store) Release(ctx context.Context, id canvas.RegionID, term store.Term) error {
	return s.do(ctx, "release", id, func(r *region) error {
		if term == r.term {
			r.claimed = false
		}
		return nil
	})
}

// Fence implements store.Fencer.
func (s *Store) Fence(ctx context.Context, id canvas.RegionID) error {
	return s.do(ctx, "fence", id, func(r *region) error {
		r.term, r.claimed = store.Term{Epoch: r.term.Epoch + 1, Token: store.NewToken()}, false
		return nil
	})
}

// Holds implements store.Store.
func (s *Store) Holds(ctx context.Context, id canvas.RegionID, term store.Term, reached uint64) error {
	return s.do(ctx, "holds", id, func(r *region) error {
		switch err := r.foreign(term); {
		case err != nil:
			return err
		case r.position.Seq < reached:
			return fmt.Errorf("the region was at %d and is at %d: %w", reached, r.position.Seq, store.ErrDamaged)
		case r.broken != nil:
			return fmt.Errorf("it was broken: %w", store.ErrDamaged)
		}
		return nil
	})
}

// Mend implements store.Store.
func (s *Store) Mend(ctx context.Context, id canvas.RegionID, _ string, have *store.Claim) (term store.Term, err error) {
	err = s.do(ctx, "mend", id, func(r *region) error {
		if r.term != have.Term && r.term.Epoch >= have.Epoch {
			return store.ErrFenced
		}
		term = store.Term{Epoch: max(r.term.Epoch, have.Epoch) + 1, Token: store.NewToken()}
		s.claims++
		recent := s.cfg.keep().Tail(have.Recent)
		_, lastFrom := store.Ends(recent, have.Position)
		*r = region{
			term: term, claimed: true, position: have.Position, lastFrom: lastFrom,
			tile: slices.Clone(have.Tile), log: slices.Clone(recent),
		}
		return nil
	})
	return term, err
}

// Recorded implements store.Store.
func (s *Store) Recorded(ctx context.Context, id canvas.RegionID, term store.Term, to uint64) error {
	return s.do(ctx, "recorded", id, func(r *region) error {
		switch err := r.foreign(term); {
		case err != nil:
			return err
		case to > r.position.Seq:
			return fmt.Errorf("recorded to %d, the region is at %d: %w", to, r.position.Seq, store.ErrDamaged)
		}
		r.recorded = max(r.recorded, to)
		return nil
	})
}

// Claims implements store.Store.
func (s *Store) Claims(ctx context.Context) (mark string, err error) {
	err = s.do(ctx, "claims", 0, func(*region) error {
		mark = strconv.Itoa(s.claims)
		return nil
	})
	return mark, err
}

// History implements store.Store.
func (s *Store) History(ctx context.Context, id canvas.RegionID, after uint64, limit int) ([]*canvas.Batch, error) {
	var history []*canvas.Batch
	err := s.do(ctx, "history", id, func(r *region) error {
		for _, b := range r.log {
			if b.To > after && len(history) < limit {
				history = append(history, b)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return history, nil
}

// Ping implements store.Store.
func (s *Store) Ping(ctx context.Context) error {
	return s.do(ctx, "ping", 0, func(*region) error { return nil })
}

// Close implements store.Store. It does not wait for commits that Hold holds back: they have not
// begun.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

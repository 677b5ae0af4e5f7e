// Package bolt is the embedded store: one bbolt file in a data directory, with nothing to install.
// It is for a single process; a second one that opens the same directory is refused. Every
// acknowledged commit has been flushed to the disk, so it survives kill -9 and, if the disk keeps
// its word, a power cut.
//
// A flush costs the same for one pixel as for thousands. So all changes go through one goroutine,
// the writer, which puts everything that waits, of all regions, into one transaction with one
// flush. It never waits for more: while a flush is under way, the next transaction gathers by
// itself.
package bolt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// Store implements store.Store and store.Documents in a file.
type Store struct {
	cfg   Config
	db    *bbolt.DB
	stats Stats

	requests chan *request // callers send while the store is open; Close closes it: nothing more will come
	written  chan struct{} // the writer closes it when it has ended

	claims atomic.Int64 // since the store was opened

	mu     sync.RWMutex // callers hold it for reading while they send to requests
	closed bool

	opened fileID                // identifies the file that was opened
	broken atomic.Pointer[error] // why reading the file has failed; nil: it has not
	now    func() time.Time
	room   func() uint64 // free on the disk, in bytes; only the writer uses this and doubt
	doubt  doubt
}

// Stats counts what the store did since it was opened.
type Stats struct {
	Requests     atomic.Int64 // claims, commits, releases and pings that came to the writer
	Transactions atomic.Int64 // transactions that were flushed to the disk
	Failed       atomic.Int64 // transactions that were undone
	QueueFull    atomic.Int64 // requests that had to wait for a place in the queue
}

// Open opens the canvas in cfg.Dir, or creates one. Its errors say what to do; the error for a
// canvas of another size wraps store.ErrGeometry.
func Open(cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	db, opened, err := openFile(cfg, os.OpenFile)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s := &Store{
		cfg: cfg, db: db, opened: opened, now: time.Now, room: func() uint64 { return freeRoom(db.Path()) },
		requests: make(chan *request, queueLength),
		written:  make(chan struct{}),
	}
	go s.write()
	return s, nil
}

// Close finishes what is queued and closes the file. It may be called twice.
func (s *Store) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.requests)
	}
	s.mu.Unlock()
	<-s.written
	if s.broken.Load() != nil { // closing would wait for the transaction that found this
		return nil
	}
	if err := s.db.Close(); err != nil { // waits for readers; does nothing the second time
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// Stats counts what the store does.
func (s *Store) Stats() *Stats { return &s.stats }

// Claim implements store.Store.
func (s *Store) Claim(ctx context.Context, region canvas.RegionID, owner string) (*store.Claim, error) {
	op := &claim{region: region, owner: owner, token: store.NewToken(), now: s.now()}
	if err := s.submit(ctx, op, 0); err != nil {
		return nil, fmt.Errorf("claim region %d: %w", region, err)
	}
	s.claims.Add(1)
	// Reading does not need the writer: nobody else can commit any more. If another owner has
	// claimed the region and committed nevertheless, what is read here is just as true, and this
	// claim is fenced as it would have been a moment later.
	var c *store.Claim
	err := s.read(ctx, func(t *tables) error {
		left := t.examine(s.cfg.Geometry, region, s.cfg.keep())
		if op.lost != nil {
			left.Lose("%v", op.lost)
		}
		c = left.Claim(store.Term{Epoch: op.epoch, Token: op.token})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim region %d: %w", region, err)
	}
	return c, nil
}

// Read returns what a claim of a region would return, as of one moment, and claims nothing. Its
// term is the epoch of the last claim.
func (s *Store) Read(ctx context.Context, region canvas.RegionID) (*store.Claim, error) {
	var c *store.Claim
	err := s.read(ctx, func(t *tables) error {
		left := t.examine(s.cfg.Geometry, region, s.cfg.keep())
		c = left.Claim(store.Term{Epoch: left.Epoch})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read region %d: %w", region, err)
	}
	return c, nil
}

// Commit implements store.Store. If ctx ends while the batch is queued, the writer drops the batch
// unless it has already begun with it. A repetition is queued behind the batch, so it finds it
// either done or dropped, and never comes first.
func (s *Store) Commit(ctx context.Context, b *canvas.Batch, token store.Token) error {
	return commitError(b, s.submit(ctx, s.newCommit(b, token), b.Pixels()))
}

// StartCommit implements store.CommitStarter.
func (s *Store) StartCommit(ctx context.Context, b *canvas.Batch, token store.Token, done func(error)) {
	s.start(ctx, s.newCommit(b, token), b.Pixels(), func(err error) { done(commitError(b, err)) })
}

func (s *Store) newCommit(b *canvas.Batch, token store.Token) *commit {
	return &commit{batch: b, token: token, entry: entryOf(b), keep: s.cfg.keep()}
}

func commitError(b *canvas.Batch, err error) error {
	if err != nil {
		return fmt.Errorf("commit region %d: %w", b.Region, err)
	}
	return nil
}

// Release implements store.Store.
func (s *Store) Release(ctx context.Context, region canvas.RegionID, term store.Term) error {
	if err := s.submit(ctx, &release{region: region, term: term}, 0); err != nil {
		return fmt.Errorf("release region %d: %w", region, err)
	}
	return nil
}

// Mend implements store.Store.
func (s *Store) Mend(ctx context.Context, region canvas.RegionID, owner string, have *store.Claim) (store.Term, error) {
	op := &mend{region: region, owner: owner, have: have, recent: s.cfg.keep().Tail(have.Recent), now: s.now(), term: store.Term{Token: store.NewToken()}}
	if err := s.submit(ctx, op, len(have.Tile)/3); err != nil {
		return store.Term{}, fmt.Errorf("mend region %d: %w", region, err)
	}
	s.claims.Add(1)
	return op.term, nil
}

// Recorded implements store.Store.
func (s *Store) Recorded(ctx context.Context, region canvas.RegionID, term store.Term, to uint64) error {
	if err := s.submit(ctx, &recorded{region: region, term: term, to: to}, 0); err != nil {
		return fmt.Errorf("note what is recorded of region %d: %w", region, err)
	}
	return nil
}

// Claims implements store.Store. Nobody else can claim in this file.
func (s *Store) Claims(ctx context.Context) (string, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	switch {
	case s.closed:
		return "", store.ErrClosed
	case ctx.Err() != nil:
		return "", unavailable(ctx.Err())
	}
	return strconv.FormatInt(s.claims.Load(), 10), nil
}

// Holds implements store.Store.
func (s *Store) Holds(ctx context.Context, region canvas.RegionID, term store.Term, reached uint64) error {
	var foreign error
	err := s.read(ctx, func(t *tables) error {
		r, err := t.region(region)
		if err != nil {
			return err
		}
		if foreign = r.foreign(term); foreign == nil && r.position.Seq < reached {
			return fmt.Errorf("the region was at %d and is at %d: %w", reached, r.position.Seq, store.ErrDamaged)
		}
		if foreign == nil && r.logStart < r.position.Seq && t.log.Get(logKey(region, r.position.Seq)) == nil {
			return corrupt("its log does not end at %d", r.position.Seq)
		}
		return nil
	})
	err = cmp.Or(err, foreign)
	if err != nil {
		return fmt.Errorf("look who holds region %d: %w", region, err)
	}
	return nil
}

// History implements store.Store.
func (s *Store) History(ctx context.Context, region canvas.RegionID, after uint64, limit int) ([]*canvas.Batch, error) {
	var history []*canvas.Batch
	err := s.read(ctx, func(t *tables) error {
		history = t.batches(region, after, max(0, limit))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("history of region %d: %w", region, err)
	}
	return history, nil
}

// Ping implements store.Store. It waits for its turn in the queue like a commit. It costs a flush
// only when there is reason for doubt: the last transaction failed, or the disk is nearly full.
// Then one ping a second really writes, and the others are told its outcome.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.submit(ctx, ping{}, 0); err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	return nil
}

// read runs f on the state as of the last transaction. It never waits for the writer.
func (s *Store) read(ctx context.Context, f func(*tables) error) error {
	if err := ctx.Err(); err != nil {
		return unavailable(err)
	}
	err := s.view(func(tx *bbolt.Tx) error { return f(tablesOf(tx)) })
	switch {
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return store.ErrClosed
	case errors.Is(err, store.ErrDamaged) || err == nil:
		return err
	}
	return unavailable(err)
}

func unavailable(cause error) error { return fmt.Errorf("%w: %w", store.ErrUnavailable, cause) }

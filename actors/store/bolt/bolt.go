// Package bolt is the embedded store: a bbolt file in a data directory, the tables, and a journal in
// front of it, with nothing to install.
// It is for a single process; a second one that opens the same directory is refused. Every
// acknowledged commit has been flushed to the disk, so it survives kill -9 and, if the disk keeps
// its word, a power cut.
//
// A flush costs the same for one pixel as for thousands. So all changes of regions go through one
// goroutine, the writer, which puts everything that waits, of all regions, into the journal with one
// flush. While a flush is under way, the next one gathers by itself. Another goroutine carries what is
// in the journal into the tables. Reading sees both.
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
	"pixelplayground/actors/disk"
	"pixelplayground/actors/store"
)

// Store implements store.Store and store.Documents in a data directory.
type Store struct {
	cfg   Config
	db    *bbolt.DB
	stats Stats

	requests   chan *request // callers send while the store is open; Close closes it: nothing more will come
	papers     chan *request // the same, what carryOn takes
	written    chan struct{} // the writer closes it when it has ended
	carriedAll chan struct{} // carryOn closes it when it has ended

	back         backlog
	begun, large chan struct{} // the writer tells carryOn that there is a backlog, that it is large
	tables       sync.Mutex    // who holds it may write the tables
	renewed      time.Time     // when it was last tried to renew the journal; only the writer uses it

	claims atomic.Int64 // since the store was opened

	mu     sync.RWMutex // callers hold it for reading while they send to requests
	closed bool

	opened disk.FileID           // identifies the file that was opened
	broken atomic.Pointer[error] // why reading the file has failed; nil: it has not
	now    func() time.Time
	room   func() uint64 // free on the disk, in bytes
	doubt  doubt
}

// Stats counts what the store did since it was opened.
type Stats struct {
	Requests     atomic.Int64 // claims, commits, releases and pings that came to the writer
	Flushes      atomic.Int64 // groups of commits that were flushed to the disk in the journal
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
	db, j, opened, err := openFile(cfg, os.OpenFile)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s := &Store{
		cfg: cfg, db: db, opened: opened, now: time.Now, room: func() uint64 { free, _ := disk.Room(db.Path()); return free },
		requests: make(chan *request, queueLength), papers: make(chan *request, queueLength),
		written: make(chan struct{}), carriedAll: make(chan struct{}),
		begun: make(chan struct{}, 1), large: make(chan struct{}, 1),
		back: backlog{journal: j, regions: make(map[canvas.RegionID]*behind), damaged: make(map[canvas.RegionID]error)},
	}
	go s.write()
	go s.carryOn()
	return s, nil
}

// Close finishes what is queued, puts all of it into the tables and closes them. If that can't be, the
// journal stays, and the next Open does it. Close may be called twice.
func (s *Store) Close() error {
	s.mu.Lock()
	first := !s.closed
	if first {
		s.closed = true
		close(s.requests)
		close(s.papers)
	}
	s.mu.Unlock()
	<-s.written
	<-s.carriedAll
	s.tables.Lock() // of those who close, only the first one does
	defer s.tables.Unlock()
	var left error
	if first {
		left = s.endJournal()
	}
	if s.broken.Load() != nil { // closing would wait for the transaction that found this
		return nil
	}
	if err := s.db.Close(); err != nil { // waits for readers; does nothing the second time
		return fmt.Errorf("close store: %w", err)
	}
	if left != nil && s.cfg.Log != nil {
		s.cfg.Log.Warn("what was drawn last stays in the journal, until the canvas is opened again", "file", s.back.journal.path, "err", left)
	}
	return nil
}

// endJournal puts what is left in the journal into the tables, and removes it. It takes two transactions:
// the last one of a file is the one that a damaged page may undo.
func (s *Store) endJournal() error {
	j := s.back.journal
	err := s.inPlace()
	if load := s.back.load(); err == nil && len(load.regions) > 0 {
		err = s.update(func(tx *bbolt.Tx) error {
			t := tablesOf(tx)
			t.carry(load, s.cfg.keep())
			return t.failed
		})
	}
	if err == nil {
		err = s.update(func(tx *bbolt.Tx) error { return markJournaled(tx, nil) })
	}
	ours := j.inPlace() == nil
	err = errors.Join(err, j.file.Close())
	if err == nil && ours {
		err = os.Remove(j.path)
	}
	return err
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
	s.back.heal(region)
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
	if _, behind := s.back.of(region); behind {
		s.transact(nil)
		if err := s.doubt.why(); err != nil {
			return nil, fmt.Errorf("read region %d: %w", region, unavailable(err))
		}
	}
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
	s.back.heal(region)
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
	r, behind := s.back.of(region) // before the tables: what they have since is not behind any more
	err := s.read(ctx, func(t *tables) (err error) {
		if !behind {
			if r, err = t.region(region); err != nil {
				return err
			}
		}
		if foreign = r.foreign(term); foreign == nil && r.position.Seq < reached {
			return fmt.Errorf("the region was at %d and is at %d: %w", reached, r.position.Seq, store.ErrDamaged)
		}
		if foreign == nil && !behind {
			return t.endsWhereItIs(region, &r)
		}
		return nil
	})
	if err == nil && foreign == nil {
		err = s.back.harm(region)
	}
	err = cmp.Or(err, foreign)
	if err != nil {
		return fmt.Errorf("look who holds region %d: %w", region, err)
	}
	return nil
}

// History implements store.Store.
func (s *Store) History(ctx context.Context, region canvas.RegionID, after uint64, limit int) ([]*canvas.Batch, error) {
	var history []*canvas.Batch
	at, tail := s.back.tail(region, after) // before the tables: what is in both is known by its numbers
	err := s.read(ctx, func(t *tables) (err error) {
		if limit = max(0, limit); len(tail) == 0 {
			history = t.batches(region, after, limit)
			return nil
		}
		history, err = t.historyWith(region, tail, at.position.Seq, after, limit, s.cfg.keep())
		return err
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

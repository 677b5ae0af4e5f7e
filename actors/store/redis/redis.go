// Package redis is the store for several pods: a single Redis, one behind Sentinel, or a Redis
// Cluster, version 6.2 or later. No claim can be overlooked: epochs are compared where the pixels
// are, in a script that nothing interrupts. How much of what it acknowledged survives a crash of
// Redis is a setting of Redis (appendfsync), not ours.
//
// The keys of region 12; their common hash tag puts them on one node of a cluster:
//
//	playground:{12}:meta     hash: epoch (of the last claim, a dot and the claim's token),
//	                         owner (absent: released), position_epoch, position_seq,
//	                         last_from (of the last batch), log_start, recorded (up to
//	                         where; absent: nothing is)
//	playground:{12}:pixels   red, green, blue of each position, each xor the background:
//	                         what is absent, and what Redis pads with, was never painted
//	playground:{12}:log      stream by the id <To>-0: batch = its record, origins, users and provenance = those of its ops
//	playground:canvas        hash: format, geometry, identity, claims (token of the last)
//	playground:primaries     hash: when a process of Redis was first seen as the primary
//
// Documents have keys of their own: see documents.go.
//
// A commit is one round trip, however many pixels it has. Regions do not share a round trip, since
// they may be on different nodes.
package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"

	driver "github.com/redis/go-redis/v9"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// Store implements store.Store and store.Documents in Redis.
type Store struct {
	cfg      Config
	link     atomic.Pointer[link]
	scripts  scripts
	stats    Stats
	identity *identity
	opened   atomic.Bool // Open has returned
	refused  atomic.Bool // the log says that Redis holds another canvas
	advised  atomic.Bool // Redis's settings have been checked

	secretive atomic.Bool // the log says that Redis does not tell which process it is

	format      string // that the canvas has: formatVersion, or unfinished
	stopLooking func() // stops looking for a Redis that did not answer at the start

	mu       sync.RWMutex // callers hold it for reading during a call
	closed   bool
	retiring sync.WaitGroup // of links, and pings under way
}

// Stats counts what the store did since it was opened.
type Stats struct {
	Calls  atomic.Int64 // claims, Holds, commits, releases, reads of the log, and pings
	Failed atomic.Int64 // calls that Redis did not answer, or answered with an error
}

// Open prepares the canvas of cfg. It is no error if Redis does not answer: the driver connects
// when Redis does, and until then calls get store.ErrUnavailable. Open fails only if waiting does
// not help, and the error says what to do. The error for a canvas of another size wraps
// store.ErrGeometry.
func Open(cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	connect, err := parse(cfg.URL, cfg.Password)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s := newStore(cfg, connect)
	if err := s.firstContact(); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %s: %w", Redact(cfg.URL), err), s.Close())
	}
	s.opened.Store(true)
	return s, nil
}

// newStore makes a store that has not checked what Redis holds.
func newStore(cfg Config, connect func(func()) driver.UniversalClient) *Store {
	logDriver(cfg.Log)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{cfg: cfg, scripts: newScripts(), identity: newIdentity(), format: formatVersion, stopLooking: func() {}}
	s.link.Store(newLink(connect, s.identity.doubt))
	return s
}

// Close waits for calls under way. It may be called twice.
func (s *Store) Close() error {
	s.stopLooking()
	s.mu.Lock()
	already := s.closed
	s.closed = true
	s.mu.Unlock()
	if already {
		return nil
	}
	s.retiring.Wait() // not long: the calls that held links have ended
	if err := s.client().Close(); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// Stats counts what the store does.
func (s *Store) Stats() *Stats { return &s.stats }

// Claim implements store.Store. It reads the state after it has raised the epoch: nobody can commit
// under an earlier one any more. If another owner has claimed the region and committed
// nevertheless, what is read is just as true, and this claim is fenced as it would have been a
// moment later.
func (s *Store) Claim(ctx context.Context, region canvas.RegionID, owner string) (*store.Claim, error) {
	var c *store.Claim
	token := store.NewToken()
	err := s.call(ctx, func() error {
		if err := s.sure(ctx, identityClaim); err != nil {
			return err
		}
		epoch, err := s.scripts.claim.Run(ctx, s.client(), s.keys(region)[:1], owner, strconv.FormatUint(uint64(token), 10)).Uint64()
		if err != nil {
			return err
		}
		if err := s.mark(ctx, token); err != nil {
			return err
		}
		left, err := s.examine(ctx, region, s.cfg.keep())
		if err == nil {
			c = left.Claim(store.Term{Epoch: epoch, Token: token})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim region %d: %w", region, err)
	}
	return c, nil
}

// Commit implements store.Store. The driver repeats a commit when a connection breaks, and an
// abandoned try may reach Redis after its repetition. Both find that the batch is done, or that the
// region is past it.
func (s *Store) Commit(ctx context.Context, b *canvas.Batch, token store.Token) error {
	args := commitArgs(b, token, s.cfg.keep())
	err := s.call(ctx, func() error {
		said, err := s.scripts.commit.Run(ctx, s.client(), s.keys(b.Region), args...).Text()
		if err == nil && said != "" {
			err = verdict(said)
		}
		return damaged(err)
	})
	if err != nil {
		return fmt.Errorf("commit region %d: %w", b.Region, err)
	}
	return nil
}

// Release implements store.Store.
func (s *Store) Release(ctx context.Context, region canvas.RegionID, term store.Term) error {
	err := s.call(ctx, func() error {
		return s.scripts.release.Run(ctx, s.client(), s.keys(region)[:1], stored(term)).Err()
	})
	if err != nil {
		return fmt.Errorf("release region %d: %w", region, err)
	}
	return nil
}

// Fence implements store.Fencer. It leaves no mark for those who watch for claims: nobody serves the
// region instead of the owner that it fences, so what that one shows is still right.
func (s *Store) Fence(ctx context.Context, region canvas.RegionID) error {
	err := s.call(ctx, func() error {
		if err := s.sure(ctx, identityClaim); err != nil {
			return err
		}
		return s.scripts.fence.Run(ctx, s.client(), s.keys(region)[:1], "nobody", number(uint64(store.NewToken()))).Err()
	})
	if err != nil {
		return fmt.Errorf("fence region %d: %w", region, err)
	}
	return nil
}

// Recorded implements store.Store.
func (s *Store) Recorded(ctx context.Context, region canvas.RegionID, term store.Term, to uint64) error {
	err := s.call(ctx, func() error {
		said, err := s.scripts.recorded.Run(ctx, s.client(), s.keys(region)[:1], stored(term), number(term.Epoch), number(to)).Text()
		if err == nil && said != "" {
			err = verdict(said)
		}
		return damaged(err)
	})
	if err != nil {
		return fmt.Errorf("note what is recorded of region %d: %w", region, err)
	}
	return nil
}

// Claims implements store.Store. It returns the token of the last claim. A count of claims would
// not do: a failover could lose some and repeat a number.
func (s *Store) Claims(ctx context.Context) (mark string, err error) {
	err = s.call(ctx, func() (err error) {
		mark, err = s.client().HGet(ctx, s.about(), "claims").Result()
		if errors.Is(err, driver.Nil) {
			return nil
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("look for claims: %w", err)
	}
	return mark, nil
}

// mark makes Claims return another text. It runs after a claim and before the claim returns.
func (s *Store) mark(ctx context.Context, token store.Token) error {
	return s.client().HSet(ctx, s.about(), "claims", strconv.FormatUint(uint64(token), 10)).Err()
}

// Holds implements store.Store.
func (s *Store) Holds(ctx context.Context, region canvas.RegionID, term store.Term, reached uint64) error {
	err := s.call(ctx, func() error { return damaged(s.holds(ctx, s.keys(region), term, reached)) })
	if err != nil {
		return fmt.Errorf("look who holds region %d: %w", region, err)
	}
	return nil
}

// History implements store.Store.
func (s *Store) History(ctx context.Context, region canvas.RegionID, after uint64, limit int) ([]*canvas.Batch, error) {
	var history []*canvas.Batch
	err := s.call(ctx, func() (err error) {
		history, err = s.log(ctx, region, after, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("history of region %d: %w", region, err)
	}
	return history, nil
}

// call runs f if Redis is known to hold this canvas. If ctx is cancelled during f, this is noticed
// only when Redis has answered or its time is up; a deadline ends f.
func (s *Store) call(ctx context.Context, f func() error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return store.ErrClosed
	}
	s.stats.Calls.Add(1)
	defer s.hold().used.RUnlock()
	err := ctx.Err()
	if err == nil {
		err = s.look(ctx)
	}
	if err == nil {
		err = f()
	}
	if errors.Is(err, store.ErrFenced) || errors.Is(err, store.ErrDamaged) { // only the right Redis may say so
		if foreign := s.sure(ctx, identityClaim); foreign != nil {
			err = foreign
		}
	}
	if err == nil || errors.Is(err, store.ErrFenced) || errors.Is(err, store.ErrDamaged) || errors.Is(err, store.ErrGeometry) {
		return err
	}
	s.stats.Failed.Add(1)
	return unavailable(err)
}

// unavailable wraps every error of Redis or of the way to it: they all mean the same for a region,
// and repeating is safe.
func unavailable(cause error) error {
	if _, moved := driver.IsMovedError(cause); moved {
		cause = fmt.Errorf("this is a node of a Redis Cluster: name another in the URL, for example redis://host1:6379?addr=host2:6379: %w", cause)
	}
	return fmt.Errorf("%w: %w", store.ErrUnavailable, cause)
}

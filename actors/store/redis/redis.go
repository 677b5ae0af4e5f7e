// Package redis is the store for several pods: a Redis, alone, behind Sentinel or as a
// Redis Cluster, version 6.2 or later. It keeps a claim from being overlooked: epochs are
// compared where the pixels are, in a script that Redis runs alone. How much of what it
// acknowledged survives its own crash is Redis' setting (appendfsync) and not ours.
//
// The keys of region 12; their common hash tag puts them on one node of a cluster:
//
//	playground:{12}:meta     hash: epoch (of the last claim, a dot and the claim's token),
//	                         owner (absent: released), position_epoch, position_seq,
//	                         last_from (of the last batch), log_start
//	playground:{12}:pixels   red, green, blue of each position, each xor the background:
//	                         what is absent, and what Redis pads with, was never painted
//	playground:{12}:log      stream: batch = its record, origins = those of its ops, by the id <To>-0
//	playground:canvas        hash: format, geometry, identity, claims (token of the last)
//
// A commit is one round trip, whatever the number of its pixels. Regions do not share
// one, since they may live on different nodes.
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

// Store implements store.Store in Redis.
type Store struct {
	cfg      Config
	link     atomic.Pointer[link]
	scripts  scripts
	stats    Stats
	identity *identity
	opened   atomic.Bool // Open has returned
	refused  atomic.Bool // the log says that Redis holds another canvas
	advised  atomic.Bool // Redis' settings were looked at

	format      string // that the canvas has: formatVersion, or unfinished
	stopLooking func() // ends looking for a Redis that was not there at the start

	mu       sync.RWMutex // callers hold it for reading during a call
	closed   bool
	retiring sync.WaitGroup // of links, and pings under way
}

// Stats counts what the store did since it was opened.
type Stats struct {
	Calls  atomic.Int64 // claims and whether they hold, commits, releases, reads of the log and pings
	Failed atomic.Int64 // calls that Redis did not answer, or not well
}

// Open prepares the canvas of cfg. A Redis that does not answer is no error: the driver
// connects when it does, and until then calls get store.ErrUnavailable. Its errors are
// for what waiting does not mend, and say how to get on; the one for a canvas of another
// size wraps store.ErrGeometry.
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

// newStore makes a store that has not looked what is in Redis.
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

// Claim implements store.Store. The state is read after the epoch was raised: nobody
// can commit under an earlier one any more. Should yet another owner have claimed the
// region and committed, what is read is as true, and this claim is fenced as it would
// have been a moment later.
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
		left, err := s.examine(ctx, region)
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

// Commit implements store.Store. The driver repeats it when a connection breaks, and a
// try given up may reach Redis after its repetition: both find the batch done, or the
// region past it.
func (s *Store) Commit(ctx context.Context, b *canvas.Batch, token store.Token) error {
	args := commitArgs(b, token, s.cfg.LogPixels)
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

// Claims implements store.Store. It is the token of the last claim, not their number, which a
// failover could lose and give again.
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

// mark has Claims give another text, after a claim and before it returns.
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

// call runs f when Redis is known to hold this canvas. A ctx that is cancelled during f
// is noticed when Redis has answered or its time is up; a deadline ends f.
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

// unavailable is every error that Redis or the way to it gives: what it means for a
// region is the same, and repeating is safe.
func unavailable(cause error) error {
	if _, moved := driver.IsMovedError(cause); moved {
		cause = fmt.Errorf("this is a node of a Redis Cluster: name another in the URL, for example redis://host1:6379?addr=host2:6379: %w", cause)
	}
	return fmt.Errorf("%w: %w", store.ErrUnavailable, cause)
}

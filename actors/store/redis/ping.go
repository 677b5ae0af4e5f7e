package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	driver "github.com/redis/go-redis/v9"

	"pixelplayground/actors/store"
)

// hedgeAfter is how long Ping waits for an existing connection before it makes another.
const hedgeAfter = 200 * time.Millisecond

// errUnlike says that Redis does not answer as expected: then it is asked in full.
var errUnlike = errors.New("redis is not as it is known")

// Ping implements store.Store. It writes what is there already: a Redis that is out of memory,
// can't write its file or has become a replica refuses that as it would a commit. In a cluster,
// every node that takes writes must answer. One dead connection does not mean that Redis is away,
// nor do several that could not be made just before. So a call that fails or takes long is tried
// again over a connection of its own.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	answers := make(chan error, 2) // room for one from each goroutine; Close waits for these
	if !s.begin(func() { answers <- s.call(ctx, func() error { return s.pingKnown(ctx) }) }) {
		return fmt.Errorf("ping: %w", store.ErrClosed)
	}
	hedge := time.NewTimer(hedgeAfter)
	defer hedge.Stop()
	open, hedged := 1, s.identity.own() == "" // if Redis was never reached, there is nothing to compare with
	var failed error
	for open > 0 {
		select {
		case err := <-answers:
			if open--; err == nil {
				return nil
			}
			if failed == nil {
				failed = err
			}
			if hedged || errors.Is(err, store.ErrClosed) {
				continue
			}
		case <-hedge.C:
			if hedged {
				continue
			}
		}
		if hedged = true; s.begin(func() { answers <- s.pingAnew(ctx) }) {
			open++
		}
	}
	return fmt.Errorf("ping: %w", failed)
}

// begin starts f unless the store is closed; Close waits for it.
func (s *Store) begin(f func()) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if !s.closed {
		s.retiring.Go(f)
	}
	return !s.closed
}

func (s *Store) pingKnown(ctx context.Context) error {
	before, now := s.identity.checked.Load(), s.identity.now()
	err := s.ping(ctx, s.client())
	if errors.Is(err, errUnlike) {
		return s.identify(ctx)
	}
	if err == nil && before != 0 {
		s.identity.checked.CompareAndSwap(before, now) // unless a connection was made meanwhile
	}
	return err
}

// pingAnew pings with a client of its own.
func (s *Store) pingAnew(ctx context.Context) error {
	client := s.link.Load().connect(func() {})
	defer client.Close()
	if err := s.ping(ctx, client); err != nil {
		return unavailable(err)
	}
	return s.identity.foreign()
}

func (s *Store) ping(ctx context.Context, client driver.UniversalClient) error {
	var fields *driver.SliceCmd
	_, err := client.Pipelined(ctx, func(pipe driver.Pipeliner) error {
		pipe.HSetNX(ctx, s.about(), "format", s.format)
		fields = pipe.HMGet(ctx, s.about(), "format", "geometry", "identity")
		return nil
	})
	if err != nil {
		return err
	}
	for i, want := range []string{s.format, s.cfg.Geometry.String(), s.identity.own()} {
		if got, _ := fields.Val()[i].(string); got != want || want == "" {
			return errUnlike
		}
	}
	if _, several := client.(*driver.ClusterClient); several {
		return admits(ctx, client)
	}
	return nil
}

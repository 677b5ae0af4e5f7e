package redis

import (
	"context"
	"errors"
	"sync"
	"time"

	driver "github.com/redis/go-redis/v9"

	"pixelplayground/actors/store"
)

// lookEvery is how often the store looks for a Redis that did not answer at the start, so that the
// log says what it holds without anybody having to draw.
const lookEvery = time.Second

// lookFor asks a Redis that did not answer at the start for its canvas until it answers.
func (s *Store) lookFor() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}) // closed when nobody looks any more
	s.stopLooking = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	go func() {
		defer close(done)
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			once, end := context.WithTimeout(ctx, contactTimeout)
			err := s.identify(once)
			end()
			if err == nil || isRefusal(err) {
				return
			}
		}
	}()
}

// isRefusal reports whether an error is one that waiting does not repair.
func isRefusal(err error) bool {
	return errors.Is(err, store.ErrGeometry) || errors.Is(err, errFormat) || errors.Is(err, errUnfinished)
}

// refuse logs, once, that Redis holds another canvas than the one asked for: meanwhile calls fail
// in as many places as there are regions.
func (s *Store) refuse(err error) {
	if s.cfg.Log != nil && !s.refused.Swap(true) {
		s.cfg.Log.Error("redis answers, but its canvas can't be served", "redis", Redact(s.cfg.URL), "err", err)
	}
}

// advise warns of settings with which Redis loses what it has acknowledged. It does not judge a
// Redis that does not reveal its settings, as hosted ones don't.
func (s *Store) advise(ctx context.Context) {
	if s.cfg.Log == nil {
		return
	}
	judge := func(ctx context.Context, node *driver.Client) error {
		policy, appends, saves := setting(ctx, node, "maxmemory-policy"), setting(ctx, node, "appendonly"), setting(ctx, node, "save")
		for _, warning := range warnings(policy, appends, saves) {
			s.cfg.Log.Warn(warning, "redis", node.Options().Addr, "maxmemory-policy", policy.value, "appendonly", appends.value, "save", saves.value)
		}
		return nil
	}
	_ = s.eachMaster(ctx, judge) // a node that does not answer is not judged
}

// eachMaster does something with each Redis that takes writes; those of a cluster at once.
func (s *Store) eachMaster(ctx context.Context, do func(context.Context, *driver.Client) error) error {
	switch client := s.client().(type) {
	case *driver.Client:
		return do(ctx, client)
	case *driver.ClusterClient:
		return client.ForEachMaster(ctx, do)
	}
	return nil
}

// told is a setting of Redis, if Redis reveals it.
type told struct {
	value string
	known bool
}

func setting(ctx context.Context, node *driver.Client, name string) told {
	all, err := node.ConfigGet(ctx, name).Result()
	value, known := all[name]
	return told{value, err == nil && known}
}

func warnings(policy, appends, saves told) (all []string) {
	if policy.known && policy.value != "noeviction" {
		all = append(all, "redis may evict parts of the canvas when its memory is full: set its maxmemory-policy to noeviction")
	}
	if !appends.known || appends.value != "no" || !saves.known {
		return all
	}
	if saves.value == "" {
		return append(all, "redis keeps nothing on disk, so the canvas is gone when it restarts: set its appendonly to yes")
	}
	return append(all, "redis keeps only snapshots on disk, so what was drawn since the last is gone when it crashes: set its appendonly to yes")
}

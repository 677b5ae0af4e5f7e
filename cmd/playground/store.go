package main

import (
	"context"
	"errors"
	"log/slog"

	"pixelplayground/actors/store"
	"pixelplayground/actors/store/bolt"
	"pixelplayground/actors/store/redis"
	"pixelplayground/cmd/playground/process"
	"pixelplayground/cmd/playground/settings"
	"pixelplayground/transport/api/metrics"
)

// keeper keeps the pixels, and the documents beside them.
type keeper interface {
	store.Store
	store.Documents
}

// openStore opens the store that the settings choose, and returns its counters too.
func openStore(cfg settings.Config, log *slog.Logger) (keeper, []metrics.Counter, error) {
	if cfg.Redis != "" {
		s, err := redis.Open(cfg.Shared(log))
		if err != nil {
			return nil, nil, err
		}
		return s, redisCounters(s.Stats()), nil
	}
	s, err := bolt.Open(cfg.Embedded(log))
	if err != nil {
		return nil, nil, err
	}
	process.RaiseProcs()
	return s, boltCounters(s.Stats()), nil
}

// usePassword gives the store a new password. The store must be Redis.
func (p *pod) usePassword(ctx context.Context, password string) error {
	shared, ok := p.store.(*redis.Store)
	if !ok {
		return errors.New("the canvas is not in Redis")
	}
	return shared.UsePassword(ctx, password)
}

func redisCounters(s *redis.Stats) []metrics.Counter {
	return []metrics.Counter{
		{Name: "redis_calls_total", Help: "Claims and whether they hold, commits, releases, reads of the log and pings.", Value: &s.Calls},
		{Name: "redis_calls_failed_total", Help: "Calls that Redis did not answer, or not well.", Value: &s.Failed},
	}
}

func boltCounters(s *bolt.Stats) []metrics.Counter {
	return []metrics.Counter{
		{Name: "bolt_requests_total", Help: "Claims, commits, releases and pings that came to the writer.", Value: &s.Requests},
		{Name: "bolt_flushes_total", Help: "Groups of commits flushed to the disk in the journal.", Value: &s.Flushes},
		{Name: "bolt_transactions_total", Help: "Transactions of the tables flushed to the disk; one takes many commits from the journal.", Value: &s.Transactions},
		{Name: "bolt_transactions_failed_total", Help: "Transactions that were undone.", Value: &s.Failed},
		{Name: "bolt_queue_full_total", Help: "Requests that had to wait for a place in the queue.", Value: &s.QueueFull},
	}
}

// ping asks whether the store would take a commit and, on a gateway, has told who is who.
func (p *pod) ping(ctx context.Context) error {
	if err := p.store.Ping(ctx); err != nil || p.people == nil {
		return err
	}
	return p.people.Ready(ctx)
}

// ready tells whether a pixel would be taken now, by the store and by this pod's regions.
type ready struct{ *pod }

func (r ready) Ping(ctx context.Context) error {
	if err := r.ping(ctx); err != nil {
		return err
	}
	return r.node.Ready()
}

package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	driver "github.com/redis/go-redis/v9"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// unfinished is the format of a canvas that is being restored: servers of all versions refuse it.
const unfinished = "unfinished restore"

var (
	errUnfinished = errors.New("the canvas is being restored, or that was broken off: wait, or restore it once more")
	// ErrDrawn says that there is a canvas already.
	ErrDrawn = errors.New("there is a drawing already")
)

// Restoration fills a Redis from a backup. No server serves the canvas before Finish. If Finish is
// never reached, the next restoration begins anew.
type Restoration struct {
	store    *Store
	identity string
	given    map[canvas.RegionID]store.Term // what Mend gave
}

// Restore begins a restoration. It fails with ErrDrawn if something was drawn on the existing
// canvas, unless that is to be replaced. identity is the restored canvas's; empty: a new one, so
// that servers that ran on the previous canvas take it for another.
func Restore(ctx context.Context, cfg Config, identity string, replace bool) (*Restoration, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	connect, err := parse(cfg.URL, cfg.Password)
	if err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	r := &Restoration{newStore(cfg, connect), cmp.Or(identity, randomIdentity()), make(map[canvas.RegionID]store.Term)}
	r.store.format = unfinished
	if err := r.begin(ctx, replace); err != nil {
		return nil, errors.Join(fmt.Errorf("restore: %s: %w", Redact(cfg.URL), err), r.Close())
	}
	return r, nil
}

// begin empties the canvas. It first marks it as unfinished.
func (r *Restoration) begin(ctx context.Context, replace bool) error {
	s := r.store
	before, _, err := s.holding(ctx)
	brokenOff := errors.Is(err, errUnfinished)
	switch {
	case brokenOff, errors.Is(err, errNothing):
	case err != nil:
		return err
	case before != s.cfg.Geometry && !replace:
		return fmt.Errorf("%w: it is %s, the backup's is %s: choose another --redis-prefix, or --replace it", store.ErrGeometry, before, s.cfg.Geometry)
	}
	if !replace && !brokenOff {
		if drawn, err := s.drawn(ctx); err != nil || drawn {
			return cmp.Or(err, ErrDrawn)
		}
	}
	err = s.client().HSet(ctx, s.about(), "format", unfinished, "geometry", s.cfg.Geometry.String(), "identity", r.identity).Err()
	if err != nil {
		return unavailable(err)
	}
	if before != (canvas.Geometry{}) {
		if err := noticed(ctx); err != nil {
			return err
		}
	}
	return s.clear(ctx)
}

// noticed waits until servers that run on the canvas have checked its identity and leave it alone.
func noticed(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return unavailable(ctx.Err())
	case <-time.After(2 * identityEvery):
		return nil
	}
}

// drawn reports whether anything was drawn, on a canvas of any size.
func (s *Store) drawn(ctx context.Context) (drawn bool, err error) {
	err = s.each(ctx, func(pipe driver.Pipeliner, keys []string) { pipe.Exists(ctx, keys[1:]...) }, func(answer driver.Cmder) {
		n, ok := answer.(*driver.IntCmd)
		drawn = drawn || ok && n.Val() > 0
	})
	return drawn, err
}

func (s *Store) clear(ctx context.Context) error {
	return s.each(ctx, func(pipe driver.Pipeliner, keys []string) { pipe.Unlink(ctx, keys...) }, func(driver.Cmder) {})
}

// each asks something about all regions that a canvas can have, a number of them at a time.
func (s *Store) each(ctx context.Context, ask func(driver.Pipeliner, []string), told func(driver.Cmder)) error {
	const atOnce = 256
	for first := canvas.RegionID(0); first < canvas.MaxRegions; first += atOnce {
		answers, err := s.client().Pipelined(ctx, func(pipe driver.Pipeliner) error {
			for id := range canvas.RegionID(atOnce) {
				ask(pipe, s.keys(first+id))
			}
			return nil
		})
		if err != nil {
			return unavailable(err)
		}
		for _, answer := range answers {
			told(answer)
		}
	}
	return nil
}

// Mend implements backup.Target.
func (r *Restoration) Mend(ctx context.Context, region canvas.RegionID, owner string, have *store.Claim) (store.Term, error) {
	term, err := r.store.Mend(ctx, region, owner, have)
	if err == nil {
		r.given[region] = term
	}
	return term, err
}

// Release implements backup.Target.
func (r *Restoration) Release(ctx context.Context, region canvas.RegionID, term store.Term) error {
	return r.store.Release(ctx, region, term)
}

// PutDocument implements backup.Target.
func (r *Restoration) PutDocument(ctx context.Context, kind store.Kind, id string, value []byte, until time.Time) error {
	return r.store.PutDocument(ctx, kind, id, value, until)
}

// Finish turns what was restored into a canvas. If Redis has lost some of it since, as it may in a
// failover, Finish returns store.ErrDamaged.
func (r *Restoration) Finish(ctx context.Context) error {
	if err := r.whole(ctx); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := r.store.client().HSet(ctx, r.store.about(), "format", formatVersion).Err(); err != nil {
		return fmt.Errorf("restore: %w", unavailable(err))
	}
	return nil
}

// whole checks that each region still has the claim that Mend returned. A lost write takes all later
// ones with it.
func (r *Restoration) whole(ctx context.Context) error {
	id, lost := canvas.RegionID(0), 0
	err := r.store.each(ctx, func(pipe driver.Pipeliner, keys []string) { pipe.HMGet(ctx, keys[0], "epoch") }, func(answer driver.Cmder) {
		fields, ok := answer.(*driver.SliceCmd)
		if term, given := r.given[id]; given && (!ok || len(fields.Val()) != 1 || fields.Val()[0] != stored(term)) {
			lost++
		}
		id++
	})
	if err == nil && lost > 0 {
		err = fmt.Errorf("%w: Redis has lost %d regions of it meanwhile: restore it once more", store.ErrDamaged, lost)
	}
	return err
}

// Close ends the connections. Without a Finish before it, there is no canvas.
func (r *Restoration) Close() error { return r.store.Close() }

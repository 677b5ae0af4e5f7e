package redis

import (
	"context"
	"errors"
	"fmt"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// Reader reads the canvas that a Redis holds, whatever its size, while servers draw on it. It
// writes nothing.
type Reader struct {
	Geometry canvas.Geometry
	Identity string
	store    *Store
}

// NewReader finds out what the Redis of cfg holds. It ignores the geometry in cfg.
func NewReader(ctx context.Context, cfg Config) (*Reader, error) {
	connect, err := parse(cfg.URL, cfg.Password)
	if err != nil {
		return nil, fmt.Errorf("read canvas: %w", err)
	}
	r := &Reader{store: newStore(cfg, connect)}
	r.Geometry, r.Identity, err = r.store.holding(ctx)
	if err == nil && r.Identity == "" {
		err = errors.New("its canvas has no identity: start a server on it once")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read canvas: %s: %w", Redact(cfg.URL), err), r.Close())
	}
	r.store.cfg.Geometry = r.Geometry
	return r, nil
}

// Read returns what a claim of a region would return, as of one moment. Its term is the epoch of
// the last claim.
func (r *Reader) Read(ctx context.Context, region canvas.RegionID) (*store.Claim, error) {
	left, err := r.store.examine(ctx, region, store.Keep{})
	if err != nil {
		return nil, fmt.Errorf("read region %d: %w", region, unavailable(err))
	}
	return left.Claim(store.Term{Epoch: left.Epoch}), nil
}

// Documents implements backup.Source.
func (r *Reader) Documents(ctx context.Context, kind store.Kind) (map[string][]byte, error) {
	return r.store.Documents(ctx, kind)
}

// Same returns an error if Redis no longer holds the canvas that it held at first.
func (r *Reader) Same(ctx context.Context) error {
	_, identity, err := r.store.holding(ctx)
	if err == nil && identity != r.Identity {
		err = fmt.Errorf("%w: its canvas is %s, it was %s", store.ErrUnavailable, identity, r.Identity)
	}
	return err
}

// Close ends the connections.
func (r *Reader) Close() error { return r.store.Close() }

// errNothing says that there is no canvas.
var errNothing = errors.New("it holds no canvas under this prefix")

// holding returns what Redis says about its canvas.
func (s *Store) holding(ctx context.Context) (g canvas.Geometry, identity string, err error) {
	fields, err := s.client().HMGet(ctx, s.about(), "format", "geometry", "identity").Result()
	if err != nil {
		return g, "", unavailable(err)
	}
	format, known := fields[0].(string)
	geometry, _ := fields[1].(string)
	identity, _ = fields[2].(string)
	switch {
	case !known:
		return g, "", errNothing
	case format == unfinished:
		return g, "", errUnfinished
	case format != formatVersion:
		return g, "", fmt.Errorf("%w: it is %q, this version reads %q: use the version that wrote it", errFormat, format, formatVersion)
	}
	g, err = canvas.ParseGeometry(geometry)
	return g, identity, err
}

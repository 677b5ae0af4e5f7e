package redis

import (
	"errors"
	"strings"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/redis/redistest"
	"pixelplayground/actors/store/storetest"
)

// blankClaim is what a restoration gets for a region that nobody has drawn on.
func blankClaim(g canvas.Geometry, id canvas.RegionID, epoch uint64) *store.Claim {
	_, _, width, height := g.Bounds(id)
	return &store.Claim{Term: store.Term{Epoch: epoch}, Tile: canvas.NewTile(width, height)}
}

// TestRestore_OnlyWhereNothingIsDrawn: a canvas is not replaced unless that is asked for.
func TestRestore_OnlyWhereNothingIsDrawn(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	cfg := testConfig(server.URL())
	fillWith := func(cfg Config, replace bool, fill func(storetest.Target) error) error {
		r, err := Restore(t.Context(), cfg, "", replace)
		if err != nil {
			return err
		}
		if err := fill(r); err != nil {
			return errors.Join(err, r.Close())
		}
		return errors.Join(r.Finish(t.Context()), r.Close())
	}
	restore := func(cfg Config, replace bool) error {
		return fillWith(cfg, replace, func(storetest.Target) error { return nil })
	}
	if _, err := NewReader(t.Context(), cfg); !errors.Is(err, errNothing) {
		t.Errorf("an empty Redis is read: %v", err)
	}
	s := open(t, cfg) // a server that has claimed all and on whose canvas nothing is drawn
	claim, err := s.Claim(t.Context(), 0, "server")
	if err != nil {
		t.Fatal(err)
	}
	another := cfg
	another.Geometry.Width++
	if err := restore(cfg, false); err != nil {
		t.Errorf("a blank canvas: %v", err)
	}
	// The server was on a canvas that no longer exists: it takes this one for another.
	if err := s.Commit(t.Context(), dot(0, claim.Epoch, 0), claim.Token); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "not the one it was") {
		t.Errorf("a server of before: %v", err)
	}
	s = open(t, cfg)
	if claim, err = s.Claim(t.Context(), 0, "server"); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), dot(0, claim.Epoch, 0), claim.Token); err != nil {
		t.Fatal(err)
	}
	before := server.Changes()
	for name, cfg := range map[string]Config{"same size": cfg, "other size": another} {
		if err := restore(cfg, false); !errors.Is(err, ErrDrawn) && !errors.Is(err, store.ErrGeometry) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := server.Changes(); after != before {
		t.Errorf("a refused restore has changed Redis: %s, then %s", before, after)
	}
	server.Do("HSET", "test:canvas", "format", "7")
	if err := restore(cfg, true); !errors.Is(err, errFormat) {
		t.Errorf("a canvas of a version to come: %v", err)
	}
	server.Do("HSET", "test:canvas", "format", "1")
	if err := restore(another, true); err != nil {
		t.Errorf("replace: %v", err)
	}
	if keys := server.Do("KEYS", "test:*"); keys != "test:canvas" {
		t.Errorf("of the canvas before are left %s", keys)
	}
	server.Do("FLUSHALL")
	storetest.RestoresWhereNothingIsDrawn(t, storetest.Restoring{
		Open: func() (store.Store, error) { return Open(cfg) }, ErrDrawn: ErrDrawn,
		Restore: func(g canvas.Geometry, replace bool, fill func(storetest.Target) error) error {
			sized := cfg
			sized.Geometry = g
			return fillWith(sized, replace, fill)
		},
	})
	server.Do("FLUSHALL")
	server.Do("SET", "test:{4095}:pixels", "x") // of whatever size it was
	if err := restore(cfg, false); !errors.Is(err, ErrDrawn) {
		t.Errorf("pixels without a canvas: %v", err)
	}
}

// TestRestore_BrokenOff: no server serves an unfinished restoration, and the next one begins anew.
func TestRestore_BrokenOff(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	cfg := testConfig(server.URL())
	first, err := Restore(t.Context(), cfg, "", false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Mend(t.Context(), 3, "restore", blankClaim(cfg.Geometry, 3, 7)); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil { // as if it had been killed
		t.Fatal(err)
	}
	if s, err := Open(cfg); !errors.Is(err, errUnfinished) {
		t.Errorf("a server opens it: %v %v", s, err)
	}
	if _, err := NewReader(t.Context(), cfg); !errors.Is(err, errUnfinished) {
		t.Errorf("it is backed up: %v", err)
	}
	second, err := Restore(t.Context(), cfg, "kept", false)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if keys := server.Do("KEYS", "test:*"); keys != "test:canvas" {
		t.Errorf("of the first are left %s", keys)
	}
	const base = 1 << 40
	term, err := second.Mend(t.Context(), 5, "restore", blankClaim(cfg.Geometry, 5, base))
	if err == nil {
		err = second.Release(t.Context(), 5, term)
	}
	if err == nil {
		err = second.Finish(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if n := server.Do("STRLEN", "test:{5}:pixels"); n != "0" {
		t.Errorf("a blank region takes %s bytes", n)
	}
	s := open(t, cfg)
	if s.Identity() != "kept" {
		t.Errorf("it is %s", s.Identity())
	}
	claim, err := s.Claim(t.Context(), 5, "server")
	if err != nil || claim.Epoch <= base || claim.Damage != nil || claim.Position != (canvas.Position{}) {
		t.Errorf("%v: %+v", err, claim)
	}
	if err := s.Commit(t.Context(), dot(5, claim.Epoch, 0), claim.Token); err != nil {
		t.Error(err)
	}
}

// TestRestore_WhatRedisLostMeanwhile: a failover may lose the last writes, and nobody has them who could
// give them back, as running servers do. Such a canvas is not finished.
func TestRestore_WhatRedisLostMeanwhile(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	cfg := testConfig(server.URL())
	for name, lose := range map[string]func(){
		"a region": func() { server.Do("DEL", "test:{5}:meta", "test:{5}:pixels") },
		"all":      func() { server.Do("FLUSHALL") },
	} {
		r, err := Restore(t.Context(), cfg, "", false)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []canvas.RegionID{3, 5} {
			if _, err := r.Mend(t.Context(), id, "restore", blankClaim(cfg.Geometry, id, 7)); err != nil {
				t.Fatal(err)
			}
		}
		lose()
		if err := r.Finish(t.Context()); !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%s is lost: %v", name, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if format := server.Do("HGET", "test:canvas", "format"); format == formatVersion {
			t.Errorf("%s is lost, and it is finished", name)
		}
	}
}

// TestReader_Same: another Redis at the same place is noticed.
func TestReader_Same(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	cfg := testConfig(server.URL())
	open(t, cfg)
	r, err := NewReader(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Same(t.Context()); err != nil {
		t.Error(err)
	}
	server.Do("HSET", "test:canvas", "identity", "another")
	if err := r.Same(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("another: %v", err)
	}
	server.Do("FLUSHALL")
	if err := r.Same(t.Context()); !errors.Is(err, errNothing) {
		t.Errorf("emptied: %v", err)
	}
	server.Kill()
	if err := r.Same(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("gone: %v", err)
	}
}

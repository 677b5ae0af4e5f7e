package storetest

import (
	"context"
	"errors"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// Target is a canvas that is being restored.
type Target interface {
	Mend(ctx context.Context, region canvas.RegionID, owner string, have *store.Claim) (store.Term, error)
	Release(ctx context.Context, region canvas.RegionID, term store.Term) error
}

// Restoring tells RestoresWhereNothingIsDrawn about a place that backups are restored into. Nobody
// serves it between the calls.
type Restoring struct {
	// Open opens the store of a server on the canvas of Geometry.
	Open func() (store.Store, error)
	// Restore fills a canvas of another size or the same, and finishes.
	Restore func(g canvas.Geometry, replace bool, fill func(Target) error) error
	// ErrDrawn is what Restore is refused with where something was drawn.
	ErrDrawn error
}

// RestoresWhereNothingIsDrawn checks that a canvas takes the place of a blank one of its own size, and of any other only
// if that is asked for.
func RestoresWhereNothingIsDrawn(t *testing.T, r Restoring) {
	t.Helper()
	paint := func(g canvas.Geometry, replace bool, color canvas.Color) error {
		return r.Restore(g, replace, func(into Target) error { return Refill(t.Context(), into, color) })
	}
	shows := func(want canvas.Color) {
		t.Helper()
		s, err := r.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}()
		if claim, err := s.Claim(t.Context(), 0, "server"); err != nil || claim.Damage != nil || claim.Tile.At(0) != want {
			t.Fatalf("a server has %v, want %v: %v", claim, want, err)
		}
	}
	another := Geometry()
	another.Width++
	shows(canvas.Background)
	if err := paint(another, false, 1); !errors.Is(err, store.ErrGeometry) {
		t.Errorf("onto a blank one of another size: %v", err)
	}
	if err := paint(Geometry(), false, 1); err != nil {
		t.Fatalf("onto a blank one: %v", err)
	}
	shows(1)
	for name, g := range map[string]canvas.Geometry{"same size": Geometry(), "another size": another} {
		if err := paint(g, false, 2); !errors.Is(err, r.ErrDrawn) && !errors.Is(err, store.ErrGeometry) {
			t.Errorf("onto a drawing, %s: %v", name, err)
		}
	}
	shows(1)
	if err := paint(Geometry(), true, 2); err != nil {
		t.Fatalf("in its place: %v", err)
	}
	shows(2)
}

// Refill gives a canvas that is being restored a first region with one pixel.
func Refill(ctx context.Context, into Target, color canvas.Color) error {
	tile := canvas.NewTile(16, 16)
	tile.Set(0, color)
	have := &store.Claim{Term: store.Term{Epoch: 5}, Position: canvas.Position{Epoch: 1, Seq: 1}, Tile: tile}
	term, err := into.Mend(ctx, 0, "restore", have)
	if err != nil {
		return err
	}
	return into.Release(ctx, 0, term)
}

package storetest

import (
	"slices"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// These two are for stores that can lose a part of what they have. How, only their own tests know.

// LongLogHasLostPixels: a claim reads no more of a long log than it needs, unless pixels are lost that
// may be in the rest. The store is blank and keeps a log of 10 pixels and a buffer of 1,000; lose makes
// it lose the pixels of region 0.
func LongLogHasLostPixels(t *testing.T, s store.Store, lose func()) {
	claimed := func() *store.Claim {
		t.Helper()
		claim, err := s.Claim(t.Context(), 0, "test")
		if err != nil {
			t.Fatal(err)
		}
		return claim
	}
	owner := claimed()
	drawn := slices.Clone(owner.Tile)
	for from := range uint64(100) {
		b := logged(t, s, owner, from)
		drawn.Apply(b)
	}
	if claim := claimed(); claim.Damage != nil || len(claim.Recent) != 10 || !slices.Equal(claim.Tile, drawn) {
		t.Errorf("%v, %d batches of the log, want 10", claim.Damage, len(claim.Recent))
	}
	lose()
	if claim := claimed(); claim.Damage == nil || claim.PixelsLost || !slices.Equal(claim.Tile, drawn) {
		t.Errorf("%v, pixels lost: %t", claim.Damage, claim.PixelsLost)
	}
}

// HistoryWithHoles: what can't be read of the log is a hole, and what comes after it can be read. The
// store is blank; damage takes the batches that end at 5, 6 and 12 from the log of region 0.
func HistoryWithHoles(t *testing.T, s store.Store, damage func()) {
	owner, err := s.Claim(t.Context(), 0, "test")
	if err != nil {
		t.Fatal(err)
	}
	for from := range uint64(20) {
		logged(t, s, owner, from)
	}
	damage()
	for _, c := range []struct {
		after       uint64
		limit       int
		first, last uint64 // 0: nothing
	}{{0, 100, 1, 4}, {0, 2, 1, 2}, {4, 100, 7, 11}, {11, 1, 13, 13}, {13, 100, 14, 20}, {20, 1, 0, 0}} {
		log, err := s.History(t.Context(), 0, c.after, c.limit)
		switch {
		case err != nil:
			t.Errorf("after %d: %v", c.after, err)
		case len(log) == 0 && c.last > 0, len(log) > 0 && (log[0].To != c.first || log[len(log)-1].To != c.last):
			t.Errorf("after %d, at most %d: %d batches, want %d to %d", c.after, c.limit, len(log), c.first, c.last)
		}
	}
}

// logged commits one pixel to region 0, each time another one.
func logged(t *testing.T, s store.Store, owner *store.Claim, from uint64) *canvas.Batch {
	t.Helper()
	b := &canvas.Batch{Epoch: owner.Epoch, From: from, To: from + 1, Ops: []canvas.Op{
		{ID: canvas.OpID{Author: 1, Num: from + 1}, Pixels: []canvas.Pixel{{Pos: uint16(from), Color: canvas.Color(from)}}},
	}}
	if err := s.Commit(t.Context(), b, owner.Token); err != nil {
		t.Fatal(err)
	}
	return b
}

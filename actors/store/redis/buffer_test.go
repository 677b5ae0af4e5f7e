package redis

import (
	"slices"
	"testing"

	"pixelplayground/actors/store/redis/redistest"
)

// A claim reads no more of a long log than it needs, unless pixels are lost that may be in the rest.
func TestStore_LongLogHasLostPixels(t *testing.T) {
	server := redistest.Start(t)
	cfg := testConfig(server.URL())
	cfg.LogPixels, cfg.Buffer = 10, 1000
	s := open(t, cfg)
	owner, drawn := claimed(t, s, 0), claimed(t, s, 1).Tile
	for from := range uint64(100) {
		b := dot(0, owner.Epoch, from)
		b.Ops[0].Pixels[0].Pos = uint16(from)
		if err := s.Commit(t.Context(), b, owner.Token); err != nil {
			t.Fatal(err)
		}
		drawn.Apply(b)
	}
	if claim := claimed(t, s, 0); claim.Damage != nil || len(claim.Recent) != 10 || !slices.Equal(claim.Tile, drawn) {
		t.Errorf("%v, %d batches of the log, want 10", claim.Damage, len(claim.Recent))
	}
	server.Do("DEL", "test:{0}:pixels")
	if claim := claimed(t, s, 0); claim.Damage == nil || claim.PixelsLost || !slices.Equal(claim.Tile, drawn) {
		t.Errorf("%v, pixels lost: %t", claim.Damage, claim.PixelsLost)
	}
}

// What can't be read of the log is a hole, and what comes after it can be read.
func TestStore_HistoryWithHoles(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, testConfig(server.URL()))
	owner := claimed(t, s, 0)
	for from := range uint64(20) {
		if err := s.Commit(t.Context(), dot(0, owner.Epoch, from), owner.Token); err != nil {
			t.Fatal(err)
		}
	}
	server.Do("XDEL", "test:{0}:log", "5-0", "6-0", "12-0")
	server.Do("XADD", "test:{0}:log", "21-0", "batch", "?")
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

package storetest

import (
	"math"

	"pixelplayground/actors/canvas"
)

func historyWindows(f *fixture) {
	claim := f.claim(whole)
	log := f.commitMany(whole, claim.Epoch, 0, 10, 1, 1, 8) // ends at 10, 11, 12 and 20
	f.claim(other)
	f.commitMany(corner, f.claim(corner).Epoch, 0, 4) // must not show up in whole's

	for _, c := range []struct {
		after       uint64
		limit       int
		first, last int // of log
	}{
		{0, 100, 0, 4},
		{0, 4, 0, 4},
		{0, 3, 0, 3},
		{0, 1, 0, 1},
		{0, 0, 0, 0},
		{9, 100, 0, 4}, // inside the first batch
		{10, 100, 1, 4},
		{10, 2, 1, 3},
		{11, 100, 2, 4},
		{15, 1, 3, 4},
		{20, 100, 4, 4},
		{21, 100, 4, 4},
		{math.MaxUint64, 100, 4, 4},
	} {
		got, err := f.store.History(f.ctx, whole, c.after, c.limit)
		if err != nil {
			f.Fatalf("history after %d: %v", c.after, err)
		}
		f.sameBatches("history", got, log[c.first:c.last])
	}
	for _, region := range []canvas.RegionID{other, 0} {
		if got := f.history(region); len(got) != 0 {
			f.Errorf("region %d, where nothing was drawn, has %s", region, spans(got))
		}
	}
}

// The log forgets its oldest batches, and no more of them than it must.
func logIsBounded(f *fixture) {
	claim := f.claim(whole)
	var all []*canvas.Batch
	for from := uint64(0); from < 3*LogPixels; {
		size := 1 + int(from%131)
		b := f.commit(batch(whole, claim.Epoch, from, size))
		all = append(all, b)
		from = b.To
		if len(all)%10 == 0 {
			f.bounded(all, f.history(whole))
		}
	}
	recent := f.state(whole, all...).Recent
	f.bounded(all, recent)

	dropped := all[len(all)-len(recent)-1]
	got, err := f.store.History(f.ctx, whole, dropped.From, 2)
	if err != nil {
		f.Fatal(err)
	}
	f.sameBatches("history from where the log was dropped", got, recent[:2])
}

// bounded fails the test unless kept is the end of all, not over the bound, and not under half of
// it without need.
func (f *fixture) bounded(all, kept []*canvas.Batch) {
	f.Helper()
	if n := pixels(kept); n > LogPixels || n < min(LogPixels/2, pixels(all)) {
		f.Fatalf("the log keeps %d pixels of %d, the bound is %d", n, pixels(all), LogPixels)
	}
	f.sameBatches("log", kept, all[len(all)-len(kept):])
}

// A batch over the bound is kept alone: the log always ends at the position.
func logKeepsLargeBatch(f *fixture) {
	claim := f.claim(whole)
	all := f.commitMany(whole, claim.Epoch, 0, 5, 2*LogPixels)
	f.sameBatches("log", f.history(whole), all[1:])
	all = append(all, f.commitMany(whole, claim.Epoch, 5+2*LogPixels, 3)...)
	f.sameBatches("log", f.history(whole), all[2:])
	f.state(whole, all...)
}

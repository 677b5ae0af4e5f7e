// Package historytest is a record in memory, for tests of what is asked of one over HTTP.
package historytest

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
)

// Record is what was drawn on a canvas; a *history.Record. It may be used from any goroutine.
type Record struct {
	Geometry canvas.Geometry

	mu      sync.Mutex // guards:
	drawn   []record.Pixel
	seqs    map[canvas.RegionID]uint64
	colors  map[[2]int]canvas.Color // what is there
	gaps    []record.Gap
	settled time.Time // nothing changes any more up to here
	err     error     // what everything fails with
	after   int       // Pixels fails only behind so many
	held    chan struct{}
	asked   map[string]int
}

// New makes a record of nothing.
func New(g canvas.Geometry) *Record {
	return &Record{Geometry: g, seqs: make(map[canvas.RegionID]uint64), colors: make(map[[2]int]canvas.Color), asked: make(map[string]int)}
}

// Draw adds a pixel, whose region, number and colour before follow from what was drawn before.
func (r *Record) Draw(at time.Time, x, y int, color canvas.Color, user canvas.Author, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	region, _ := r.Geometry.Locate(x, y)
	before, painted := r.colors[[2]int{x, y}]
	if !painted {
		before = canvas.Background
	}
	r.seqs[region]++
	r.colors[[2]int{x, y}] = color
	r.drawn = append(r.drawn, record.Pixel{
		Region: region, Seq: r.seqs[region], Epoch: 1, Time: at.UnixMilli(), X: uint16(x), Y: uint16(y),
		Color: color, Before: before, Known: true, User: user, Name: name, Network: Network,
	})
}

// Network is the one from which everything is drawn. It must not be told to anybody.
const Network canvas.NetworkID = 0xFEEDFACE1234

// Lose adds a gap of n pixels.
func (r *Record) Lose(region canvas.RegionID, n uint64, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := r.seqs[region]
	r.seqs[region] += n
	r.gaps = append(r.gaps, record.Gap{Region: region, From: from, To: from + n, Why: "lost for a test", Noted: at})
}

// Change runs f, which may change drawn pixels.
func (r *Record) Change(f func(drawn []record.Pixel)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(r.drawn)
}

// Settle says that nothing changes any more up to a time.
func (r *Record) Settle(until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settled = until
}

// Fail makes everything fail; Pixels only behind so many pixels.
func (r *Record) Fail(err error, after int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err, r.after = err, after
}

// Hold makes everything wait, until the returned function is called or the asker gives up.
func (r *Record) Hold() (release func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	held := make(chan struct{})
	r.held = held
	return sync.OnceFunc(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.held = nil
		close(held)
	})
}

// Asked counts calls of a method.
func (r *Record) Asked(method string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked[method]
}

func (r *Record) ask(ctx context.Context, method string) error {
	r.mu.Lock()
	r.asked[method]++
	held, err := r.held, r.err
	r.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

// Latest is as history.Record says, and so are the others.
func (r *Record) Latest(ctx context.Context, x, y int) (record.Pixel, bool, error) {
	found, _, err := r.Before(ctx, x, y, 0, 1)
	if len(found) == 0 {
		return record.Pixel{}, false, err
	}
	return found[0], true, err
}

// Before lists what was drawn at a place.
func (r *Record) Before(ctx context.Context, x, y int, seq uint64, n int) (found []record.Pixel, more bool, err error) {
	if err := r.ask(ctx, "Before"); err != nil {
		return nil, false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range slices.Backward(r.drawn) {
		if int(p.X) == x && int(p.Y) == y && (seq == 0 || p.Seq < seq) {
			found = append(found, p)
		}
	}
	return found[:min(n, len(found))], len(found) > n, nil
}

// Tile is a region as it was.
func (r *Record) Tile(ctx context.Context, region canvas.RegionID, at time.Time) (*canvas.Snapshot, bool, error) {
	if err := r.ask(ctx, "Tile"); err != nil {
		return nil, false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _, width, height := r.Geometry.Bounds(region)
	tile := &canvas.Snapshot{Region: region, Tile: canvas.NewTile(width, height)}
	for _, p := range r.drawn {
		if p.Region == region && p.Time <= at.UnixMilli() {
			_, pos := r.Geometry.Locate(int(p.X), int(p.Y))
			tile.Tile.Set(pos, p.Color)
			tile.Position = canvas.Position{Epoch: p.Epoch, Seq: p.Seq}
		}
	}
	for _, g := range r.gaps {
		if g.Region == region && !g.Noted.After(at) && g.To > tile.Position.Seq {
			tile.Position.Seq = g.To
		}
	}
	return tile, !at.After(r.settled), nil
}

// Settled is whether a moment can't change any more.
func (r *Record) Settled(ctx context.Context, _ canvas.RegionID, at time.Time) (bool, error) {
	if err := r.ask(ctx, "Settled"); err != nil {
		return false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return !at.After(r.settled), nil
}

// Pixels are those of a region.
func (r *Record) Pixels(ctx context.Context, region canvas.RegionID, from, to time.Time) iter.Seq2[record.Pixel, error] {
	return func(yield func(record.Pixel, error) bool) {
		failure := r.ask(ctx, "Pixels")
		r.mu.Lock()
		all, after := slices.Clone(r.drawn), r.after
		r.mu.Unlock()
		if failure != nil && after == 0 {
			yield(record.Pixel{}, failure)
			return
		}
		for _, p := range all {
			if p.Region != region || !from.IsZero() && p.Time < from.UnixMilli() || !to.IsZero() && p.Time >= to.UnixMilli() {
				continue
			}
			if err := ctx.Err(); err != nil {
				yield(record.Pixel{}, err)
				return
			}
			if after--; failure != nil && after < 0 {
				yield(record.Pixel{}, failure)
				return
			}
			if !yield(p, nil) {
				return
			}
		}
	}
}

// Painted is when each pixel of a region was painted last.
func (r *Record) Painted(ctx context.Context, region canvas.RegionID) ([]int64, error) {
	_, _, width, height := r.Geometry.Bounds(region)
	times := make([]int64, width*height)
	for p, err := range r.Pixels(ctx, region, time.Time{}, time.Time{}) {
		if err != nil {
			return nil, err
		}
		_, pos := r.Geometry.Locate(int(p.X), int(p.Y))
		times[pos] = p.Time
	}
	return times, nil
}

// Activity counts in steps.
func (r *Record) Activity(ctx context.Context, of []canvas.RegionID, from time.Time, step time.Duration, steps int) ([]uint64, error) {
	counts := make([]uint64, steps)
	for _, region := range of {
		for p, err := range r.Pixels(ctx, region, from, from.Add(time.Duration(steps)*step)) {
			if err != nil {
				return nil, err
			}
			counts[(p.Time-from.UnixMilli())/step.Milliseconds()]++
		}
	}
	return counts, nil
}

// RangeOf is what a region's record covers.
func (r *Record) RangeOf(ctx context.Context, region canvas.RegionID) (covered record.Range, err error) {
	if err := r.ask(ctx, "RangeOf"); err != nil {
		return covered, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.drawn {
		if p.Region == region {
			covered.Last = time.UnixMilli(p.Time)
			if covered.First.IsZero() {
				covered.First = covered.Last
			}
		}
	}
	for _, g := range r.gaps {
		if g.Region == region {
			covered.Gaps = append(covered.Gaps, g)
		}
	}
	return covered, nil
}

// Stats counts users and regions, as far as tests need it.
func (r *Record) Stats(ctx context.Context, from, to time.Time) (*record.Stats, error) {
	if err := r.ask(ctx, "Stats"); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &record.Stats{Immutable: !to.After(r.settled.Add(time.Millisecond)), Range: record.Range{Gaps: r.gaps}}
	for _, p := range r.drawn {
		if p.Time < from.UnixMilli() || p.Time >= to.UnixMilli() {
			continue
		}
		s.Pixels++
		s.Range.Last = time.UnixMilli(p.Time)
		if s.Range.First.IsZero() {
			s.Range.First = s.Range.Last
		}
		at := slices.IndexFunc(s.Users, func(u record.UserCount) bool { return u.User == p.User })
		if at < 0 {
			at = len(s.Users)
			s.Users = append(s.Users, record.UserCount{User: p.User})
		}
		s.Users[at].Name = p.Name
		s.Users[at].Pixels++
		hour := p.Time - p.Time%time.Hour.Milliseconds()
		if n := len(s.Hours); n == 0 || s.Hours[n-1].Time != hour {
			s.Hours = append(s.Hours, record.HourCount{Time: hour})
		}
		s.Hours[len(s.Hours)-1].Pixels++
		if n := len(s.Regions); n == 0 || s.Regions[n-1].Region != p.Region {
			s.Regions = append(s.Regions, record.RegionCount{Region: p.Region})
		}
		s.Regions[len(s.Regions)-1].Pixels++
	}
	return s, nil
}

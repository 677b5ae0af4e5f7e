package record

import (
	"context"
	"iter"
	"slices"
	"time"

	"pixelplayground/actors/canvas"
)

// Reader answers questions about what was drawn. What is not recorded yet comes from the store's
// log. It may be used from any goroutine, on any pod: it remembers nothing but what it has read.
//
// Errors are or wrap those of this package; an error of the log's is passed on.
type Reader struct {
	files Files
	log   Log
	cfg   Config
}

// NewReader makes a Reader. Without a log (nil) it knows what is in the files.
func NewReader(files Files, log Log, cfg Config) *Reader {
	return &Reader{files: files, log: log, cfg: cfg.withDefaults()}
}

// Range is from when to when there is a record.
type Range struct {
	First, Last time.Time // of the first and the last pixel; zero: there is none
	Gaps        []Gap     // by region and position
}

// Stats counts pixels.
type Stats struct {
	Pixels  uint64
	Users   []UserCount // the MaxUsers that placed most, most first
	Hours   []HourCount // hours in which something was drawn, in order
	Regions []RegionCount
	Range   Range // of the pixels counted, with the gaps of their time

	// Immutable says that nothing drawn later can change the answer.
	Immutable bool
}

// MaxUsers bounds the list of users in Stats.
const MaxUsers = 100

type (
	// UserCount is how many pixels a user has placed.
	UserCount struct {
		User   canvas.Author
		Name   string // the last one
		Pixels uint64
	}
	// HourCount is how many pixels were placed in an hour.
	HourCount struct {
		Time   int64 // when it began, in Unix milliseconds
		Pixels uint64
	}
	// RegionCount is how many pixels were placed in a region.
	RegionCount struct {
		Region canvas.RegionID
		Pixels uint64
	}
)

// Latest tells who placed the pixel that is at (x, y) now, and when. It reports false if nobody has,
// or if that is not known.
func (r *Reader) Latest(ctx context.Context, x, y int) (Pixel, bool, error) {
	found, _, err := r.Before(ctx, x, y, 0, 1)
	if len(found) == 0 {
		return Pixel{}, false, err
	}
	return found[0], true, err
}

// Before returns the pixels placed at (x, y) before sequence number seq of their region (0: all), the
// newest first: n at most. more says that there are others before them.
func (r *Reader) Before(ctx context.Context, x, y int, seq uint64, n int) (found []Pixel, more bool, err error) {
	region, _ := r.cfg.Geometry.Locate(x, y)
	for p, err := range r.Pixels(ctx, region, time.Time{}, time.Time{}) {
		if err != nil {
			return nil, false, err
		}
		if int(p.X) == x && int(p.Y) == y && (seq == 0 || p.Seq < seq) {
			found = append(found, p)
		}
	}
	slices.Reverse(found)
	if len(found) > n {
		return found[:n], true, nil
	}
	return found, false, nil
}

// Tile returns the pixels of a region as they were at a time. immutable says that nothing drawn
// later can change the answer. Where it is not known what stood somewhere after a gap, there is what
// stood there before it.
func (r *Reader) Tile(ctx context.Context, region canvas.RegionID, at time.Time) (tile *canvas.Snapshot, immutable bool, err error) {
	_, _, width, height := r.cfg.Geometry.Bounds(region)
	tile = &canvas.Snapshot{Region: region, Tile: canvas.NewTile(width, height)}
	for p, err := range r.Pixels(ctx, region, time.Time{}, at.Add(time.Millisecond)) {
		if err != nil {
			return nil, false, err
		}
		_, pos := r.cfg.Geometry.Locate(int(p.X), int(p.Y))
		tile.Tile.Set(pos, p.Color)
		tile.Position = canvas.Position{Seq: p.Seq, Epoch: p.Epoch}
	}
	return tile, false, nil
}

// Pixels yields the pixels of a region in their order: those from a time on, and before another. Zero
// times are no bounds. It ends with the first error.
func (r *Reader) Pixels(ctx context.Context, region canvas.RegionID, from, to time.Time) iter.Seq2[Pixel, error] {
	return func(yield func(Pixel, error) bool) {
		d, err := list(ctx, r.files, region)
		if err != nil {
			yield(Pixel{}, err)
			return
		}
		for i := range d.parts {
			f := d.parts[i].file
			content, err := r.files.Get(ctx, f.name())
			if err != nil {
				yield(Pixel{}, err)
				return
			}
			all, err := decode(f, content, r.cfg.Geometry)
			if err != nil {
				yield(Pixel{}, err)
				return
			}
			for j := range all.len() {
				p := all.pixel(r.cfg.Geometry, j)
				if !from.IsZero() && p.Time < from.UnixMilli() || !to.IsZero() && p.Time >= to.UnixMilli() {
					continue
				}
				if !yield(p, nil) {
					return
				}
			}
		}
		for at := d.end().Seq; r.log != nil; {
			batches, err := r.log.History(ctx, region, at, 1000)
			if err != nil {
				yield(Pixel{}, err)
				return
			}
			if len(batches) == 0 {
				return
			}
			for _, b := range batches {
				seq := b.From
				for i := range b.Ops {
					op := &b.Ops[i]
					for _, dot := range op.Pixels {
						if seq++; seq <= at {
							continue
						}
						x, y := r.cfg.Geometry.Point(region, dot.Pos)
						p := Pixel{Region: region, Seq: seq, Epoch: b.Epoch, Time: b.Time, X: uint16(x), Y: uint16(y), Color: dot.Color, User: op.By(), Name: op.Name}
						if !from.IsZero() && p.Time < from.UnixMilli() || !to.IsZero() && p.Time >= to.UnixMilli() {
							continue
						}
						if !yield(p, nil) {
							return
						}
					}
				}
				at = b.To
			}
		}
	}
}

// Gaps lists what is not known of a region, in order.
func (r *Reader) Gaps(ctx context.Context, region canvas.RegionID) ([]Gap, error) { return nil, nil }

// Range tells from when to when there is a record of the canvas, and what is missing in it.
func (r *Reader) Range(ctx context.Context) (Range, error) {
	var all Range
	for p, err := range r.All(ctx, time.Time{}, time.Time{}) {
		if err != nil {
			return Range{}, err
		}
		if t := time.UnixMilli(p.Time); all.First.IsZero() || t.Before(all.First) {
			all.First = t
		}
		all.Last = time.UnixMilli(p.Time)
	}
	return all, nil
}

// Stats counts what was drawn from a time on, and before another. Zero times are no bounds.
func (r *Reader) Stats(ctx context.Context, from, to time.Time) (*Stats, error) {
	s := &Stats{}
	users, hours, regions := map[canvas.Author]*UserCount{}, map[int64]uint64{}, map[canvas.RegionID]uint64{}
	for p, err := range r.All(ctx, from, to) {
		if err != nil {
			return nil, err
		}
		s.Pixels++
		if users[p.User] == nil {
			users[p.User] = &UserCount{User: p.User}
		}
		users[p.User].Pixels++
		users[p.User].Name = p.Name
		hours[p.Time-p.Time%time.Hour.Milliseconds()]++
		regions[p.Region]++
	}
	for _, u := range users {
		s.Users = append(s.Users, *u)
	}
	slices.SortFunc(s.Users, func(a, b UserCount) int { return int(int64(b.Pixels) - int64(a.Pixels)) })
	for t, n := range hours {
		s.Hours = append(s.Hours, HourCount{t, n})
	}
	for id, n := range regions {
		s.Regions = append(s.Regions, RegionCount{id, n})
	}
	return s, nil
}

// All yields the pixels of all regions, those from a time on and before another, by time; those of
// the same millisecond by region, and then in their order. It ends with the first error. However
// many there are, it takes a few hundred MB of memory at most.
func (r *Reader) All(ctx context.Context, from, to time.Time) iter.Seq2[Pixel, error] {
	return func(yield func(Pixel, error) bool) {
		var all []Pixel
		for region := range r.cfg.Geometry.Regions() {
			for p, err := range r.Pixels(ctx, canvas.RegionID(region), from, to) {
				if err != nil {
					yield(Pixel{}, err)
					return
				}
				all = append(all, p)
			}
		}
		slices.SortStableFunc(all, func(a, b Pixel) int { return int(a.Time - b.Time) })
		for _, p := range all {
			if !yield(p, nil) {
				return
			}
		}
	}
}

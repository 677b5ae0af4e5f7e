package record

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record/table"
)

// Latest tells who placed the pixel that is at (x, y) now, and when. It reports false if nobody has,
// or if that is not known. It does not say from which network; Before does.
func (r *Reader) Latest(ctx context.Context, x, y int) (found Pixel, ok bool, err error) {
	region, pos := r.cfg.Geometry.Locate(x, y)
	err = r.ask(ctx, region, func(v *view) error {
		for i := v.tail.n - 1; i >= 0; i-- {
			if v.tail.pos[i] == pos {
				found, ok = v.tail.pixel(r.cfg.Geometry, i), true
				found.Network = 0
				return nil
			}
		}
		f := v.latest()
		if f == nil { // a crash, or what is recorded was lost by the store since
			before, _, err := r.before(ctx, v, pos, uint64(forever), 1)
			if len(before) > 0 {
				found, ok = before[0], true
				found.Network = 0
			}
			return err
		}
		content, err := r.content(ctx, f)
		if err != nil {
			return err
		}
		found, ok, err = latestPixel(f, content, r.cfg.Geometry, pos)
		return err
	})
	return found, ok, err
}

// latest is the file that says who placed what at the end of the parts; nil: there is none.
func (v *view) latest() *file {
	if len(v.parts) == 0 {
		return nil
	}
	end := v.parts[len(v.parts)-1].to
	files := v.of(latestKind)
	for i := range files {
		if files[i].end == end {
			return &files[i]
		}
	}
	return nil
}

// latestPixel reads one row of a latest file.
func latestPixel(f *file, content []byte, g canvas.Geometry, pos uint16) (p Pixel, ok bool, err error) {
	defer damaged(f, &err)
	_, _, width, height := g.Bounds(f.region)
	t, err := table.Open(content, width*height)
	if err != nil {
		return Pixel{}, false, err
	}
	row := make(map[string]parquet.Value)
	for _, column := range []string{"seq", "color", "user", "name", "cause", "time"} {
		if row[column], err = t.Value(column, int(pos)); err != nil {
			return Pixel{}, false, err
		}
	}
	if row["seq"].IsNull() {
		return Pixel{}, false, nil
	}
	user, ok := parseID[canvas.Author](text(row["user"]))
	if !ok {
		return Pixel{}, false, table.ErrEncoding
	}
	x, y := g.Point(f.region, pos)
	return Pixel{
		Region: f.region, Seq: uint64(row["seq"].Int64()), Time: row["time"].Int64(), X: uint16(x), Y: uint16(y),
		Color: canvas.Color(row["color"].Int32()), User: user, Name: canvas.CleanName(text(row["name"])), Cause: Cause(text(row["cause"])),
	}, true, nil
}

func text(v parquet.Value) string {
	if v.IsNull() {
		return ""
	}
	return v.String()
}

// Before returns the pixels placed at (x, y) before sequence number seq of their region (0: all), the
// newest first: n at most. more says that there are others before them. It reads as many segments
// as it takes to find them.
func (r *Reader) Before(ctx context.Context, x, y int, seq uint64, n int) (found []Pixel, more bool, err error) {
	region, pos := r.cfg.Geometry.Locate(x, y)
	if seq == 0 {
		seq = uint64(forever)
	}
	err = r.ask(ctx, region, func(v *view) (err error) {
		found, more, err = r.before(ctx, v, pos, seq, n)
		return err
	})
	return found, more, err
}

func (r *Reader) before(ctx context.Context, v *view, pos uint16, seq uint64, n int) (found []Pixel, more bool, err error) {
	take := func(s stretch) bool {
		for i := s.to - 1; i >= s.from && !more; i-- {
			if s.pos[i] != pos || s.rows.from+1+uint64(i) >= seq {
				continue
			}
			if more = len(found) == n; !more {
				found = append(found, s.pixel(r.cfg.Geometry, i))
			}
		}
		return !more
	}
	if !take(stretch{v.tail, 0, v.tail.n}) {
		return found, more, nil
	}
	for _, p := range slices.Backward(v.parts) {
		if p.gap() || p.after+1 >= seq {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		all, err := r.rows(ctx, p.file, where)
		if err != nil {
			return nil, false, err
		}
		s := stretch{all, int(p.after - p.from), int(p.to.Seq - p.from)}
		if !slices.Contains(all.pos[s.from:s.to], pos) {
			continue
		}
		if s.rows, err = r.rows(ctx, p.file, everything); err != nil {
			return nil, false, err
		}
		if !take(s) {
			break
		}
	}
	return found, more, nil
}

// Pixels yields the pixels of a region in their order: those from a time on, and before another. Zero
// times are no bounds. It ends with the first error.
func (r *Reader) Pixels(ctx context.Context, region canvas.RegionID, from, to time.Time) iter.Seq2[Pixel, error] {
	return func(yield func(Pixel, error) bool) {
		first, end := bounds(from, to)
		after := uint64(0)
		done := false
		err := r.scan(ctx, region, after, first, end, everything, func(s stretch) bool {
			for i := s.from; i < s.to && !done; i++ {
				done = !yield(s.pixel(r.cfg.Geometry, i), nil)
			}
			return !done
		})
		if err != nil && !done {
			yield(Pixel{}, err)
		}
	}
}

// Painted returns when each pixel of a region was painted last, by position, in Unix milliseconds; 0:
// nobody has painted it, or that is not known.
func (r *Reader) Painted(ctx context.Context, region canvas.RegionID) (times []int64, err error) {
	_, _, width, height := r.cfg.Geometry.Bounds(region)
	err = r.ask(ctx, region, func(v *view) error {
		times = make([]int64, width*height)
		f := v.latest()
		if f == nil {
			return r.scan(ctx, region, 0, never, forever, where, func(s stretch) bool {
				s.note(times)
				return true
			})
		}
		content, err := r.content(ctx, f)
		if err != nil {
			return err
		}
		if times, err = decodePainted(f, content, len(times)); err != nil {
			return err
		}
		stretch{v.tail, 0, v.tail.n}.note(times)
		return nil
	})
	return times, err
}

// note sets when pixels were painted.
func (s stretch) note(times []int64) {
	for i := s.from; i < s.to; i++ {
		times[s.pos[i]] = s.time[i]
	}
}

func decodePainted(f *file, content []byte, size int) (times []int64, err error) {
	defer damaged(f, &err)
	t, err := table.Open(content, size)
	if err != nil {
		return nil, err
	}
	return t.Int64s("time", 0)
}

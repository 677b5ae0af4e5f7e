package record

import (
	"cmp"
	"container/heap"
	"context"
	"iter"
	"time"

	"pixelplayground/actors/canvas"
)

// sliceRows is how many pixels All has in memory at once, about: 40 bytes each. It may be twice as
// many where there are more than expected.
const sliceRows = 2 << 20

// All yields the pixels of all regions, those from a time on and before another, by time; those of
// the same millisecond by region, and then in their order. It ends with the first error.
//
// It reads one slice of time after another, so however many there are, it takes some 200 MB of
// memory besides the cache.
func (r *Reader) All(ctx context.Context, from, to time.Time) iter.Seq2[Pixel, error] {
	return func(yield func(Pixel, error) bool) {
		done := false
		first, end := bounds(from, to)
		err := r.slices(ctx, first, end, func(p Pixel) bool {
			done = !yield(p, nil)
			return !done
		})
		if err != nil && !done {
			yield(Pixel{}, err)
		}
	}
}

// slices yields the pixels from a time on and before another, until yield returns false.
func (r *Reader) slices(ctx context.Context, from, to int64, yield func(Pixel) bool) error {
	d, err := r.density(ctx)
	if err != nil || len(d) == 0 {
		return err
	}
	begun, end := forever, never
	for _, s := range d {
		begun, end = min(begun, s.first), max(end, s.last+1)
	}
	from, to = max(from, begun), min(to, end)
	for going := true; from < to && going; {
		s, end, err := r.slice(ctx, from, d.slice(from, to, sliceRows))
		if err != nil {
			return err
		}
		if s == nil {
			going, err = r.moment(ctx, from, yield)
		} else {
			going = s.merge(r.cfg.Geometry, yield)
		}
		if err != nil {
			return err
		}
		from = end
	}
	return nil
}

// dense is pixels that are spread over a time.
type dense struct {
	first, last int64
	pixels      int
}

type density []dense

// density is when how much was drawn, about.
func (r *Reader) density(ctx context.Context) (all density, err error) {
	if err := r.lookAll(ctx); err != nil {
		return nil, err
	}
	for region := range canvas.RegionID(r.cfg.Geometry.Regions()) {
		v, err := r.look(ctx, region, false)
		if err != nil {
			return nil, err
		}
		for i := range v.parts {
			if p := &v.parts[i]; !p.gap() {
				all = append(all, dense{p.first, p.last, int(p.to.Seq - p.after)})
			}
		}
		if n := v.tail.n; n > 0 {
			all = append(all, dense{v.tail.time[0], v.tail.time[n-1], n})
		}
	}
	return all, nil
}

// slice is the end of a time that begins at from, ends at to at the latest, and has about as many
// pixels as wanted.
func (d density) slice(from, to int64, want int) int64 {
	few, many := from+1, to
	for few < many {
		middle := few + (many-few+1)/2
		if d.between(from, middle) > float64(want) {
			many = middle - 1
		} else {
			few = middle
		}
	}
	return few
}

func (d density) between(from, to int64) (n float64) {
	for _, s := range d {
		if a, b := max(from, s.first), min(to, s.last+1); a < b {
			n += float64(s.pixels) * float64(b-a) / float64(s.last+1-s.first)
		}
	}
	return n
}

// timeSlice is the pixels of a slice of time.
type timeSlice struct {
	regions []*regionSlice // in order, none of them empty
	authors words[author]
}

type regionSlice struct {
	region canvas.RegionID
	rows   []sliceRow // by time
}

type sliceRow struct {
	time          int64
	seq, epoch    uint64
	color, before canvas.Color
	by            uint32
	pos           uint16
}

// slice reads the pixels of all regions from a time on and before another, or an earlier one if they
// are too many: end. It returns nil if they are too many for a millisecond.
func (r *Reader) slice(ctx context.Context, from, to int64) (s *timeSlice, end int64, err error) {
	for {
		s, n := &timeSlice{}, 0
		for region := range canvas.RegionID(r.cfg.Geometry.Regions()) {
			one := &regionSlice{region: region}
			err := r.scan(ctx, region, 0, from, to, everything, func(found stretch) bool {
				if n += found.to - found.from; n <= 2*sliceRows {
					s.copy(one, found)
				}
				return n <= 2*sliceRows
			})
			if err != nil {
				return nil, 0, err
			}
			if len(one.rows) > 0 {
				s.regions = append(s.regions, one)
			}
		}
		switch {
		case n <= 2*sliceRows:
			return s, to, nil
		case to == from+1:
			return nil, to, nil
		}
		to = from + (to-from)/2
	}
}

// copy adds rows to those of a region, so that the segment they are from can be forgotten.
func (s *timeSlice) copy(to *regionSlice, from stretch) {
	authors := make([]uint32, len(from.authors.list)) // how authors of the segment are numbered in the slice, from 1 on
	for i := from.from; i < from.to; i++ {
		by := from.by[i]
		if authors[by] == 0 {
			authors[by] = s.authors.add(from.authors.list[by]) + 1
		}
		to.rows = append(to.rows, sliceRow{
			from.time[i], from.rows.from + 1 + uint64(i), from.epoch[i], from.color[i], from.before[i], authors[by] - 1, from.pos[i],
		})
	}
}

// merge yields the pixels in order. It returns false as soon as yield does.
func (s *timeSlice) merge(g canvas.Geometry, yield func(Pixel) bool) bool {
	h := sliceHeap(s.regions)
	heap.Init(&h)
	for len(h) > 0 {
		next := h[0]
		row := &next.rows[0]
		x, y := g.Point(next.region, row.pos)
		p := s.authors.list[row.by].signed(Pixel{
			Region: next.region, Seq: row.seq, Epoch: row.epoch, Time: row.time, X: uint16(x), Y: uint16(y), Color: row.color,
		})
		if row.before != unknown {
			p.Before, p.Known = row.before, true
		}
		if !yield(p) {
			return false
		}
		if next.rows = next.rows[1:]; len(next.rows) == 0 {
			heap.Pop(&h)
		} else if len(h) > 1 {
			heap.Fix(&h, 0)
		}
	}
	return true
}

// moment yields the pixels of one millisecond, region by region.
func (r *Reader) moment(ctx context.Context, t int64, yield func(Pixel) bool) (going bool, err error) {
	going = true
	for region := canvas.RegionID(0); int(region) < r.cfg.Geometry.Regions() && going && err == nil; region++ {
		err = r.scan(ctx, region, 0, t, t+1, everything, func(s stretch) bool {
			for i := s.from; i < s.to && going; i++ {
				going = yield(s.pixel(r.cfg.Geometry, i))
			}
			return going
		})
	}
	return going, err
}

// sliceHeap has the region whose next pixel comes first at its top.
type sliceHeap []*regionSlice

func (h sliceHeap) Len() int { return len(h) }
func (h sliceHeap) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].rows[0].time, h[j].rows[0].time), cmp.Compare(h[i].region, h[j].region)) < 0
}
func (h sliceHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface; nothing is pushed.
func (h *sliceHeap) Push(x any) { *h = append(*h, x.(*regionSlice)) }

// Pop implements heap.Interface.
func (h *sliceHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

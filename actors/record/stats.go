package record

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"pixelplayground/actors/canvas"
)

// Stats counts pixels.
type Stats struct {
	Pixels  uint64
	Users   []UserCount // the MaxUsers that placed most, most first
	Hours   []HourCount // hours in which something was drawn, in order
	Regions []RegionCount
	Range   Range // of the pixels counted, with the gaps of that time

	// Immutable says that nothing drawn later can change the answer.
	Immutable bool
}

// MaxUsers bounds the list of users in Stats.
const MaxUsers = 100

type (
	// UserCount is how many pixels a user has placed.
	UserCount struct {
		User   canvas.Author
		Name   string // the last one in the region where the user placed something last
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

const hour = int64(time.Hour / time.Millisecond)

// counts is how many pixels a stretch has, by what is asked about it.
type counts struct {
	users       []userCount // each once
	hours       []HourCount
	first, last int64
	pixels      uint64
}

type userCount struct {
	user   canvas.Author
	name   string
	pixels uint64
	last   int64
}

func (c *counts) size() int { return 100 + 64*len(c.users) + 16*len(c.hours) }

// count counts a stretch, which is not empty.
func (s stretch) count() *counts {
	c := &counts{first: s.time[s.from], last: s.time[s.to-1], pixels: uint64(s.to - s.from)}
	byAuthor, lastOf := make([]uint64, len(s.authors.list)), make([]int64, len(s.authors.list))
	for i := s.from; i < s.to; i++ {
		byAuthor[s.by[i]]++
		lastOf[s.by[i]] = s.time[i]
		if begun := s.time[i] - s.time[i]%hour; len(c.hours) == 0 || c.hours[len(c.hours)-1].Time != begun {
			c.hours = append(c.hours, HourCount{Time: begun})
		}
		c.hours[len(c.hours)-1].Pixels++
	}
	users := make(map[canvas.Author]int)
	for i, n := range byAuthor {
		if n == 0 {
			continue
		}
		by := s.authors.list[i]
		at, ok := users[by.user]
		if !ok {
			at = len(c.users)
			users[by.user] = at
			c.users = append(c.users, userCount{user: by.user})
		}
		u := &c.users[at]
		if u.pixels += n; lastOf[i] >= u.last {
			u.name, u.last = by.name, lastOf[i]
		}
	}
	return c
}

// sum is counts being added up.
type sum struct {
	users       map[canvas.Author]userCount
	hours       map[int64]uint64
	first, last int64
	pixels      uint64
	gaps        []Gap
}

func (s *sum) add(c *counts) {
	for _, u := range c.users {
		have := s.users[u.user]
		if have.pixels += u.pixels; u.last >= have.last {
			have.name, have.last = u.name, u.last
		}
		s.users[u.user] = have
	}
	for _, h := range c.hours {
		s.hours[h.Time] += h.Pixels
	}
	s.first, s.last, s.pixels = min(s.first, c.first), max(s.last, c.last), s.pixels+c.pixels
}

// Stats counts what was drawn from a time on, and before another. Zero times are no bounds. Whole
// segments are counted once, as long as their counts are kept.
func (r *Reader) Stats(ctx context.Context, from, to time.Time) (*Stats, error) {
	first, end := bounds(from, to)
	all := sum{users: make(map[canvas.Author]userCount), hours: make(map[int64]uint64), first: forever, last: never}
	stats := &Stats{Immutable: true}
	if err := r.lookAll(ctx); err != nil {
		return nil, err
	}
	for region := range canvas.RegionID(r.cfg.Geometry.Regions()) {
		before := all.pixels
		immutable, err := r.count(ctx, region, first, end, &all)
		if err != nil {
			return nil, err
		}
		stats.Immutable = stats.Immutable && immutable
		if n := all.pixels - before; n > 0 {
			stats.Regions = append(stats.Regions, RegionCount{region, n})
		}
	}
	stats.Pixels, stats.Users = all.pixels, top(all.users)
	stats.Range = between(all.first, all.last)
	stats.Range.Gaps = all.gaps
	for _, begun := range slices.Sorted(maps.Keys(all.hours)) {
		stats.Hours = append(stats.Hours, HourCount{begun, all.hours[begun]})
	}
	return stats, nil
}

// count adds what was drawn in a region.
func (r *Reader) count(ctx context.Context, region canvas.RegionID, from, to int64, all *sum) (immutable bool, err error) {
	err = r.ask(ctx, region, func(v *view) error {
		var found []*counts
		for i := range v.parts {
			p := &v.parts[i]
			if p.gap() || p.last < from || p.first >= to {
				continue
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			c, err := r.countPart(ctx, p, from, to)
			if err != nil {
				return err
			}
			found = append(found, c)
		}
		if s := v.tail.between(0, v.tail.end(), from, to); s.from < s.to {
			found = append(found, s.count())
		}
		gaps, err := r.gapsBetween(ctx, v, from, to)
		if err != nil {
			return err
		}
		all.gaps = append(all.gaps, gaps...)
		for _, c := range found {
			all.add(c)
		}
		immutable = v.immutable(to, r.cfg.Now())
		return nil
	})
	return immutable, err
}

func (r *Reader) countPart(ctx context.Context, p *part, from, to int64) (*counts, error) {
	whole := from <= p.first && p.last < to && p.after == p.from && p.to == p.end
	key := "counts " + p.name()
	if whole {
		if kept, ok := r.cache.Get(key); ok {
			return kept.(*counts), nil
		}
	}
	all, err := r.rows(ctx, p.file, when|who)
	if err != nil {
		return nil, err
	}
	s := all.between(p.after, p.to.Seq, from, to)
	if s.from >= s.to {
		return &counts{first: forever, last: never}, nil
	}
	c := s.count()
	if whole {
		r.cache.Drop(p.name()) // the rows that it was worked out from are not needed again
		r.cache.Put(key, c, c.size())
	}
	return c, nil
}

// top lists the users that have placed most.
func top(users map[canvas.Author]userCount) []UserCount {
	all := make([]UserCount, 0, len(users))
	for user, u := range users {
		all = append(all, UserCount{user, u.name, u.pixels})
	}
	slices.SortFunc(all, func(a, b UserCount) int { return cmp.Or(cmp.Compare(b.Pixels, a.Pixels), cmp.Compare(a.User, b.User)) })
	return slices.Clone(all[:min(len(all), MaxUsers)])
}

// Activity counts what was drawn in some regions in equal steps: one number for each step, the first
// of which begins at a time. Steps of whole hours, from an hour on, are added up from what is counted
// once for each segment, as in Stats; shorter ones need the times of all pixels.
func (r *Reader) Activity(ctx context.Context, of []canvas.RegionID, from time.Time, step time.Duration, steps int) ([]uint64, error) {
	counted := make([]uint64, steps)
	length, begun := step.Milliseconds(), from.UnixMilli()
	end := begun + int64(steps)*length
	for _, region := range of {
		var err error
		if length%hour == 0 && begun%hour == 0 {
			all := sum{users: make(map[canvas.Author]userCount), hours: make(map[int64]uint64)}
			_, err = r.count(ctx, region, begun, end, &all)
			for at, n := range all.hours {
				counted[(at-begun)/length] += n
			}
		} else {
			err = r.scan(ctx, region, 0, begun, end, when, func(s stretch) bool {
				for _, at := range s.time[s.from:s.to] {
					counted[(at-begun)/length]++
				}
				return true
			})
		}
		if err != nil {
			return nil, err
		}
	}
	return counted, nil
}

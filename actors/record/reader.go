package record

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record/cache"
)

// Reader answers questions about what was drawn. What is not recorded yet comes from the store's
// log. It may be used from any goroutine, on any pod: it remembers nothing but what it has read.
//
// Errors are or wrap those of this package; an error of the log's is passed on.
type Reader struct {
	files Files
	log   Log
	cfg   Config
	cache *cache.Cache // of views by folder; contents of files by name; rows, tiles and counts by kind and name

	looking [64]chan struct{} // cap 1: holds a token while somebody brings views of its regions up to date
}

// NewReader makes a Reader. Without a log (nil) it knows what is in the files.
func NewReader(files Files, log Log, cfg Config) *Reader {
	cfg = cfg.withDefaults()
	r := &Reader{files: files, log: log, cfg: cfg, cache: cache.New(cfg.Cache)}
	for i := range r.looking {
		r.looking[i] = make(chan struct{}, 1)
	}
	return r
}

// rowBytes is what a row takes up in memory.
const rowBytes = 8 + 8 + 2 + 4 + 4 + 4

// content reads a file.
func (r *Reader) content(ctx context.Context, f *file) ([]byte, error) {
	name := f.name()
	if kept, ok := r.cache.Get(name); ok {
		return kept.([]byte), nil
	}
	content, err := r.files.Get(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	r.cache.Put(name, content, len(content))
	return content, nil
}

// rows reads a segment: all of it, which is kept, or some columns.
func (r *Reader) rows(ctx context.Context, f *file, want columns) (*rows, error) {
	key := "rows " + f.name()
	if kept, ok := r.cache.Get(key); ok {
		return kept.(*rows), nil
	}
	content, err := r.content(ctx, f)
	if err != nil {
		return nil, err
	}
	all, err := decode(f, content, r.cfg.Geometry, want, nil)
	if err == nil && want == everything {
		r.cache.Drop(f.name())
		r.cache.Put(key, all, all.n*rowBytes+len(all.authors.list)*64)
	}
	return all, err
}

// tries is how often a question is asked anew because the Writer has replaced files meanwhile.
const tries = 3

// ask calls answer with the view of a region, and again with a new one if a file is gone.
func (r *Reader) ask(ctx context.Context, region canvas.RegionID, answer func(*view) error) error {
	for try := 1; ; try++ {
		v, err := r.look(ctx, region, try > 1)
		if err == nil {
			err = answer(v)
		}
		if !errors.Is(err, ErrNotExist) || try == tries {
			return err
		}
	}
}

// stretch is consecutive rows of a region.
type stretch struct {
	*rows
	from, to int // the rows from, up to but not including to
}

// scan calls visit with the rows of a region after a sequence number whose times are from a time on
// and before another, in their order, until it returns false.
func (r *Reader) scan(ctx context.Context, region canvas.RegionID, after uint64, from, to int64, want columns, visit func(stretch) bool) error {
	for {
		begun := after
		err := r.ask(ctx, region, func(v *view) error { return r.pass(ctx, v, &after, from, to, want, visit) })
		if !errors.Is(err, ErrNotExist) || after == begun {
			return err
		}
	}
}

// pass is scan with one view. It notes how far it has come.
func (r *Reader) pass(ctx context.Context, v *view, after *uint64, from, to int64, want columns, visit func(stretch) bool) error {
	for i := range v.parts {
		p := &v.parts[i]
		if p.gap() || p.to.Seq <= *after || p.last < from || p.first >= to {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		all, err := r.rows(ctx, p.file, want|when)
		if err != nil {
			return err
		}
		if s := all.between(max(p.after, *after), p.to.Seq, from, to); s.from < s.to && !visit(s) {
			return nil
		}
		*after = p.to.Seq
	}
	if s := v.tail.between(*after, v.tail.end(), from, to); s.from < s.to {
		visit(s)
	}
	return nil
}

// between is the rows after a sequence number up to another, from a time on and before another.
func (r *rows) between(after, upTo uint64, from, to int64) stretch {
	i, j := int(max(after, r.from)-r.from), int(min(max(upTo, r.from)-r.from, uint64(r.n)))
	if i >= j {
		return stretch{r, 0, 0}
	}
	times := r.time[i:j]
	first, _ := slices.BinarySearch(times, from)
	last, _ := slices.BinarySearch(times, to)
	return stretch{r, i + first, i + last}
}

// Bounds of times for those that are not given.
const (
	never   int64 = -1 << 62
	forever int64 = 1 << 62
)

// bounds are times in milliseconds; those that are zero are no bounds.
func bounds(from, to time.Time) (int64, int64) {
	a, b := never, forever
	if !from.IsZero() {
		a = from.UnixMilli()
		if from.Nanosecond()%int(time.Millisecond) != 0 {
			a++
		}
	}
	if !to.IsZero() {
		b = to.UnixMilli()
		if to.Nanosecond()%int(time.Millisecond) != 0 {
			b++
		}
	}
	return a, b
}

// settled is how long after a time nothing is expected any more that was drawn before it: a commit
// may wait for the store, and pods' clocks differ.
const settled = time.Hour

// immutable reports whether nothing that is drawn later can change what was drawn in a region before
// a time. It may still be lost by a failover of the store, for which a minute is left.
func (v *view) immutable(before int64, now time.Time) bool {
	if !v.sure || before > now.Add(-time.Minute).UnixMilli() {
		return false
	}
	return before <= v.folder.last() || before <= now.Add(-settled).UnixMilli()
}

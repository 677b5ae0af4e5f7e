package history

import (
	"context"
	"image"
	"net/http"
	"time"

	"pixelplayground/actors/canvas"
)

// Limits of counts in steps.
const (
	mostSteps = 2000
	// shortSteps is over how much time steps that are no whole hours may be asked for: they need the time
	// of each pixel.
	shortSteps = 48 * time.Hour
	shortest   = time.Second
	longest    = 366 * 24 * time.Hour
)

// steps is a question about how much was drawn when.
type steps struct {
	of     []canvas.RegionID
	from   time.Time
	length time.Duration
	count  int
}

// getActivity answers how much was drawn in a part of the canvas, step by step.
func (h *History) getActivity(w http.ResponseWriter, r *http.Request) {
	q := ask(r, "from", "to", "step", "x", "y", "w", "h")
	s := h.steps(q)
	if q.answered(w) {
		return
	}
	job, ok := h.Begin(w, r, statsWork)
	if !ok {
		return
	}
	defer job.End()
	ctx, cancel := context.WithTimeout(r.Context(), statsPatience)
	defer cancel()
	var counts []uint64
	err := h.charged(ctx, job, statsWork, func() (err error) {
		counts, err = h.Record.Activity(ctx, s.of, s.from, s.length, s.count)
		return err
	})
	if err != nil {
		h.Fail(w, r, err)
		return
	}
	h.Cacheable(w, false, Now())
	give(w, r, struct {
		From   int64    `json:"from"` // where the first step begins
		Step   int64    `json:"step"` // ms
		Counts []uint64 `json:"counts"`
	}{s.from.UnixMilli(), s.length.Milliseconds(), counts})
}

// steps reads a question. Without to it ends now. The regions that the part touches count as a whole.
func (h *History) steps(q *question) (s steps) {
	now := h.Now()
	s.from = q.time("from", now)
	to := q.time("to", now)
	if to.After(now) {
		to = now
	}
	s.length = time.Duration(q.number("step", uint64(time.Hour.Milliseconds()), uint64(shortest.Milliseconds()), uint64(longest.Milliseconds()))) * time.Millisecond
	part := h.part(q)
	if q.err != nil {
		return s
	}
	s.of = h.Geometry.Within(part)
	over := to.Sub(s.from)
	whole := s.length%time.Hour == 0 && s.from.UnixMilli()%time.Hour.Milliseconds() == 0
	switch {
	case over < 0:
		q.fail("from must not be after to, or in the future")
	case over/s.length >= mostSteps:
		q.fail("these would be more than %d steps", mostSteps)
	case !whole && over > shortSteps:
		q.fail("over more than %.0f hours, steps must be whole hours and begin on one", shortSteps.Hours())
	}
	s.count = int(over/s.length) + 1
	return s
}

// part reads x, y, w and h. Without them it is the whole canvas.
func (h *History) part(q *question) (part image.Rectangle) {
	side := func(at, length string, edge int) (from, to int) {
		from = int(q.number(at, 0, 0, uint64(edge-1)))
		if q.err != nil {
			return 0, 0
		}
		rest := uint64(edge - from)
		return from, from + int(q.number(length, rest, 1, rest))
	}
	part.Min.X, part.Max.X = side("x", "w", h.Geometry.Width)
	part.Min.Y, part.Max.Y = side("y", "h", h.Geometry.Height)
	return part
}

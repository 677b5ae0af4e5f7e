package history

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/transport/api/answer"
)

// Who is who placed a pixel, as answers show it. Nothing in it reveals more of a user than others see
// anyway.
type Who struct {
	Seq  uint64 `json:"seq"`
	Time int64  `json:"time"`           // Unix milliseconds
	User string `json:"user,omitempty"` // public id; empty: not known
	Name string `json:"name,omitempty"` // when it was placed

	Cause string `json:"cause,omitempty"` // the act that it was placed for; empty: it was drawn
}

func whoOf(p record.Pixel) Who {
	return Who{Seq: p.Seq, Time: p.Time, User: p.User.Text(), Name: p.Name, Cause: string(p.Cause)}
}

// errBusy says that too many look a pixel's author up.
var errBusy = errors.New("too many look-ups at once")

// Placed is who placed the pixel that is at (x, y), and its colour. It is nil where nobody has, or
// where that is not known. An error is no reason not to answer with the colour alone.
func (h *History) Placed(r *http.Request, x, y int) (*Who, canvas.Color, error) {
	ctx, cancel := context.WithTimeout(r.Context(), lookPatience)
	defer cancel()
	select {
	case h.looks <- struct{}{}:
		defer func() { <-h.looks }()
	case <-ctx.Done():
		return nil, 0, errBusy
	}
	p, ok, err := h.Record.Latest(ctx, x, y)
	if err != nil && r.Context().Err() == nil {
		h.note(r, err)
	}
	if err != nil || !ok {
		return nil, 0, err
	}
	who := whoOf(p)
	return &who, p.Color, nil
}

// Limits of the past of a pixel.
const (
	usualPixels, mostPixels = 10, 100
	// pixelWork is what looking through a segment takes, in units of work: about 4 ms. What it takes to
	// look through more of them is charged afterwards.
	pixelWork = 1 << 18
)

// pixelShown is a pixel in the past of its place.
type pixelShown struct {
	Seq    uint64  `json:"seq"`
	Time   int64   `json:"time"`
	Color  string  `json:"color"`
	Before *string `json:"before,omitempty"` // nil: not known
	User   string  `json:"user,omitempty"`
	Name   string  `json:"name,omitempty"`
	Cause  string  `json:"cause,omitempty"` // empty: it was drawn
}

func shown(p *record.Pixel) pixelShown {
	s := pixelShown{Seq: p.Seq, Time: p.Time, Color: p.Color.String(), User: p.User.Text(), Name: p.Name, Cause: string(p.Cause)}
	if p.Known {
		before := p.Before.String()
		s.Before = &before
	}
	return s
}

// gapShown is pixels that could not be kept: those after From, up to and including To.
type gapShown struct {
	Region canvas.RegionID `json:"region"`
	From   uint64          `json:"from"`
	To     uint64          `json:"to"`
	Why    string          `json:"why"`
	Noted  int64           `json:"noted"` // when, in Unix milliseconds
}

// mostGaps bounds how many gaps an answer shows: the last ones.
const mostGaps = 1000

func gapsShown(gaps []record.Gap) []gapShown {
	gaps = gaps[max(0, len(gaps)-mostGaps):]
	all := make([]gapShown, len(gaps))
	for i, g := range gaps {
		all[i] = gapShown{g.Region, g.From, g.To, g.Why, g.Noted.UnixMilli()}
	}
	return all
}

// charged asks the record, and charges a job what that has taken beyond the units of work that it was
// begun with.
func (h *History) charged(ctx context.Context, job Job, begun int, ask func() error) error {
	began := h.Now()
	if err := ask(); err != nil {
		return err
	}
	return job.Charge(ctx, max(0, int(h.Now().Sub(began)/unit)-begun))
}

// getPixel answers what stood at a place, newest first.
func (h *History) getPixel(w http.ResponseWriter, r *http.Request) {
	x, y, ok := place(r, h.Geometry)
	if !ok {
		answer.Fail(w, http.StatusBadRequest, "Coordinates out of bounds")
		return
	}
	q := ask(r, "before", "limit")
	before, limit := q.seq("before"), q.number("limit", usualPixels, 1, mostPixels)
	if q.answered(w) {
		return
	}
	job, ok := h.Begin(w, r, pixelWork)
	if !ok {
		return
	}
	defer job.End()
	ctx, cancel := context.WithTimeout(r.Context(), readPatience)
	defer cancel()
	var pixels []record.Pixel
	more := false
	err := h.charged(ctx, job, pixelWork, func() (err error) {
		pixels, more, err = h.Record.Before(ctx, x, y, before, int(limit))
		return err
	})
	if err != nil {
		h.Fail(w, r, err)
		return
	}
	region, _ := h.Geometry.Locate(x, y)
	span, err := h.Record.RangeOf(ctx, region)
	if err != nil {
		h.Fail(w, r, err)
		return
	}
	all := make([]pixelShown, len(pixels))
	for i := range pixels {
		all[i] = shown(&pixels[i])
	}
	next := uint64(0)
	if more && len(pixels) > 0 {
		next = pixels[len(pixels)-1].Seq
		w.Header().Set("Link", "<?before="+strconv.FormatUint(next, 10)+"&limit="+strconv.FormatUint(limit, 10)+`>; rel="next"`)
	}
	h.Cacheable(w, false, Now())
	give(w, r, struct {
		X      int          `json:"x"`
		Y      int          `json:"y"`
		Pixels []pixelShown `json:"pixels"`
		More   bool         `json:"more"`
		Next   uint64       `json:"next,omitempty"` // the "before" to go on with
		Since  int64        `json:"since"`          // when the region's first recorded pixel was placed; 0: there is none
		Gaps   []gapShown   `json:"gaps"`
	}{x, y, all, next > 0, next, millis(span.First), gapsShown(span.Gaps)})
}

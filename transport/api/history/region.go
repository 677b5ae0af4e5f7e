package history

import (
	"context"
	"net/http"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
)

// Limits of the past of a region.
const (
	mostRows = 1_000_000 // pixels in one answer
	// What finding the beginning takes, in units of work: about 1 ms; and what a snapshot takes: 4 ms.
	regionWork, snapshotWork = 1 << 16, 1 << 18
)

// What an answer may be.
const (
	frames = "application/vnd.msgpack"
	lines  = "application/x-ndjson"
)

// passage is what was asked for: a region from one time to another.
type passage struct {
	region   canvas.RegionID
	from, to time.Time
	after    uint64 // it is continued behind this sequence number; 0: it begins with the region at from
	limit    int    // pixels
	form     string // frames or lines
}

// getRegion answers how a region came to be.
func (h *History) getRegion(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept")
	p, bounded, err := h.passage(r)
	if err != nil {
		answer.Fail(w, http.StatusBadRequest, err.Error())
		return
	}
	job, ok := h.Begin(w, r, regionWork)
	if !ok {
		return
	}
	defer job.End()
	settled := false
	if bounded {
		ctx, cancel := context.WithTimeout(r.Context(), readPatience)
		settled, err = h.Record.Settled(ctx, p.region, p.to)
		cancel()
		if err != nil {
			h.Fail(w, r, err)
			return
		}
	}
	h.Cacheable(w, settled, p.to)
	if settled && known(w, r, tagOf(h.Geometry, p.region, p.from.UnixMilli(), p.to.UnixMilli(), p.after, p.limit, p.form)) {
		return
	}
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", p.form)
		return
	}
	t := &telling{h: h, passage: p, job: job, w: w, r: r}
	if p.form == lines {
		t.out = &lineWriter{}
	} else {
		t.out = &frameWriter{geometry: h.Geometry}
	}
	t.tell()
}

// passage reads a question. bounded: it says when the passage ends.
func (h *History) passage(r *http.Request) (p passage, bounded bool, err error) {
	region, err := regionOf(r, h.Geometry)
	if err != nil {
		return p, false, err
	}
	q := ask(r, "from", "to", "after", "limit")
	p = passage{region: region, after: q.seq("after"), form: frames}
	p.from, p.to = q.span()
	p.limit = int(q.number("limit", mostRows, 1, mostRows))
	for _, accept := range r.Header["Accept"] {
		if strings.Contains(accept, lines) {
			p.form = lines
		}
	}
	return p, q.query.Has("to"), q.err
}

package history

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
)

// lastTime is the end of the year 9999, beyond which RFC 3339 can't write a time.
const lastTime = 253402300799999 // Unix milliseconds

// ParseTime reads a time in a question: Unix milliseconds, RFC 3339, or "now", which is later than
// anything that was drawn. Errors are for the user.
func ParseTime(name, text string) (time.Time, error) {
	bad := fmt.Errorf("%s must be a time, in Unix milliseconds or like 2026-05-04T12:00:00Z", name)
	if text == "now" {
		return Now(), nil
	}
	if ms, err := strconv.ParseUint(text, 10, 64); err == nil {
		if ms > lastTime {
			return time.Time{}, bad
		}
		return time.UnixMilli(int64(ms)), nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.UnixMilli() < 0 || at.UnixMilli() > lastTime {
		return time.Time{}, bad
	}
	return at.Truncate(time.Millisecond), nil
}

// Now is a time that is later than anything that was drawn, whatever the clocks of other pods say.
func Now() time.Time { return time.UnixMilli(lastTime) }

// question reads the parameters of a request. After the first that is wrong, err says what is.
type question struct {
	query url.Values
	err   error
}

// ask begins to read the parameters. known are all that there are: a misspelt one is an error, since
// to ignore it would be to answer another question.
func ask(r *http.Request, known ...string) *question {
	query, err := url.ParseQuery(r.URL.RawQuery)
	q := &question{query: query}
	if err != nil {
		q.err = fmt.Errorf("the parameters can't be read")
		return q
	}
	for name, values := range query {
		if !slices.Contains(known, name) {
			q.fail("there is no parameter %q, only %s", cut(name), strings.Join(known, ", "))
		} else if len(values) > 1 {
			q.fail("%s must be given once", name)
		}
	}
	return q
}

// cut bounds what an answer repeats of a question.
func cut(text string) string {
	if len(text) > 40 {
		return text[:40] + "…"
	}
	return text
}

func (q *question) fail(format string, args ...any) {
	if q.err == nil {
		q.err = fmt.Errorf(format, args...)
	}
}

// time is a time, or fallback if it is not given.
func (q *question) time(name string, fallback time.Time) time.Time {
	if !q.query.Has(name) {
		return fallback
	}
	at, err := ParseTime(name, q.query.Get(name))
	if err != nil {
		q.fail("%s", err.Error())
	}
	return at
}

// span is the time that a question is about. Without from it begins before everything.
func (q *question) span() (from, to time.Time) {
	from, to = q.time("from", time.UnixMilli(0)), q.time("to", Now())
	if q.err == nil && to.Before(from) {
		q.fail("to must not be before from")
	}
	return from, to
}

// behind is a time of a question in the record's terms: questions are about what was drawn after from
// and up to and including to, so that from and to are moments of the canvas; the record counts from a
// time on and before another.
func behind(at time.Time) time.Time { return at.Add(time.Millisecond) }

// number is a whole number, or fallback if it is not given.
func (q *question) number(name string, fallback, least, most uint64) uint64 {
	if !q.query.Has(name) {
		return fallback
	}
	n, err := strconv.ParseUint(q.query.Get(name), 10, 64)
	if err != nil || n < least || n > most {
		q.fail("%s must be a whole number from %d to %d", name, least, most)
	}
	return n
}

// seq is a sequence number, or 0 if it is not given.
func (q *question) seq(name string) uint64 { return q.number(name, 0, 1, math.MaxInt64) }

// answered answers what is wrong with a question, if anything is.
func (q *question) answered(w http.ResponseWriter) bool {
	if q.err == nil {
		return false
	}
	answer.Fail(w, http.StatusBadRequest, q.err.Error())
	return true
}

// place is the pixel that a request's path names.
func place(r *http.Request, g canvas.Geometry) (x, y int, ok bool) {
	x, errX := strconv.Atoi(r.PathValue("x"))
	y, errY := strconv.Atoi(r.PathValue("y"))
	return x, y, errX == nil && errY == nil && g.Contains(x, y)
}

// regionOf is the region that a request's path names. Errors are for the user.
func regionOf(r *http.Request, g canvas.Geometry) (canvas.RegionID, error) {
	region, err := strconv.ParseUint(r.PathValue("region"), 10, 32)
	if err != nil || region >= uint64(g.Regions()) {
		return 0, fmt.Errorf("the region must be a whole number from 0 to %d", g.Regions()-1)
	}
	return canvas.RegionID(region), nil
}

package history

import (
	"context"
	"errors"
	"net/http"
	"time"

	"pixelplayground/actors/record"
	"pixelplayground/transport/api/answer"
)

// again is when to ask again what the record could not answer.
const again = 5 * time.Second

// Fail answers why the record has not answered a request.
func (h *History) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the client is gone
	}
	h.Log.Warn("the record was not read", "path", r.URL.Path, "err", err)
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Del("ETag")
	switch {
	case errors.Is(err, record.ErrDamaged):
		answer.Fail(w, http.StatusInternalServerError, "A part of the record is damaged")
	case errors.Is(err, record.ErrForeign):
		answer.Fail(w, http.StatusInternalServerError, "The record belongs to another canvas")
	case errors.Is(err, context.DeadlineExceeded):
		answer.RetryAfter(w, again)
		answer.Fail(w, http.StatusServiceUnavailable, "The record takes too long to answer: ask for less, or again later")
	default:
		answer.RetryAfter(w, again)
		answer.Fail(w, http.StatusServiceUnavailable, "The record can't be read right now")
	}
}

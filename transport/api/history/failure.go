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
	h.note(r, err)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answer.SendPatience)) // finding out may have taken long
	why, status := reason(err)
	if status == http.StatusServiceUnavailable {
		answer.RetryAfter(w, again)
	}
	answer.Fail(w, status, why)
}

// note logs that a question was not answered, once a minute for each reason.
func (h *History) note(r *http.Request, err error) {
	why, _ := reason(err)
	h.told.Note("the record was not read", why, "path", r.URL.Path, "err", err)
}

// reason is what a client is told of an error, and the status.
func reason(err error) (why string, status int) {
	switch {
	case errors.Is(err, record.ErrDamaged):
		return "A part of the record is damaged", http.StatusInternalServerError
	case errors.Is(err, record.ErrForeign):
		return "The record belongs to another canvas", http.StatusInternalServerError
	case errors.Is(err, context.DeadlineExceeded):
		return "The record takes too long to answer: ask for less, or again later", http.StatusServiceUnavailable
	}
	return "The record can't be read right now", http.StatusServiceUnavailable
}

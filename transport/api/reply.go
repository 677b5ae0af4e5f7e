package api

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
)

// reply answers with JSON. It ignores errors: then the client is gone.
func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// failure is the answer whenever there is no success. Updated is how many pixels were written
// nevertheless.
type failure struct {
	Error   string `json:"error"`
	Updated int    `json:"updated,omitempty"`
}

func fail(w http.ResponseWriter, status int, text string) {
	reply(w, status, failure{Error: text})
}

// unreadable answers a request for which a region or the roster did not answer.
func (s *server) unreadable(w http.ResponseWriter, r *http.Request, err error) {
	s.Log.Warn("read failed", "path", r.URL.Path, "err", err)
	retryAfter(w, time.Second)
	fail(w, http.StatusServiceUnavailable, "The canvas can't be read right now")
}

// refuse answers a request of which not all pixels were written: updated of asked were. Pixels
// that certainly were not written, through no fault of the client, are given back to its allowance.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error, updated, asked int) {
	why, wait := canvas.RefusedUnavailable, time.Second
	var refused *actors.RefusedError
	if errors.As(err, &refused) {
		why, wait = refused.Why, refused.Retry
		switch why {
		case canvas.RefusedBusy, canvas.RefusedUnavailable, canvas.RefusedDraining:
			s.limits.give(clientOf(r), asked-updated, s.Now())
		}
	}
	status := http.StatusServiceUnavailable
	switch why {
	case canvas.RefusedRate:
		status = http.StatusTooManyRequests
	case canvas.RefusedBusy, canvas.RefusedUnavailable, canvas.RefusedDraining, canvas.RefusedUnsure:
		s.Log.Warn("write refused", "path", r.URL.Path, "reason", why.String(), "err", err)
	default: // the API has checked for the other reasons before, so this is a fault of ours
		s.Log.Error("write refused", "path", r.URL.Path, "reason", why.String(), "err", err)
		reply(w, http.StatusInternalServerError, failure{why.Text(), updated})
		return
	}
	retryAfter(w, wait)
	reply(w, status, failure{why.Text(), updated})
}

// retryAfter sets when to try again, in whole seconds: at least one.
func retryAfter(w http.ResponseWriter, wait time.Duration) {
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
}

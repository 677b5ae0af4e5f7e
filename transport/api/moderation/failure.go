package moderation

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"pixelplayground/actors/record/rollback"
	"pixelplayground/actors/rules"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/auth"
)

// errNone says that what was asked for does not exist.
var errNone = errors.New("there is none")

// errBusy says that others ask for the same at the moment.
var errBusy = errors.New("too many ask at the same time")

// conflict says that somebody else was faster. Its text is for people.
type conflict string

func (c conflict) Error() string { return string(c) }

// failed answers with why something did not work.
func (d *Desk) failed(w http.ResponseWriter, err error) {
	var taken conflict
	switch {
	case errors.As(err, &taken):
		answer.Fail(w, http.StatusConflict, taken.Error())
	case errors.Is(err, errNone):
		answer.Fail(w, http.StatusNotFound, "There is no such thing, or not any more")
	case errors.Is(err, rules.ErrRights):
		answer.Fail(w, http.StatusForbidden, sentence(err))
	case errors.Is(err, rules.ErrMoot):
		answer.Fail(w, http.StatusConflict, sentence(err))
	case errors.Is(err, rules.ErrInvalid), errors.Is(err, rollback.ErrTooMuch):
		answer.Fail(w, http.StatusBadRequest, sentence(err))
	case errors.Is(err, context.Canceled):
	default:
		d.told.Note("what a moderator asked for did not work", "moderation", "err", err)
		text := "That can't be done right now"
		if errors.Is(err, context.DeadlineExceeded) {
			text = "That takes too long right now"
		}
		(&auth.Refusal{Status: http.StatusServiceUnavailable, Text: text, Retry: 2 * time.Second}).Answer(w)
	}
}

// sentence makes a sentence of an error that says what would do.
func sentence(err error) string {
	text := strings.TrimPrefix(err.Error(), "decide: ")
	return strings.ToUpper(text[:1]) + text[1:]
}

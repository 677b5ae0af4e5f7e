package answer

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"
)

// JSON answers with JSON. It ignores errors: then the client is gone. No cache may keep that there was no
// success, whatever was said before about what would have been the answer: a refusal of a picture that never
// changes would stand in a browser for a year.
func JSON(w http.ResponseWriter, status int, body any) {
	if status >= http.StatusBadRequest {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Del("ETag")
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// Failure is the answer whenever there is no success. Updated is how many pixels were written
// nevertheless.
type Failure struct {
	Error   string `json:"error"`
	Updated int    `json:"updated,omitempty"`
	*Allowance
}

// Allowance is what a client has left, in the answers to requests that place; nil: there is no limit, or
// it is not known.
type Allowance struct {
	Left int   `json:"left"` // pixels
	Next int64 `json:"next"` // when there will be one more, in Unix milliseconds; 0: it is full
}

// Say says it in the head of an answer as well.
func (a *Allowance) Say(w http.ResponseWriter) {
	if a != nil {
		w.Header().Set("Allowance-Left", strconv.Itoa(a.Left))
		w.Header().Set("Allowance-Next", strconv.FormatInt(a.Next, 10))
	}
}

// Fail answers with a Failure. The text is for people.
func Fail(w http.ResponseWriter, status int, text string) {
	JSON(w, status, Failure{Error: text})
}

// TooLarge answers a request whose body has more than most bytes. Nobody reads the rest, so the
// connection ends.
func TooLarge(w http.ResponseWriter, most int64) {
	w.Header().Set("Connection", "close")
	Fail(w, http.StatusRequestEntityTooLarge, "The request is larger than "+strconv.FormatInt(most, 10)+" bytes")
}

// RetryAfter sets when to try again, in whole seconds: at least one.
func RetryAfter(w http.ResponseWriter, wait time.Duration) {
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
}

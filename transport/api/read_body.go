package api

import (
	"errors"
	"io"
	"net/http"

	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/quota"
)

// Each body may take freeBody bytes, so that one pixel can always be sent. What bodies take beyond that, from
// their first byte until their request is answered, is limited to networkBodies for one network and to
// allBodies in all. How large one may be is in answer/body_limits.go.
const freeBody, networkBodies, allBodies = 4 << 10, 4 << 20, 16 << 20

// body reads a request's body. If the body has more than most bytes, or there is no room for it,
// body answers that and returns false. Call free when the body is not needed any more.
func (s *server) body(w http.ResponseWriter, r *http.Request, most int64) (body []byte, free func(), ok bool) {
	if r.ContentLength > most {
		answer.TooLarge(w, most)
		return nil, nil, false
	}
	b := &bounded{from: http.MaxBytesReader(w, r.Body, most), shares: s.bodies, of: r}
	var err error
	answer.AwaitBody(w, func() { body, err = io.ReadAll(b) })
	wait, affordable := s.costs.Take(answer.ClientOf(r), bodyWork*len(body), s.Now())
	if err == nil && (affordable || s.Rate == 0) {
		return body, b.free, true
	}
	b.free()
	if err == nil {
		(&overloadError{http.StatusTooManyRequests, wait}).answer(w)
		return nil, nil, false
	}
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		answer.TooLarge(w, most)
	case errors.Is(err, errTooMuch):
		w.Header().Set("Connection", "close")
		(&overloadError{http.StatusServiceUnavailable, jobRetry}).answer(w)
	default:
		answer.Fail(w, http.StatusBadRequest, "The request broke off") // for the log of a proxy, if for anyone
	}
	return nil, nil, false
}

// errTooMuch says that there is no memory for more of a body.
var errTooMuch = errors.New("bodies take too much memory")

// bounded reads a body for as long as there is memory for it.
type bounded struct {
	from   io.Reader
	shares *quota.Shares
	of     *http.Request
	n      int // bytes read
	taken  int // of shares
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	b.n += n
	if more := b.n - freeBody - b.taken; more > 0 {
		if !b.shares.Take(answer.ClientOf(b.of), false, more) {
			return 0, errTooMuch
		}
		b.taken += more
	}
	return n, err
}

func (b *bounded) free() {
	if b.taken > 0 {
		b.shares.Give(answer.ClientOf(b.of), b.taken)
	}
	b.taken = 0
}

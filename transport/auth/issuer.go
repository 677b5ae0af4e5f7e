package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// issuer finds out how an OpenID provider wants to be asked, when that is needed first and from time to
// time again. So the server starts and serves while the issuer is away. One request asks at a time,
// the others wait for its answer.
type issuer struct {
	url  string
	http *http.Client
	now  func() time.Time

	turn chan struct{} // cap 1: full while a request asks

	mu      sync.Mutex // guards:
	found   *discovered
	retry   time.Time     // when to ask again: after a failure soon, after an answer seldom
	pause   time.Duration // after the last failure; 0: none since the last answer
	failure error
}

// discovered is what an issuer says of itself.
type discovered struct {
	*oidc.Provider
	EndSession string   `json:"end_session_endpoint"`
	UserInfo   string   `json:"userinfo_endpoint"`
	Methods    []string `json:"code_challenge_methods_supported"`
}

const (
	// askTimeout is how long an issuer may take for one answer.
	askTimeout = 5 * time.Second
	// maxAnswer bounds an answer, in bytes. Discovery and keys are some kilobytes.
	maxAnswer = 1 << 20
	// After a failure, who wants to sign in is told so for a while without asking again.
	firstPause, longestPause = time.Second, 30 * time.Second
	// discoverAgain is when an issuer may have changed what it said. Until it answers, that holds.
	discoverAgain = time.Hour
)

func newIssuer(url string, now func() time.Time) *issuer {
	return &issuer{url: url, http: newHTTP(), now: now, turn: make(chan struct{}, 1)}
}

// newHTTP makes a client for which an answer may take askTimeout and maxAnswer.
func newHTTP() *http.Client {
	return &http.Client{Timeout: askTimeout, Transport: bounding{http.DefaultTransport}}
}

// AwayError says that an issuer does not answer.
type AwayError struct {
	Why   error
	Retry time.Duration // when it will be asked again
}

func (e *AwayError) Error() string { return "the sign-in service does not answer: " + e.Why.Error() }

func (e *AwayError) Unwrap() error { return e.Why }

// get returns what the issuer says of itself, or an *AwayError.
func (i *issuer) get(ctx context.Context) (*discovered, error) {
	if found, err, due := i.last(); !due {
		return found, err
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	select {
	case i.turn <- struct{}{}:
		defer func() { <-i.turn }()
	case <-ctx.Done():
		return nil, &AwayError{ctx.Err(), firstPause}
	}
	if found, err, due := i.last(); !due { // somebody else has asked meanwhile
		return found, err
	}
	// Who asks first may go away, and others wait for the same answer.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
	defer stop()
	return i.note(i.discover(ctx))
}

// last is the last answer; due: it is time to ask.
func (i *issuer) last() (found *discovered, err error, due bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.now()
	switch {
	case !now.Before(i.retry):
		return nil, nil, true
	case i.found != nil:
		return i.found, nil, false
	}
	return nil, &AwayError{i.failure, i.retry.Sub(now)}, false
}

func (i *issuer) note(found *discovered, err error) (*discovered, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if err == nil {
		i.found, i.pause, i.retry = found, 0, i.now().Add(discoverAgain)
		return found, nil
	}
	i.pause = min(max(2*i.pause, firstPause), longestPause)
	i.failure, i.retry = err, i.now().Add(i.pause)
	if i.found != nil {
		return i.found, nil
	}
	return nil, &AwayError{err, i.pause}
}

func (i *issuer) discover(ctx context.Context) (*discovered, error) {
	provider, err := oidc.NewProvider(i.client(ctx), i.url)
	if err != nil {
		return nil, err
	}
	found := &discovered{Provider: provider}
	if err := provider.Claims(found); err != nil {
		return nil, fmt.Errorf("read discovery: %w", err)
	}
	return found, nil
}

// client is a context in which the OpenID libraries use the issuer's HTTP client.
func (i *issuer) client(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, i.http)
}

// bounding bounds the answers to requests.
type bounding struct{ http.RoundTripper }

var errAnswerTooLarge = errors.New("the answer is too large")

func (b bounding) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if answer.ContentLength > maxAnswer {
		_ = answer.Body.Close()
		return nil, errAnswerTooLarge
	}
	answer.Body = &boundedBody{answer.Body, maxAnswer}
	return answer, nil
}

type boundedBody struct {
	io.ReadCloser
	left int
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, errAnswerTooLarge
	}
	return n, err
}

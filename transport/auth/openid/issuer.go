package openid

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

// Issuer finds out how an OpenID provider wants to be asked, when that is needed first and from time to
// time again. So the server starts and serves while the issuer is away. One request asks at a time,
// the others wait for its answer.
type Issuer struct {
	url  string
	HTTP *http.Client
	now  func() time.Time

	turn chan struct{} // cap 1: full while a request asks

	mu      sync.Mutex // guards:
	found   *Discovered
	retry   time.Time     // when to ask again: after a failure soon, after an answer seldom
	pause   time.Duration // after the last failure; 0: none since the last answer
	failure error
}

// Discovered is what an issuer says of itself.
type Discovered struct {
	*oidc.Provider
	EndSession string   `json:"end_session_endpoint"`
	UserInfo   string   `json:"userinfo_endpoint"`
	Methods    []string `json:"code_challenge_methods_supported"`
}

const (
	// AskTimeout is how long an issuer may take for one answer.
	AskTimeout = 5 * time.Second
	// MaxAnswer bounds an answer, in bytes. Discovery and keys are some kilobytes.
	MaxAnswer = 1 << 20
	// After a failure, who wants to sign in is told so for a while without asking again.
	FirstPause, longestPause = time.Second, 30 * time.Second
	// discoverAgain is when an issuer may have changed what it said. Until it answers, that holds.
	discoverAgain = time.Hour
)

// NewIssuer makes an Issuer and asks nobody.
func NewIssuer(url string, now func() time.Time) *Issuer {
	return &Issuer{url: url, HTTP: newHTTP(), now: now, turn: make(chan struct{}, 1)}
}

// newHTTP makes a client for which an answer may take AskTimeout and MaxAnswer.
func newHTTP() *http.Client {
	return &http.Client{Timeout: AskTimeout, Transport: bounding{http.DefaultTransport}}
}

// AwayError says that an issuer does not answer.
type AwayError struct {
	Why   error
	Retry time.Duration // when it will be asked again
}

func (e *AwayError) Error() string { return "the sign-in service does not answer: " + e.Why.Error() }

func (e *AwayError) Unwrap() error { return e.Why }

// Get returns what the issuer says of itself, or an *AwayError.
func (i *Issuer) Get(ctx context.Context) (*Discovered, error) {
	if found, err, due := i.last(); !due {
		return found, err
	}
	ctx, cancel := context.WithTimeout(ctx, AskTimeout)
	defer cancel()
	select {
	case i.turn <- struct{}{}:
		defer func() { <-i.turn }()
	case <-ctx.Done():
		return nil, &AwayError{ctx.Err(), FirstPause}
	}
	if found, err, due := i.last(); !due { // somebody else has asked meanwhile
		return found, err
	}
	// Who asks first may go away, and others wait for the same answer.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), AskTimeout)
	defer stop()
	return i.note(i.discover(ctx))
}

// last is the last answer; due: it is time to ask.
func (i *Issuer) last() (found *Discovered, err error, due bool) {
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

func (i *Issuer) note(found *Discovered, err error) (*Discovered, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if err == nil {
		i.found, i.pause, i.retry = found, 0, i.now().Add(discoverAgain)
		return found, nil
	}
	i.pause = min(max(2*i.pause, FirstPause), longestPause)
	i.failure, i.retry = err, i.now().Add(i.pause)
	if i.found != nil {
		return i.found, nil
	}
	return nil, &AwayError{err, i.pause}
}

func (i *Issuer) discover(ctx context.Context) (*Discovered, error) {
	provider, err := oidc.NewProvider(i.Client(ctx), i.url)
	if err != nil {
		return nil, err
	}
	found := &Discovered{Provider: provider}
	if err := provider.Claims(found); err != nil {
		return nil, fmt.Errorf("read discovery: %w", err)
	}
	return found, nil
}

// Client is a context in which the OpenID libraries use the issuer's HTTP client.
func (i *Issuer) Client(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, i.HTTP)
}

// bounding bounds the answers to requests.
type bounding struct{ http.RoundTripper }

var errAnswerTooLarge = errors.New("the answer is too large")

func (b bounding) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if answer.ContentLength > MaxAnswer {
		_ = answer.Body.Close()
		return nil, errAnswerTooLarge
	}
	answer.Body = &boundedBody{answer.Body, MaxAnswer}
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

package redis

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors/store"
)

// identity tells one Redis from another that is at its address later, or that another server was
// given. It is a random text, made once for each canvas, that is stored with the canvas. So it
// stays the same when Redis restarts and when Sentinel or a cluster fails over, and it differs in
// another Redis, database or prefix.
//
// It is checked when a connection is made, once a second while there are calls, and before each
// claim. A commit needs no check: it names a claim, which no other Redis knows.
type identity struct {
	opened  time.Time
	checked atomic.Int64  // when Redis last told it, since opened; 0: never, or a new connection has been made since
	asking  chan struct{} // cap 1: full while Redis is asked

	mu    sync.Mutex
	known string // "": not yet
	other string // the one that was found instead; "": none
}

const (
	// identityEvery is how often a Redis in use is asked whether it is still the same.
	identityEvery = time.Second
	// identityClaim is how old the answer may be for a claim, since many regions claim at once.
	identityClaim = 100 * time.Millisecond
)

func randomIdentity() string {
	var b [8]byte
	rand.Read(b[:]) // never fails: see crypto/rand
	return hex.EncodeToString(b[:])
}

func newIdentity() *identity {
	return &identity{opened: time.Now(), asking: make(chan struct{}, 1)}
}

// Identity names the canvas in Redis, and no other canvas; "": Redis has not been reached yet.
func (s *Store) Identity() string { return s.identity.own() }

// sure asks Redis for its identity, unless Redis has told it recently enough, and returns an error
// if it is another one. Of several callers one asks, and the others wait for its answer.
func (s *Store) sure(ctx context.Context, within time.Duration) error {
	if i := s.identity; !i.told(within) {
		select {
		case i.asking <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		defer func() { <-i.asking }()
		if !i.told(within) {
			if err := s.identify(ctx); err != nil {
				return err
			}
		}
	}
	return s.identity.foreign()
}

// look does the same as sure, for calls that can go on without an answer: it waits for no other
// caller, unless Redis has never told its identity.
func (s *Store) look(ctx context.Context) error {
	if s.identity.own() == "" {
		return s.sure(ctx, identityEvery)
	}
	if !s.identity.told(identityEvery) {
		select {
		case s.identity.asking <- struct{}{}:
			defer func() { <-s.identity.asking }()
			if err := s.identify(ctx); err != nil {
				return err
			}
		default:
		}
	}
	return s.identity.foreign()
}

func (i *identity) own() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.known
}

// doubt makes the next call ask Redis first.
func (i *identity) doubt() { i.checked.Store(0) }

// now is the current time, in the form of checked.
func (i *identity) now() int64 { return max(1, int64(time.Since(i.opened))) }

// told reports whether Redis has told its identity within a time.
func (i *identity) told(within time.Duration) bool {
	last := i.checked.Load()
	return last != 0 && int64(time.Since(i.opened))-last < int64(within)
}

// foreign returns an error if Redis is another one.
func (i *identity) foreign() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.other == "" {
		return nil
	}
	return fmt.Errorf("%w: redis is not the one it was: its canvas is %s, it was %s: bring that one back, or restart all servers to go on with this one", store.ErrUnavailable, i.other, i.known)
}

// found takes Redis's answer. missing says that Redis had no identity before the question, which
// gave it one. If the canvas's identity was known already, this means that Redis was emptied, or
// replaced by an empty one.
func (i *identity) found(cfg Config, identity string, missing bool) error {
	i.mu.Lock()
	known, other := i.known, i.other
	if known == "" {
		i.known = identity
	}
	i.other = ""
	if identity != i.known {
		i.other = identity
	}
	i.checked.Store(i.now())
	i.mu.Unlock()
	log := cfg.Log.With("redis", Redact(cfg.URL), "prefix", cfg.Prefix)
	switch {
	case known == "":
		log.Info("canvas opened", "geometry", cfg.Geometry.String(), "identity", identity)
	case identity != known && other != identity:
		log.Error("redis is not the one it was", "identity", identity, "was", known)
	case identity == known && other != "":
		log.Info("redis is the one it was again", "identity", identity)
	case missing:
		log.Error("redis has lost the canvas' identity", "identity", known)
	}
	return i.foreign()
}

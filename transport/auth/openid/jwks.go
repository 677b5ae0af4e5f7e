package openid

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// jwks is the public keys of a site, fetched in the background. Strangers who show tokens can make it
// ask the site a little more often, and no more.
type jwks struct {
	url  string
	http *http.Client
	now  func() time.Time
	wake chan struct{} // cap 1: a token names a key that is not known

	mu    sync.Mutex // guards:
	keys  []jose.JSONWebKey
	got   time.Time // when they came; zero: never
	asked time.Time
}

const (
	keysEvery = 10 * time.Minute // a key that the site has dropped is accepted for no longer than that
	keysLast  = 24 * time.Hour   // as long as the site does not answer
	// keysAtMost is how often a token with an unknown key makes us ask.
	keysAtMost = 30 * time.Second
	maxKeys    = 64
)

func newJWKS(url string, now func() time.Time) *jwks {
	return &jwks{url: url, http: newHTTP(), now: now, wake: make(chan struct{}, 1)}
}

// ErrNotYet says that something is not known yet, and soon will be.
var ErrNotYet = errors.New("not known yet")

// named returns the keys that may have signed a token: the one that it names or, if it names none, all
// of a suitable kind.
func (k *jwks) named(id, algorithm string) (found []jose.JSONWebKey, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.got.IsZero() || k.now().Sub(k.got) > keysLast {
		return nil, fmt.Errorf("the site's keys: %w", ErrNotYet)
	}
	for _, key := range k.keys {
		if (id == "" || key.KeyID == id) && (key.Algorithm == "" || key.Algorithm == algorithm) {
			found = append(found, key)
		}
	}
	switch {
	case len(found) > 0:
		return found, nil
	case id != "" && k.now().Sub(k.asked) >= keysAtMost:
		k.asked = k.now() // so that nobody else wakes it until it has asked
		select {
		case k.wake <- struct{}{}:
		default:
		}
		return nil, fmt.Errorf("the key %q: %w", Excerpt(id), ErrNotYet)
	}
	return nil, errors.New("the token is signed with a key that is not the site's")
}

// Run fetches the keys until ctx ends.
func (k *jwks) run(ctx context.Context, log *slog.Logger) {
	pause, failing := time.Duration(0), false
	for {
		wait := keysEvery
		switch err := k.fetch(ctx); {
		case err == nil && failing:
			log.Info("the keys for tokens are there", "url", k.url)
			fallthrough
		case err == nil:
			pause, failing = 0, false
		case ctx.Err() == nil:
			if !failing {
				log.Error("the keys for tokens can't be fetched: tokens of new keys are refused", "url", k.url, "err", err)
			}
			failing = true
			pause = min(max(2*pause, FirstPause), longestPause)
			wait = pause
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-k.wake:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// fetch asks the site once.
func (k *jwks) fetch(ctx context.Context) error {
	k.mu.Lock()
	k.asked = k.now()
	k.mu.Unlock()
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return err
	}
	answer, err := k.http.Do(ask)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", answer.Status)
	}
	var set struct{ Keys []json.RawMessage }
	if err := json.NewDecoder(answer.Body).Decode(&set); err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	keys := usable(set.Keys)
	if len(keys) == 0 {
		return errors.New("there is no public key for signatures among them")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys, k.got = keys, k.now()
	return nil
}

// usable picks the public keys for signatures. A set may also hold keys of kinds that are not known
// here; a secret has no place in it.
func usable(all []json.RawMessage) (keys []jose.JSONWebKey) {
	for _, text := range all[:min(len(all), maxKeys)] {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(text) == nil && key.Valid() && key.IsPublic() && key.Use != "enc" && !weak(key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// weak reports whether a key is shorter than RFC 7518, section 3.3, allows.
func weak(key jose.JSONWebKey) bool {
	public, ok := key.Key.(*rsa.PublicKey)
	return ok && public.N.BitLen() < 2048
}

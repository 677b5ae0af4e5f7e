package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"pixelplayground/actors/store"
	"pixelplayground/transport/auth/botkey"
)

// kindEnded is the kind of the documents that say which logins were ended before their time: one for
// each, kept for as long as the login could be shown.
const kindEnded store.Kind = "ended"

// ended is which logins were ended. Logins are signed or hashed, so pods know of none but these. All
// pods are told at once, and look again every checkEvery in case they were not.
type ended struct {
	docs store.Documents
	now  func() time.Time
	log  *slog.Logger
	tell func(ctx context.Context, login string, until time.Time) // ends its connections on this pod and tells the others

	mu     sync.Mutex // guards:
	logins map[string]endedAt
	known  bool // the store has been asked once
}

const (
	// maxEnded bounds the logins that are remembered. Each was a sign-in by an issuer, or a key.
	maxEnded = 100_000
	// storeTimeout bounds a call to the store for a request.
	storeTimeout = 2 * time.Second
)

func newEnded(docs store.Documents, now func() time.Time, log *slog.Logger, tell func(context.Context, string, time.Time)) *ended {
	return &ended{docs: docs, now: now, log: log, logins: make(map[string]endedAt), tell: tell}
}

// endedAt is when a login would have ended by itself, and when this pod heard that it has.
type endedAt struct{ until, heard time.Time }

// endedLogin is the document.
type endedLogin struct {
	Until int64 `json:"until"` // Unix seconds
}

// end ends a login everywhere, for good.
func (e *ended) end(ctx context.Context, login string, until time.Time) error {
	value, err := json.Marshal(endedLogin{until.Unix()})
	if err != nil {
		return err
	}
	e.hear(login, until)
	e.tell(ctx, login, until) // also if the store is away: who ends a login wants it ended now
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return e.docs.PutDocument(ctx, kindEnded, login, value, until)
}

// hear notes that a login has been ended. It returns false if that was known.
func (e *ended) hear(login string, until time.Time) (news bool) {
	now := e.now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, known := e.logins[login]; known || !now.Before(until) {
		return false
	}
	if len(e.logins) >= maxEnded {
		e.forget(now)
	}
	e.logins[login] = endedAt{until, now}
	return true
}

// forget drops the logins whose time has passed by itself.
func (e *ended) forget(now time.Time) {
	for login, at := range e.logins {
		if !now.Before(at.until) {
			delete(e.logins, login)
		}
	}
}

// full reports whether no more logins may be begun, since not all could be ended.
func (e *ended) full() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.logins) >= maxEnded
}

// errNotKnown says that the store has not been asked yet since the server started.
var errNotKnown = errors.New("the store has not said yet who is signed in")

// stands returns nil if neither a login nor one that it is a part of, "key/ID" of "key/ID/VERSION", has been ended.
func (e *ended) stands(login string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for part := login; part != ""; part = part[:max(0, strings.LastIndexByte(part, '/'))] {
		if _, gone := e.logins[part]; gone {
			return errEnded
		}
	}
	if !e.known {
		return errNotKnown
	}
	return nil
}

var errEnded = errors.New("the sign-in has ended")

// look asks the store which logins were ended, and ends on this pod what it was not told.
func (e *ended) look(ctx context.Context, here func(login string)) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	all, err := e.docs.Documents(ctx, kindEnded)
	if err != nil {
		return err
	}
	for login, value := range all {
		var found endedLogin
		if err := json.Unmarshal(value, &found); err != nil {
			e.log.Error("a document of the store can't be read", "kind", string(kindEnded), "id", login, "err", err)
			continue
		}
		if e.hear(login, time.Unix(found.Until, 0)) {
			here(login)
		}
	}
	for login, until := range e.learned(all) {
		value, err := json.Marshal(endedLogin{until.Unix()})
		if err == nil {
			err = e.docs.PutDocument(ctx, kindEnded, login, value, until)
		}
		if err != nil {
			return err
		}
		e.log.Error("the store has lost that a sign-in has ended, and is told again")
	}
	return nil
}

// giveBack bounds how many logins a look gives back to the store, so that it takes no longer than it may.
const giveBack = 100

// learned notes that the store has said all it knows. It returns what the store has lost: a Redis may
// lose its last writes.
func (e *ended) learned(all map[string][]byte) (lost map[string]time.Time) {
	now := e.now()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.known = true
	e.forget(now)
	lost = make(map[string]time.Time)
	for login, at := range e.logins {
		const written = 2 * storeTimeout // by then who ended it has told the store, or failed
		if _, there := all[login]; !there && now.Sub(at.heard) > written && len(lost) < giveBack {
			lost[login] = at.until
		}
	}
	return lost
}

// Ends is how connections learn that what they are known by has ended: a sign-in, a token or a key. A nil
// function does nothing.
type Ends struct {
	Here   func(login string)                     // ends its connections on this pod
	Others func(ctx context.Context, text string) // asks all other pods to call End with the text
}

// Tell sets where ends are told. It must be called before Run.
func (p *People) Tell(ends Ends) { p.ends = ends }

// End ends a login on this pod, as another pod asks.
func (p *People) End(text string) error {
	login, until, err := parseEnd(text)
	if err != nil {
		return err
	}
	p.ended.hear(login, until)
	p.endHere(login)
	return nil
}

func (p *People) endHere(login string) {
	if id, version, ok := botkey.OfLogin(login); ok && version == "" {
		p.bots.uses.Forget(id)
	}
	if p.ends.Here != nil {
		p.ends.Here(login)
	}
}

func (p *People) endEverywhere(ctx context.Context, login string, until time.Time) {
	p.endHere(login)
	if p.ends.Others != nil {
		p.ends.Others(ctx, endText(login, until))
	}
}

func endText(login string, until time.Time) string { return fmt.Sprintf("%s %d", login, until.Unix()) }

func parseEnd(text string) (login string, until time.Time, err error) {
	var seconds int64
	if _, err := fmt.Sscanf(text, "%s %d", &login, &seconds); err != nil {
		return "", time.Time{}, fmt.Errorf("read which sign-in has ended: %w", err)
	}
	return login, time.Unix(seconds, 0), nil
}

// Stands reports whether a login has not been ended, as far as this pod knows.
func (p *People) Stands(login string) bool {
	if login == unsureLogin {
		return p.keys.Load() == nil
	}
	return !errors.Is(p.ended.stands(login), errEnded)
}

// InUse notes that a connection known by a login is open.
func (p *People) InUse(login string) {
	if id, _, ok := botkey.OfLogin(login); ok {
		p.bots.uses.Again(id)
	}
}

package api

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors"
)

// Sessions knows who has logged in. A cookie is a number, signed with a key that follows
// from the token that was given: so every pod with the same token takes it, and sessions end
// when their token is dropped. What a pod remembers is which sessions were ended; all pods are told, and one
// that was not there yet when a session began asks the others about it.
type Sessions struct {
	tokens  atomic.Pointer[[]*adminToken] // replaced as a whole
	now     func() time.Time
	started time.Time // what was ended before it, this pod does not know

	mu    sync.Mutex // guards:
	ended map[sessionID]struct{}
	known map[sessionID]struct{} // begun before started, and not ended as far as others know
}

const (
	sessionCookie = "playground_admin"
	sessionLasts  = 12 * time.Hour // a working day
)

// sessionID is the second in which a session expires, and below it random bits. Pods of
// earlier versions have the second alone, and read the whole as one that is far away.
type sessionID uint64

const (
	sessionBytes = 8
	randomBits   = 30
)

func (id sessionID) expiry() time.Time {
	const seconds = 1 << 40 // more than a time has
	if id >= seconds {
		id >>= randomBits
	}
	return time.Unix(int64(id), 0)
}

func (id sessionID) String() string {
	return hex.EncodeToString(binary.BigEndian.AppendUint64(nil, uint64(id)))
}

func newSessions(tokens []string, now func() time.Time) *Sessions {
	s := &Sessions{now: now, started: now(), ended: make(map[sessionID]struct{}), known: make(map[sessionID]struct{})}
	s.use(tokens)
	return s
}

// UseTokens replaces the tokens, and ends the sessions of those that are not among them. The
// dashboard can't be turned on or off that way.
func (s *Sessions) UseTokens(tokens []string) error {
	switch err := CheckAdminTokens(tokens); {
	case err != nil:
		return err
	case len(tokens) == 0 || len(*s.tokens.Load()) == 0:
		return errors.New("admin token: the dashboard can't be turned on or off while the server runs")
	}
	s.use(tokens)
	return nil
}

func (s *Sessions) use(tokens []string) {
	made := make([]*adminToken, len(tokens))
	for i, token := range tokens {
		made[i] = newAdminToken(token)
	}
	s.tokens.Store(&made)
}

// holder is the token that was given, nil if it is none of ours. All are compared, so that
// the time says nothing about which one it is.
func (s *Sessions) holder(given string) (found *adminToken) {
	sum := sha256.Sum256([]byte(given))
	for _, token := range *s.tokens.Load() {
		if hmac.Equal(sum[:], token.sum[:]) {
			found = token
		}
	}
	return found
}

// begin makes a session of who has given the token, as a cookie's value.
func (s *Sessions) begin(now time.Time, token *adminToken) string {
	var random [sessionBytes]byte
	_, _ = rand.Read(random[:]) // never fails
	id := sessionID(now.Add(sessionLasts).Unix())<<randomBits | sessionID(binary.BigEndian.Uint64(random[:])>>(64-randomBits))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	s.known[id] = struct{}{}
	return token.sign(id)
}

// signed gives the sessions of a request's cookies that have not expired. There may be more
// than one: of paths within each other.
func (s *Sessions) signed(r *http.Request) (ids []sessionID) {
	for _, cookie := range r.CookiesNamed(sessionCookie) {
		value, err := base64.RawURLEncoding.DecodeString(cookie.Value)
		if err != nil || len(value) != sessionBytes+sha256.Size || !s.isSigned(value[:sessionBytes], value[sessionBytes:]) {
			continue
		}
		if id := sessionID(binary.BigEndian.Uint64(value)); s.now().Before(id.expiry()) {
			ids = append(ids, id)
		}
	}
	return ids
}

// isSigned reports whether a signature was made with one of the tokens.
func (s *Sessions) isSigned(value, signature []byte) bool {
	return slices.ContainsFunc(*s.tokens.Load(), func(token *adminToken) bool { return hmac.Equal(signature, token.signature(value)) })
}

var (
	errSessionEnded   = errors.New("the session has been ended")
	errSessionUnknown = errors.New("the session may have been ended before this pod started")
)

// stands reports whether a session goes on, as far as this pod knows.
func (s *Sessions) stands(id sessionID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ended := s.ended[id]
	_, known := s.known[id]
	switch {
	case ended:
		return errSessionEnded
	case known || id.expiry().Add(-sessionLasts).After(s.started):
		return nil
	}
	return errSessionUnknown
}

// trust remembers what others have said of a session.
func (s *Sessions) trust(id sessionID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[id] = struct{}{}
}

// End ends a session, named as Vouch has it: actors.ActLogout.
func (s *Sessions) End(name string) {
	id, ok := parseSession(name)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	s.ended[id] = struct{}{}
}

// Vouch reports whether a session goes on: actors.ActVouch.
func (s *Sessions) Vouch(name string) error {
	id, ok := parseSession(name)
	if !ok {
		return errSessionUnknown
	}
	return s.stands(id)
}

func parseSession(name string) (sessionID, bool) {
	b, err := hex.DecodeString(name)
	if err != nil || len(b) != sessionBytes {
		return 0, false
	}
	return sessionID(binary.BigEndian.Uint64(b)), true
}

// forget drops what has expired: so there is no more than operators make in a day.
func (s *Sessions) forget() {
	for _, of := range []map[sessionID]struct{}{s.ended, s.known} {
		for id := range of {
			if !s.now().Before(id.expiry()) {
				delete(of, id)
			}
		}
	}
}

// cookie is what a browser is told to keep; an empty value ends the session there. It has
// no path: it goes with what is beside the login, and not to others who share the host.
func (s *Sessions) cookie(r *http.Request, value string) *http.Cookie {
	age := int(sessionLasts / time.Second)
	if value == "" {
		age = -1
	}
	return &http.Cookie{
		Name: sessionCookie, Value: value, MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	}
}

// loggedIn reports whether a request has a session that goes on.
func (a *admin) loggedIn(r *http.Request) bool {
	for _, id := range a.sessions.signed(r) {
		err := a.sessions.stands(id)
		if errors.Is(err, errSessionUnknown) {
			err = a.askOthers(r.Context(), id)
		}
		if err == nil {
			return true
		}
	}
	return false
}

// askOthers asks the pods that were there before about a session. If none knows it, the
// operator logs in again: so do those of a server alone that was restarted.
func (a *admin) askOthers(ctx context.Context, id sessionID) error {
	err := errSessionUnknown
	for _, said := range a.tellOthers(ctx, actors.Act{Do: actors.ActVouch, At: a.Now().UnixMilli(), Target: "a session", Text: id.String()}) {
		switch {
		case said == nil && !errors.Is(err, errSessionEnded):
			err = nil
		case said != nil && strings.Contains(said.Error(), errSessionEnded.Error()):
			err = errSessionEnded
		}
	}
	switch {
	case err == nil:
		a.sessions.trust(id)
	case errors.Is(err, errSessionEnded):
		a.sessions.End(id.String())
	}
	return err
}

// tellOthers asks the other pods for the same, and gives what became of it.
func (a *admin) tellOthers(ctx context.Context, act actors.Act) (said []error) {
	ctx, cancel := context.WithTimeout(ctx, adminSurvey)
	defer cancel()
	var others []Member
	for _, m := range a.Cluster.Members() {
		if !m.Self {
			others = append(others, m)
		}
	}
	said = make([]error, len(others))
	var asking sync.WaitGroup
	for i, m := range others {
		asking.Go(func() { said[i] = a.Inspectors.Act(ctx, m.Address, act) })
	}
	asking.Wait()
	return said
}

// logout ends the session on every pod. One that can't be told now may take the cookie, if
// somebody has kept it, until it asks or the cookie expires.
func (a *admin) logout(w http.ResponseWriter, r *http.Request) {
	for _, id := range a.sessions.signed(r) {
		a.sessions.End(id.String())
		act := actors.Act{Do: actors.ActLogout, Who: whoOf(r), At: a.Now().UnixMilli(), Target: "a session", Text: id.String()}
		if err := errors.Join(a.tellOthers(context.WithoutCancel(r.Context()), act)...); err != nil {
			a.Log.Warn("operator logged out, but not every server could be told", "who", whoOf(r), "err", err)
		}
	}
	a.Log.Info("operator logged out", "who", whoOf(r))
	http.SetCookie(w, a.sessions.cookie(r, ""))
	reply(w, http.StatusOK, done{true})
}

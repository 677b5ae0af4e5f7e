package admin

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

	"pixelplayground/actors/message"
	"pixelplayground/transport/api/answer"
)

// Sessions knows which operators are logged in. A cookie is a number, signed with a key that is
// derived from the token with which the operator logged in. So every pod with the same token
// accepts the cookie, and sessions end when their token is dropped. A pod remembers only which
// sessions were ended. All pods are told when one ends, and a pod that has started after a
// session began asks the others about it.
type Sessions struct {
	tokens  atomic.Pointer[[]*operatorToken] // replaced as a whole
	now     func() time.Time
	started time.Time // this pod does not know which sessions were ended before it

	mu    sync.Mutex // guards:
	ended map[sessionID]struct{}
	known map[sessionID]struct{} // begun here, or not ended as far as other pods know
}

const (
	sessionCookie = "playground_admin"
	sessionLasts  = 12 * time.Hour // a working day
)

// sessionID is the second in which a session expires, followed by random bits. In pods of
// earlier versions it is only the second, so they read a new one as a second in the far future.
type sessionID uint64

const (
	sessionBytes = 8
	randomBits   = 30
)

func (id sessionID) expiry() time.Time {
	const seconds = 1 << 40 // greater than any id that is only a second
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

// UseTokens replaces the tokens, and ends the sessions of tokens that are dropped. It can't turn
// the dashboard on or off.
func (s *Sessions) UseTokens(tokens []string) error {
	switch err := CheckTokens(tokens); {
	case err != nil:
		return err
	case len(tokens) == 0 || len(*s.tokens.Load()) == 0:
		return errors.New("admin token: the dashboard can't be turned on or off while the server runs")
	}
	s.use(tokens)
	return nil
}

func (s *Sessions) use(tokens []string) {
	made := make([]*operatorToken, len(tokens))
	for i, token := range tokens {
		made[i] = newOperatorToken(token)
	}
	s.tokens.Store(&made)
}

// holder finds the token that was given; nil: it is not one of ours. It compares all tokens, so
// that the time it takes does not reveal which one it is.
func (s *Sessions) holder(given string) (found *operatorToken) {
	sum := sha256.Sum256([]byte(given))
	for _, token := range *s.tokens.Load() {
		if hmac.Equal(sum[:], token.sum[:]) {
			found = token
		}
	}
	return found
}

// begin begins a session for an operator who has given the token. It returns the cookie's value.
func (s *Sessions) begin(now time.Time, token *operatorToken) string {
	var random [sessionBytes]byte
	_, _ = rand.Read(random[:]) // never fails
	id := sessionID(now.Add(sessionLasts).Unix())<<randomBits | sessionID(binary.BigEndian.Uint64(random[:])>>(64-randomBits))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	s.known[id] = struct{}{}
	return token.sign(id)
}

// signed returns the sessions of a request's valid cookies that have not expired. There may be
// several cookies: one for a path and one for a path below it.
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
	return slices.ContainsFunc(*s.tokens.Load(), func(token *operatorToken) bool { return hmac.Equal(signature, token.signature(value)) })
}

var (
	errSessionEnded   = errors.New("the session has been ended")
	errSessionUnknown = errors.New("the session may have been ended before this pod started")
)

// stands returns nil if a session goes on, as far as this pod knows, and otherwise why not.
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

// trust remembers that other pods have said that a session goes on.
func (s *Sessions) trust(id sessionID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[id] = struct{}{}
}

// End ends a session, which has the same name as for Vouch. It is message.ActLogout.
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

// Vouch returns nil if a session goes on, and otherwise why not. It is message.ActVouch.
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

// forget drops expired sessions, so that no more are kept than operators begin in a day.
func (s *Sessions) forget() {
	for _, of := range []map[sessionID]struct{}{s.ended, s.known} {
		for id := range of {
			if !s.now().Before(id.expiry()) {
				delete(of, id)
			}
		}
	}
}

// cookie is the cookie that a browser is told to keep; an empty value deletes it. It has no
// path, so it is sent only to what is beside the login, and not to other sites on the same host.
func (s *Sessions) cookie(r *http.Request, value string) *http.Cookie {
	age := int(sessionLasts / time.Second)
	if value == "" {
		age = -1
	}
	return &http.Cookie{
		Name: sessionCookie, Value: value, MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		// Of a proxy that --proxies does not name, too: a stranger who writes it only makes its own cookie stricter.
		Secure: answer.Secure(r) || r.Header.Get("X-Forwarded-Proto") == "https",
	}
}

// loggedIn reports whether a request has a session that has not ended.
func (a *Handler) loggedIn(r *http.Request) bool {
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

// askOthers asks the other pods about a session. If none knows it, the operator has to log in
// again, as after the restart of a pod that is alone.
func (a *Handler) askOthers(ctx context.Context, id sessionID) error {
	err := errSessionUnknown
	for _, said := range a.tellOthers(ctx, message.Act{Do: message.ActVouch, At: a.Now().UnixMilli(), Target: "a session", Text: id.String()}) {
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

// tellOthers asks all other pods for the same act, and returns the result of each.
func (a *Handler) tellOthers(ctx context.Context, act message.Act) (said []error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
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

// logout ends the session on every pod. A pod that can't be told now may go on accepting the
// cookie, if somebody has kept it, until that pod asks the others or the cookie expires.
func (a *Handler) logout(w http.ResponseWriter, r *http.Request) {
	for _, id := range a.sessions.signed(r) {
		a.sessions.End(id.String())
		act := message.Act{Do: message.ActLogout, Who: whoOf(r), At: a.Now().UnixMilli(), Target: "a session", Text: id.String()}
		if err := errors.Join(a.tellOthers(context.WithoutCancel(r.Context()), act)...); err != nil {
			a.Log.Warn("operator logged out, but not every server could be told", "who", whoOf(r), "err", err)
		}
	}
	a.Log.Info("operator logged out", "who", whoOf(r))
	http.SetCookie(w, a.sessions.cookie(r, ""))
	answer.JSON(w, http.StatusOK, done{true})
}

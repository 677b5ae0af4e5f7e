package api

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/time/rate"
)

// sessions knows who has logged in without remembering anybody: a cookie is its expiry,
// signed with a key that follows from the token. So every pod with the same token takes
// it, and another token ends all sessions.
type sessions struct {
	token [sha256.Size]byte // hashed, so that comparing takes the same time whatever its length
	key   []byte
}

const (
	sessionCookie = "playground_admin"
	sessionLasts  = 12 * time.Hour // a working day
	expiryBytes   = 8
)

func newSessions(token string) sessions {
	key, err := hkdf.Key(sha256.New, []byte(token), nil, "playground admin session 1", sha256.Size)
	if err != nil {
		panic("api: " + err.Error()) // only for a key longer than 8,160 bytes
	}
	return sessions{sha256.Sum256([]byte(token)), key}
}

func (s sessions) isToken(given string) bool {
	sum := sha256.Sum256([]byte(given))
	return hmac.Equal(sum[:], s.token[:])
}

// sign makes a cookie's value: the expiry and its signature, in base64.
func (s sessions) sign(expiry time.Time) string {
	value := binary.BigEndian.AppendUint64(nil, uint64(expiry.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(value, s.signature(value)...))
}

func (s sessions) signature(value []byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write(value)
	return mac.Sum(nil)
}

// holds tells whether a request has a valid cookie.
func (s sessions) holds(r *http.Request, now time.Time) bool {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return false
	}
	value, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || len(value) != expiryBytes+sha256.Size {
		return false
	}
	expiry := int64(binary.BigEndian.Uint64(value))
	return hmac.Equal(value[expiryBytes:], s.signature(value[:expiryBytes])) && now.Unix() < expiry
}

// cookie is what a browser is told to keep; an empty value ends the session there.
func (s sessions) cookie(r *http.Request, value string) *http.Cookie {
	age := int(sessionLasts / time.Second)
	if value == "" {
		age = -1
	}
	return &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	}
}

// Wrong tokens: one address may send five at once and five a minute, all together fifty
// at once and five a second. A token of MinAdminToken characters needs no less to be safe;
// this keeps strangers from spending the processor's time.
const (
	attemptEvery      = 12 * time.Second
	attemptsAtOnce    = 5
	allAttemptsEvery  = 200 * time.Millisecond
	allAttemptsAtOnce = 50
)

// attempts counts wrong tokens.
type attempts struct {
	of  *limits
	all *rate.Limiter
}

func newAttempts() *attempts {
	return &attempts{newLimits(1/attemptEvery.Seconds(), attemptsAtOnce), rate.NewLimiter(rate.Every(allAttemptsEvery), allAttemptsAtOnce)}
}

// open tells whether another attempt may be made. Several made at the same moment may.
func (t *attempts) open(client netip.Prefix, now time.Time) bool {
	return t.of.has(client, now) && t.all.TokensAt(now) >= 1
}

func (t *attempts) failed(client netip.Prefix, now time.Time) {
	t.of.take(client, 1, now)
	t.all.AllowN(now, 1)
}

// has tells whether a client may take one.
func (l *limits) has(client netip.Prefix, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bucket(client).TokensAt(now) >= 1
}

// maxLoginBody is far more than a token, in bytes.
const maxLoginBody = 4 << 10

// login takes the form. Where it leads says how it went: the form shows a line for each.
func (a *admin) login(w http.ResponseWriter, r *http.Request) {
	now, client := a.Now(), clientOf(r)
	if !a.attempts.open(client, now) {
		a.Log.Warn("operator's login refused: too many attempts", "who", whoOf(r))
		http.Redirect(w, r, "/admin/login#wait", http.StatusSeeOther)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxLoginBody)
	var token string
	awaitBody(w, func() { token = r.PostFormValue("token") })
	if !a.sessions.isToken(token) {
		a.attempts.failed(client, now)
		a.Log.Warn("operator's login refused: wrong token", "who", whoOf(r))
		http.Redirect(w, r, "/admin/login#wrong", http.StatusSeeOther)
		return
	}
	a.Log.Info("operator logged in", "who", whoOf(r))
	http.SetCookie(w, a.sessions.cookie(r, a.sessions.sign(now.Add(sessionLasts))))
	http.Redirect(w, r, "/admin", http.StatusSeeOther)
}

func (a *admin) logout(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, a.sessions.cookie(r, ""))
	reply(w, http.StatusOK, done{true})
}

// done is the answer to an act.
type done struct {
	OK bool `json:"ok"`
}

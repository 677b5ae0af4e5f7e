package auth

import (
	"crypto/rand"
	"encoding/base64"
	"time"
)

const (
	sessionCookie = "pp_session"
	loginCookie   = "pp_login"
	tokenCookie   = "pp_id_token" // shown to the issuer when its own session is to end too
)

// session is what the session cookie of an account says. It is signed, so pods keep nothing of it and
// any pod takes the cookie of any other.
type session struct {
	ID      string `json:"i"` // 16 random bytes, new at every sign-in
	Issuer  string `json:"iss"`
	Subject string `json:"sub"`
	Name    string `json:"n,omitempty"`
	Role    uint8  `json:"r"`            // a canvas.Role, as a number
	At      int64  `json:"at,omitempty"` // when they signed in, in Unix ms; absent: a server of an earlier version did not say
}

// signedIn is when they signed in; the zero time: that is not known. It does not follow from the end of the session, since how long
// sessions last may have been changed.
func (s session) signedIn() time.Time {
	if s.At == 0 {
		return time.Time{}
	}
	return time.UnixMilli(s.At)
}

// login names the session in Person.Login.
func (s session) login() string { return "session/" + s.ID }

// random is 128 bits that nobody can guess.
func random() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// prefixes are what the name of a cookie of ours may begin with, see site.cookieName.
func prefixes() [3]string { return [3]string{"__Host-", "__Secure-", ""} }

// sessionIn finds the session that cookies show; nil: none that was made here and has not expired. It may
// have been ended. A session counts only under the name that it was given: who can set a cookie without
// the prefix for us, from another host of our domain, has none that would count there.
func (s *SignIn) sessionIn(cookies []string, seals *seals) (found *session, until time.Time) {
	for i, prefix := range prefixes() {
		tried := 0
		for value := range named(cookies, prefix+sessionCookie) {
			var opened session
			until, ok := seals.sessions[i].open(value, s.now(), &opened)
			if ok && opened.Issuer == s.cfg.Issuer {
				return &opened, until
			}
			if tried++; tried == maxGuestCookies {
				break
			}
		}
	}
	return nil, time.Time{}
}

package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strings"
	"time"
)

// GuestCookie makes a browser a guest: the same person over reloads, in all its tabs.
const GuestCookie = "pp_guest"

// The value of the cookie is, in base64:
//
//	version  1 byte
//	id       16 bytes, random
//	day      2 bytes: when it was issued, in days since 1970
//	mac      16 bytes, of the rest
//
// Nothing is kept of it: it costs the server no memory, so whoever collects cookies takes nothing.
const (
	guestVersion = 1
	guestSigned  = 1 + len(guestID{}) + 2
	guestBytes   = guestSigned + guestMAC
	guestMAC     = 16
)

// guestID is what a guest's cookie says.
type guestID [16]byte

const (
	// guestDays is how long a cookie is valid: as long as Chromium keeps one.
	guestDays = 400
	// renewDays is the age at which a cookie is issued anew, with the same id.
	renewDays = 30
	// maxGuestCookies bounds how many cookies of a request are tried. A browser sends one for each
	// path and domain that set one.
	maxGuestCookies = 8
)

func dayOf(t time.Time) int { return int(t.Unix() / (24 * 60 * 60)) }

// issue makes the value of a cookie.
func (k *keys) issue(id guestID, now time.Time) string {
	value := append(make([]byte, 0, guestBytes), guestVersion)
	value = append(value, id[:]...)
	value = binary.BigEndian.AppendUint16(value, uint16(dayOf(now)))
	return base64.RawURLEncoding.EncodeToString(append(value, k.guestMAC(value)...))
}

func (k *keys) guestMAC(signed []byte) []byte { return sum(k.cookies, signed)[:guestMAC] }

// read returns whose a cookie is and how many days old, if it is one that we have issued and that
// has not become too old.
func (k *keys) read(value string, now time.Time) (id guestID, age int, ok bool) {
	var room [guestBytes + 2]byte // what decodes to more is not ours
	if len(value) != base64.RawURLEncoding.EncodedLen(guestBytes) {
		return id, 0, false
	}
	n, err := base64.RawURLEncoding.Strict().Decode(room[:], []byte(value))
	if err != nil || n != guestBytes || room[0] != guestVersion || !hmac.Equal(k.guestMAC(room[:guestSigned]), room[guestSigned:guestBytes]) {
		return id, 0, false
	}
	age = dayOf(now) - int(binary.BigEndian.Uint16(room[guestSigned-2:]))
	copy(id[:], room[1:])
	return id, age, age >= -1 && age <= guestDays // -1: the pods' clocks differ
}

// guestIn returns the guest of the first valid cookie. Others may have set more of the same name, for
// a path or domain above ours.
func (k *keys) guestIn(cookies []string, now time.Time) (guestID, bool) {
	id, _, ok := k.find(cookies, now)
	return id, ok
}

func (k *keys) find(cookies []string, now time.Time) (id guestID, age int, ok bool) {
	tried := 0
	for value := range named(cookies, GuestCookie) {
		if id, age, ok = k.read(value, now); ok {
			return id, age, true
		}
		if tried++; tried == maxGuestCookies {
			break
		}
	}
	return guestID{}, 0, false
}

// guest reports whether a request shows what may be a guest's cookie.
func (s Shown) guest() bool {
	for range named(s.Cookies, GuestCookie) {
		return true
	}
	return false
}

// named lists the values of the cookies of a name.
func named(fields []string, name string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, field := range fields {
			for pair := range strings.SplitSeq(field, ";") {
				if key, value, _ := strings.Cut(strings.TrimSpace(pair), "="); key == name && !yield(strings.Trim(value, `"`)) {
					return
				}
			}
		}
	}
}

// Greet sees to it that the browser that asks for the page is a guest: it sets the cookie unless
// there is a valid one. It must be called before the answer begins. secure says that the browser
// came by TLS.
//
// The cookie has no Path: then it holds for the page's own directory and all below it, whatever path
// a proxy has taken away before we see the request.
func (p *People) Greet(w http.ResponseWriter, r *http.Request, secure bool) {
	keys := p.keys.Load()
	if keys == nil {
		return // the next page sets it
	}
	now := p.now()
	id, age, ok := keys.find(r.Header["Cookie"], now)
	if ok && age < renewDays {
		return
	}
	if !ok {
		rand.Read(id[:]) // never fails: see crypto/rand
	}
	http.SetCookie(w, &http.Cookie{
		Name: GuestCookie, Value: keys.issue(id, now), MaxAge: guestDays * 24 * 60 * 60,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure,
	})
}

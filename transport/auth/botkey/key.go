// Package botkey is the keys of bots: how they are written, what each lets its holder do, which a pod was shown and saw in
// use lately. Who has which keys, transport/auth keeps in the store.
package botkey

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
)

// A key is what a bot or a display shows: "pp_", the key's id, its secret, and a checksum, by which
// what is mistyped is told from what is unknown, and by which programs that look for lost secrets find
// it. Prefix begins it.
const (
	Prefix      = "pp_"
	idLength    = 16 // characters, 80 bits
	secretBytes = 20

	length = len(Prefix) + idLength + 32 + 7
)

// coding is base32 in small letters, without padding.
func coding() *base32.Encoding {
	return base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
}

// New makes a key, and what is kept of it: its id and the hash of all of it.
func New() (text, id, hash string) {
	var bytes [10 + secretBytes]byte
	_, _ = rand.Read(bytes[:]) // never fails
	id = coding().EncodeToString(bytes[:10])
	text = Prefix + id + coding().EncodeToString(bytes[10:])
	text += sum(text)
	return text, id, hashOf(text)
}

func sum(text string) string {
	return coding().EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(text))))
}

// hashOf is what is stored. The secret has 160 random bits, so a plain hash can't be reversed by trying.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Is reports whether a text is the key, in a time that does not tell where they differ.
func (k Key) Is(text string) bool {
	return subtle.ConstantTimeCompare([]byte(k.Hash), []byte(hashOf(text))) == 1
}

// Parse returns the id of a key that may be one of ours.
func Parse(text string) (id string, ok bool) {
	if len(text) != length || !strings.HasPrefix(text, Prefix) {
		return "", false
	}
	body := text[:len(text)-7]
	return body[len(Prefix):][:idLength], sum(body) == text[len(body):]
}

// Scope is something that a key lets its holder do. Each includes those before it.
type Scope string

// The scopes.
const (
	ScopeWatch    Scope = "watch"
	ScopeDraw     Scope = "draw"
	ScopeModerate Scope = "moderate"
)

// Key is what is kept of a key.
type Key struct {
	ID     string   `json:"id"`
	Hash   string   `json:"hash,omitempty"` // of the key; shown to nobody
	Name   string   `json:"name"`
	Owner  string   `json:"owner,omitempty"` // subject of the account that made it, in hex; empty: an operator
	Scopes []Scope  `json:"scopes"`
	Role   string   `json:"role,omitempty"` // of its owner: as stored, when it was made; from find, now
	Rate   *float64 `json:"rate,omitempty"` // pixels a second, 0 for no limit; nil: as its role
	Burst  int      `json:"burst,omitempty"`
	Made   int64    `json:"made"`            // Unix seconds
	Until  int64    `json:"until,omitempty"` // Unix seconds; 0: for good

	Version string `json:"-"` // of its owner's standing, with which Role changes; empty: nothing is known of it
}

// loginPrefix begins the login of a key.
const loginPrefix = "key/"

// Login names the key in Person.Login, with the version of its owner's standing: what the key may do ends with either.
func (k Key) Login() string {
	if k.Version == "" {
		return k.Revoked()
	}
	return k.Revoked() + "/" + k.Version
}

// Revoked is the login that ends when the key is revoked, and with it those of all versions.
func (k Key) Revoked() string { return loginPrefix + k.ID }

// OfLogin is the id of the key that a login is of, and the version of its owner's standing.
func OfLogin(login string) (id, version string, ok bool) {
	id, ok = strings.CutPrefix(login, loginPrefix)
	id, version, _ = strings.Cut(id, "/")
	return id, version, ok
}

// Ends is when the key ends by itself; zero: it doesn't.
func (k Key) Ends() time.Time {
	if k.Until == 0 {
		return time.Time{}
	}
	return time.Unix(k.Until, 0)
}

// May reports whether the key has a scope.
func (k Key) May(scope Scope) bool {
	order := []Scope{ScopeWatch, ScopeDraw, ScopeModerate}
	return slices.ContainsFunc(k.Scopes, func(has Scope) bool { return slices.Index(order, has) >= slices.Index(order, scope) })
}

// Most is the highest role that the key's scopes allow.
func (k Key) Most() canvas.Role {
	if k.May(ScopeModerate) {
		return canvas.RoleModerator
	}
	return canvas.RoleMember
}

// OwnerRole is the role of whoever made the key: an operator is above all.
func (k Key) OwnerRole() canvas.Role {
	if k.Owner == "" {
		return canvas.RoleOwner
	}
	return canvas.RoleNamed(k.Role)
}

// Bounds of what is said of a key.
const (
	maxRate  = 1e6     // pixels a second
	maxBurst = 1 << 20 // pixels
	maxDays  = 3660
)

// Check says what is wrong with a key that somebody asks for.
func (k Key) Check(now time.Time) error {
	unknown := func(s Scope) bool { return s != ScopeWatch && s != ScopeDraw && s != ScopeModerate }
	switch {
	case canvas.CleanName(k.Name) == "":
		return fmt.Errorf("name: must not be empty")
	case len(k.Scopes) == 0 || len(k.Scopes) > 3 || slices.ContainsFunc(k.Scopes, unknown):
		return fmt.Errorf("scopes: must be some of watch, draw, moderate")
	case k.Rate != nil && !(*k.Rate == 0 || *k.Rate >= 0.001 && *k.Rate <= maxRate):
		return fmt.Errorf("rate: must be 0 (no limit) or 0.001 to %d pixels per second", int(maxRate))
	case k.Rate != nil && *k.Rate > 0 && (k.Burst < 1 || k.Burst > maxBurst):
		return fmt.Errorf("burst: must be 1 to %d pixels", maxBurst)
	case k.Rate == nil && k.Burst != 0:
		return fmt.Errorf("burst: must come with a rate")
	case k.Until != 0 && (k.Until <= now.Unix() || k.Until > now.AddDate(0, 0, maxDays).Unix()):
		return fmt.Errorf("until: must be a time to come, within ten years")
	}
	return nil
}

// Read reads the document of a key.
func Read(value []byte) (k Key, err error) {
	if err = json.Unmarshal(value, &k); err != nil {
		err = fmt.Errorf("read the document of a key: %w", err)
	}
	return k, err
}

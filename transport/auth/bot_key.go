package auth

import (
	"crypto/rand"
	"crypto/sha256"
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
// it.
const (
	keyPrefix      = "pp_"
	keyIDLength    = 16 // characters, 80 bits
	keySecretBytes = 20

	keyLength = len(keyPrefix) + keyIDLength + 32 + 7
)

// keyCoding is base32 in small letters, without padding.
func keyCoding() *base32.Encoding {
	return base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
}

// newKey makes a key, and what is kept of it: its id and the hash of all of it.
func newKey() (text, id, hash string) {
	var bytes [10 + keySecretBytes]byte
	_, _ = rand.Read(bytes[:]) // never fails
	id = keyCoding().EncodeToString(bytes[:10])
	text = keyPrefix + id + keyCoding().EncodeToString(bytes[10:])
	text += keySum(text)
	return text, id, keyHash(text)
}

func keySum(text string) string {
	return keyCoding().EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(text))))
}

// keyHash is what is stored. The secret has 160 random bits, so a plain hash can't be reversed by trying.
func keyHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// parseKey returns the id of a key that may be one of ours.
func parseKey(text string) (id string, ok bool) {
	if len(text) != keyLength || !strings.HasPrefix(text, keyPrefix) {
		return "", false
	}
	body := text[:len(text)-7]
	return body[len(keyPrefix):][:keyIDLength], keySum(body) == text[len(body):]
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

	version string // of its owner's standing, with which Role changes; empty: nothing is known of it
}

// keyLogin begins the login of a key.
const keyLogin = "key/"

// login names the key in Person.Login, with the version of its owner's standing: what the key may do ends with either.
func (k Key) login() string {
	if k.version == "" {
		return k.revoked()
	}
	return k.revoked() + "/" + k.version
}

// revoked is the login that ends when the key is revoked, and with it those of all versions.
func (k Key) revoked() string { return keyLogin + k.ID }

// ends is when the key ends by itself; zero: it doesn't.
func (k Key) ends() time.Time {
	if k.Until == 0 {
		return time.Time{}
	}
	return time.Unix(k.Until, 0)
}

// may reports whether the key has a scope.
func (k Key) may(scope Scope) bool {
	order := []Scope{ScopeWatch, ScopeDraw, ScopeModerate}
	return slices.ContainsFunc(k.Scopes, func(has Scope) bool { return slices.Index(order, has) >= slices.Index(order, scope) })
}

// role is what the key's scopes and its owner's role allow.
func (k Key) role() canvas.Role {
	role := canvas.RoleMember
	if k.may(ScopeModerate) {
		role = canvas.RoleModerator
	}
	if k.Owner != "" {
		role = min(role, roleNamed(k.Role))
	}
	return role
}

// Bounds of what is said of a key.
const (
	// MaxAccountKeys and MaxOperatorKeys bound how many keys there are of one account, and of all
	// operators together.
	MaxAccountKeys, MaxOperatorKeys = 10, 500
	maxKeyRate                      = 1e6     // pixels a second
	maxKeyBurst                     = 1 << 20 // pixels
	maxKeyDays                      = 3660
)

// check says what is wrong with a key that somebody asks for.
func (k Key) check(now time.Time) error {
	unknown := func(s Scope) bool { return s != ScopeWatch && s != ScopeDraw && s != ScopeModerate }
	switch {
	case canvas.CleanName(k.Name) == "":
		return fmt.Errorf("name: must not be empty")
	case len(k.Scopes) == 0 || len(k.Scopes) > 3 || slices.ContainsFunc(k.Scopes, unknown):
		return fmt.Errorf("scopes: must be some of watch, draw, moderate")
	case k.Rate != nil && !(*k.Rate == 0 || *k.Rate >= 0.001 && *k.Rate <= maxKeyRate):
		return fmt.Errorf("rate: must be 0 (no limit) or 0.001 to %d pixels per second", int(maxKeyRate))
	case k.Rate != nil && *k.Rate > 0 && (k.Burst < 1 || k.Burst > maxKeyBurst):
		return fmt.Errorf("burst: must be 1 to %d pixels", maxKeyBurst)
	case k.Rate == nil && k.Burst != 0:
		return fmt.Errorf("burst: must come with a rate")
	case k.Until != 0 && (k.Until <= now.Unix() || k.Until > now.AddDate(0, 0, maxKeyDays).Unix()):
		return fmt.Errorf("until: must be a time to come, within ten years")
	}
	return nil
}

func readKey(value []byte) (k Key, err error) {
	if err = json.Unmarshal(value, &k); err != nil {
		err = fmt.Errorf("read the document of a key: %w", err)
	}
	return k, err
}

package auth

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// seal signs what a browser keeps for us in a cookie. Each purpose has a key of its own, so that a
// cookie made for one is nothing to another.
type seal struct{ key []byte }

func newSeal(secret []byte, purpose string) seal { return seal{derive(secret, purpose)} }

// sealed is what is signed.
type sealed struct {
	Until int64           `json:"e"` // Unix seconds
	Value json.RawMessage `json:"v"`
}

// close makes the value of a cookie that can be opened until some time.
func (s seal) close(value any, until time.Time) (string, error) {
	inner, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	whole, err := json.Marshal(sealed{until.Unix(), inner})
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(whole) + "." + base64.RawURLEncoding.EncodeToString(s.mac(whole)), nil
}

// open reads the value of a cookie. It returns false unless the value was made by close and is not
// over.
func (s seal) open(text string, now time.Time, value any) (until time.Time, ok bool) {
	encoded, signature, _ := strings.Cut(text, ".")
	whole, bad := base64.RawURLEncoding.Strict().DecodeString(encoded)
	mac, worse := base64.RawURLEncoding.Strict().DecodeString(signature)
	if bad != nil || worse != nil || !hmac.Equal(mac, s.mac(whole)) {
		return time.Time{}, false
	}
	var found sealed
	if json.Unmarshal(whole, &found) != nil || json.Unmarshal(found.Value, value) != nil {
		return time.Time{}, false
	}
	until = time.Unix(found.Until, 0)
	return until, now.Before(until)
}

func (s seal) mac(of []byte) []byte { return sum(s.key, of) }

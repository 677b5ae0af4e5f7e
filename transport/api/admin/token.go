package admin

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"pixelplayground/transport/api/answer"
)

// MinToken is the minimum length of a token, in characters. That many random letters can't
// be guessed, at any rate of attempts.
const MinToken = 16

// MaxTokens bounds how many tokens a cookie is checked against. A rotation needs two.
const MaxTokens = 4

// CheckTokens says what is wrong with tokens, and shows none of them.
func CheckTokens(tokens []string) error {
	if len(tokens) > MaxTokens {
		return fmt.Errorf("admin tokens: there are %d, must be at most %d", len(tokens), MaxTokens)
	}
	for _, token := range tokens {
		if utf8.RuneCountInString(token) < MinToken {
			return fmt.Errorf("admin token: must have at least %d characters", MinToken)
		}
	}
	return nil
}

// operatorToken is what is kept of a token.
type operatorToken struct {
	sum [sha256.Size]byte // a hash, so that comparing takes the same time whatever the token's length
	key []byte            // signs its sessions
}

func newOperatorToken(token string) *operatorToken {
	key, err := hkdf.Key(sha256.New, []byte(token), nil, "playground admin session 1", sha256.Size)
	if err != nil {
		panic("api: " + err.Error()) // only for a key longer than 8,160 bytes
	}
	return &operatorToken{sum: sha256.Sum256([]byte(token)), key: key}
}

// sign makes a cookie's value: the session and its signature, in base64.
func (t *operatorToken) sign(id sessionID) string {
	value := binary.BigEndian.AppendUint64(nil, uint64(id))
	return base64.RawURLEncoding.EncodeToString(append(value, t.signature(value)...))
}

func (t *operatorToken) signature(value []byte) []byte {
	mac := hmac.New(sha256.New, t.key)
	mac.Write(value)
	return mac.Sum(nil)
}

// Shows reports whether a request shows an operator's token. Who shows a wrong one costs next to nothing.
func (a *Handler) Shows(r *http.Request) bool {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return bearer && len(token) <= answer.MaxFormBody && a.sessions.holder(token) != nil
}

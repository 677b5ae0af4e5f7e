package openid

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/transport/auth/openidtest"

	"github.com/go-jose/go-jose/v4"

	"pixelplayground/actors/canvas"
)

const tokenSecret = "a secret of thirty-two bytes or more"

// tokenClaims are valid at the beginning of a new clock.
func tokenClaims(changes map[string]any) map[string]any {
	now := openidtest.NewClock().Now().Unix()
	claims := map[string]any{
		"iss": "https://site.example", "aud": "canvas", "sub": "u1", "name": "Ada", "iat": now, "exp": now + 300, "groups": []string{"mods"},
	}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims
}

func tokenConfig() TokenConfig {
	return TokenConfig{Issuer: "https://site.example", Audience: "canvas", Roles: Roles{Claim: "groups", Moderators: []string{"mods"}}}
}

func TestTokens_Secret(t *testing.T) {
	time0 := openidtest.NewClock()
	cfg := tokenConfig()
	cfg.Secret = tokenSecret
	tokens := NewTokens(cfg, time0.Now)
	got, err := tokens.Verify(openidtest.Signed(t, jose.HS256, []byte(tokenSecret), "", tokenClaims(nil)))
	if err != nil || got.Subject != "u1" || got.Name != "Ada" || got.Role != canvas.RoleModerator || !got.Until.Equal(time0.Now().Add(6*time.Minute)) || got.Login == "" {
		t.Errorf("got %+v, %v", got, err)
	}
	other := strings.Repeat("x", MinTokenSecret)
	tokens.UseTokenSecret(other)
	if _, err := tokens.Verify(openidtest.Signed(t, jose.HS256, []byte(tokenSecret), "", tokenClaims(nil))); err == nil {
		t.Error("the secret before is still accepted")
	}
	if _, err := tokens.Verify(openidtest.Signed(t, jose.HS256, []byte(other), "", tokenClaims(nil))); err != nil {
		t.Error(err)
	}
	tokens.UseTokenSecret("")
	if _, err := tokens.Verify(openidtest.HandSigned(`{"alg":"HS256"}`, tokenClaims(nil), nil)); err == nil {
		t.Error("an empty secret is accepted")
	}
}

// TestTokens_Refused: each of these tokens is refused, whether tokens are signed with a secret or with a
// private key.
func TestTokens_Refused(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	jwk, err := json.Marshal(jose.JSONWebKey{Key: private.Public(), KeyID: "k1"})
	if err != nil {
		t.Fatal(err)
	}
	time0 := openidtest.NewClock()
	cfg := tokenConfig()
	cfg.JWKS = "http://127.0.0.1:0/keys"
	keyed := NewTokens(cfg, time0.Now)
	keyed.keys.keys, keyed.keys.got, keyed.keys.asked = []jose.JSONWebKey{{Key: private.Public(), KeyID: "k1"}}, time0.Now(), time0.Now()
	cfg.JWKS, cfg.Secret = "", tokenSecret
	shared := NewTokens(cfg, time0.Now)

	now := time0.Now().Unix()
	claims := map[string]map[string]any{
		"other issuer":      {"iss": "https://evil.example"},
		"no issuer":         {"iss": nil},
		"issuer as a list":  {"iss": []string{"https://site.example"}},
		"other audience":    {"aud": "another"},
		"no audience":       {"aud": nil},
		"other audiences":   {"aud": []string{"a", "b"}},
		"over":              {"exp": now - 61},
		"no end":            {"exp": nil},
		"end is a text":     {"exp": "never"},
		"not yet":           {"nbf": now + 61},
		"made in future":    {"iat": now + 61},
		"no subject":        {"sub": nil},
		"endless subject":   {"sub": strings.Repeat("x", 256)},
		"subject by e-mail": {"sub": nil, "email": "u1@site.example"},
	}
	for what, changes := range claims {
		if _, err := shared.Verify(openidtest.Signed(t, jose.HS256, []byte(tokenSecret), "", tokenClaims(changes))); err == nil {
			t.Errorf("secret: %s: accepted", what)
		}
		if _, err := keyed.Verify(openidtest.Signed(t, jose.RS256, private, "k1", tokenClaims(changes))); err == nil {
			t.Errorf("keys: %s: accepted", what)
		}
	}
	good := openidtest.Signed(t, jose.RS256, private, "k1", tokenClaims(nil))
	if _, err := keyed.Verify(good); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	forged := map[string]string{
		"none":                   openidtest.HandSigned(`{"alg":"none"}`, tokenClaims(nil), nil),
		"none without signature": strings.TrimRight(openidtest.HandSigned(`{"alg":"none"}`, tokenClaims(nil), nil), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"),
		"NONE":                   openidtest.HandSigned(`{"alg":"NONE"}`, tokenClaims(nil), nil),
		"no algorithm":           openidtest.HandSigned(`{}`, tokenClaims(nil), []byte(tokenSecret)),
		"HS256 of public PEM":    openidtest.HandSigned(`{"alg":"HS256","kid":"k1"}`, tokenClaims(nil), public),
		"HS256 of public DER":    openidtest.HandSigned(`{"alg":"HS256","kid":"k1"}`, tokenClaims(nil), der),
		"HS256 of JWK":           openidtest.HandSigned(`{"alg":"HS256","kid":"k1"}`, tokenClaims(nil), jwk),
		"own key in the header":  openidtest.HandSigned(`{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}`, tokenClaims(nil), []byte{0, 0, 0}),
		"key at a URL":           openidtest.HandSigned(`{"alg":"HS256","jku":"http://127.0.0.1:1/"}`, tokenClaims(nil), []byte("x")),
		"critical extension":     openidtest.HandSigned(`{"alg":"HS256","crit":["b64"],"b64":false}`, tokenClaims(nil), []byte(tokenSecret)),
		"wrong secret":           openidtest.Signed(t, jose.HS256, []byte(strings.Repeat("y", 32)), "", tokenClaims(nil)),
		"HS512":                  openidtest.Signed(t, jose.HS512, []byte(strings.Repeat(tokenSecret, 2)), "", tokenClaims(nil)),
		"stranger's key":         openidtest.Signed(t, jose.RS256, stranger, "k1", tokenClaims(nil)),
		"stranger's key by name": openidtest.Signed(t, jose.RS256, stranger, "k2", tokenClaims(nil)),
		"changed":                parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"root"}`)) + "." + parts[2],
		"no signature":           parts[0] + "." + parts[1] + ".",
		"JSON form":              `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
		"two dots more":          good + "..",
		"too long":               good + strings.Repeat("A", MaxToken),
		"nothing":                "",
		"spaces":                 "  ",
	}
	for what, raw := range forged {
		for kind, tokens := range map[string]*Tokens{"secret": shared, "keys": keyed} {
			if got, err := tokens.Verify(raw); err == nil {
				t.Errorf("%s: %s: accepted as %+v", kind, what, got)
			}
		}
	}
	if _, err := shared.Verify(good); err == nil {
		t.Error("a secret accepts a signature by key")
	}
}

func TestTokens_ClocksMayDiffer(t *testing.T) {
	time0 := openidtest.NewClock()
	cfg := tokenConfig()
	cfg.Secret = tokenSecret
	tokens, now := NewTokens(cfg, time0.Now), time0.Now().Unix()
	for what, changes := range map[string]map[string]any{
		"ended a minute ago": {"exp": now - 60}, "begins in a minute": {"nbf": now + 60}, "made in a minute": {"iat": now + 60},
	} {
		if _, err := tokens.Verify(openidtest.Signed(t, jose.HS256, []byte(tokenSecret), "", tokenClaims(changes))); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestTokens_EveryKind: the kinds of keys that sites have.
func TestTokens_EveryKind(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edward, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	time0 := openidtest.NewClock()
	site := newKeySite(t,
		jose.JSONWebKey{Key: rsaKey.Public(), KeyID: "r"}, jose.JSONWebKey{Key: curve.Public(), KeyID: "e"}, jose.JSONWebKey{Key: edward.Public(), KeyID: "d", Algorithm: "EdDSA"},
		jose.JSONWebKey{Key: []byte(tokenSecret), KeyID: "o"},
	)
	tokens := site.tokens(time0)
	if err := tokens.keys.fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		algorithm jose.SignatureAlgorithm
		key       any
		id        string
		ok        bool
	}{
		{jose.RS256, rsaKey, "r", true}, {jose.RS512, rsaKey, "r", true}, {jose.PS256, rsaKey, "r", true}, {jose.ES256, curve, "e", true}, {jose.EdDSA, edward, "d", true},
		{jose.RS256, rsaKey, "", true}, {jose.ES256, curve, "", true},
		{jose.RS256, rsaKey, "e", false}, {jose.HS256, []byte(tokenSecret), "o", false}, {jose.HS256, []byte(tokenSecret), "", false},
	} {
		if _, err := tokens.Verify(openidtest.Signed(t, test.algorithm, test.key, test.id, tokenClaims(nil))); (err == nil) != test.ok {
			t.Errorf("%s by %q: %v", test.algorithm, test.id, err)
		}
	}
}

// keySite serves a site's keys.
type keySite struct {
	*httptest.Server
	asked atomic.Int64
	keys  atomic.Pointer[[]jose.JSONWebKey] // nil: the site fails
}

func newKeySite(t *testing.T, keys ...jose.JSONWebKey) *keySite {
	site := new(keySite)
	site.keys.Store(&keys)
	site.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		site.asked.Add(1)
		keys := site.keys.Load()
		if keys == nil {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": *keys})
	}))
	t.Cleanup(site.Close)
	return site
}

func (s *keySite) tokens(time0 *openidtest.Clock) *Tokens {
	cfg := tokenConfig()
	cfg.JWKS = s.URL
	return NewTokens(cfg, time0.Now)
}

// TestJWKS_Rotation: a key that is new is fetched when a token names it, at most every keysAtMost.
func TestJWKS_Rotation(t *testing.T) {
	_, before, _ := ed25519.GenerateKey(rand.Reader)
	_, after, _ := ed25519.GenerateKey(rand.Reader)
	time0 := openidtest.NewClock()
	site := newKeySite(t, jose.JSONWebKey{Key: before.Public(), KeyID: "before"})
	tokens := site.tokens(time0)
	old, fresh := openidtest.Signed(t, jose.EdDSA, before, "before", tokenClaims(nil)), openidtest.Signed(t, jose.EdDSA, after, "after", tokenClaims(nil))
	if _, err := tokens.Verify(old); !errors.Is(err, ErrNotYet) {
		t.Errorf("before the keys have come: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { tokens.keys.run(ctx, slog.New(slog.DiscardHandler)) })
	defer running.Wait()
	defer stop()
	await(t, func() bool { _, err := tokens.Verify(old); return err == nil })

	site.keys.Store(&[]jose.JSONWebKey{{Key: after.Public(), KeyID: "after"}})
	for range 100 {
		if _, err := tokens.Verify(fresh); err == nil || errors.Is(err, ErrNotYet) {
			t.Fatalf("soon after the keys have come: %v", err)
		}
	}
	time0.Pass(keysAtMost)
	await(t, func() bool { _, err := tokens.Verify(fresh); return err == nil })
	if _, err := tokens.Verify(old); err == nil {
		t.Error("the key before is still accepted")
	}
	if asked := site.asked.Load(); asked != 2 {
		t.Errorf("asked %d times", asked)
	}

	site.keys.Store(nil)
	if err := tokens.keys.fetch(ctx); err == nil {
		t.Error("the site has failed without an error")
	}
	if _, err := tokens.Verify(fresh); err != nil {
		t.Errorf("while the site is away: %v", err)
	}
	time0.Pass(keysLast + time.Second)
	if _, err := tokens.Verify(fresh); !errors.Is(err, ErrNotYet) {
		t.Errorf("after a day: %v", err)
	}
}

func TestJWKS_WhatItDoesNotTake(t *testing.T) {
	weakKey := `{"kty":"RSA","kid":"w","e":"AQAB","n":"` + base64.RawURLEncoding.EncodeToString(append([]byte{0x80}, make([]byte, 127)...)) + `"}`
	for what, body := range map[string]string{
		"too much": `{"keys":[` + strings.Repeat(" ", MaxAnswer) + `]}`, "no JSON": "<html>", "nothing": `{"keys":[]}`, "a weak key": `{"keys":[` + weakKey + `]}`,
		"a secret": `{"keys":[{"kty":"oct","k":"AAAA"}]}`, "another kind": `{"keys":[{"kty":"future"}, 7, null]}`,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		keys := newJWKS(server.URL, time.Now)
		if err := keys.fetch(t.Context()); err == nil {
			t.Errorf("%s: taken as %v", what, keys.keys)
		}
		server.Close()
	}
}

// await waits until something is so.
func await(t *testing.T, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not come about")
		}
	}
}

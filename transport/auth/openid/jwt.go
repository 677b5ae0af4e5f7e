package openid

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"pixelplayground/actors/canvas"
)

// TokenConfig is whose tokens are accepted: those of a site that shows the canvas to people it knows.
type TokenConfig struct {
	JWKS     string // URL of the public keys; empty: there is a secret
	Secret   string // for HS256, at least MinTokenSecret bytes. UseTokenSecret replaces it
	Issuer   string
	Audience string
	Roles    Roles
}

// On reports whether any token is accepted.
func (c TokenConfig) On() bool { return c.JWKS != "" || c.Secret != "" }

const (
	// MinTokenSecret is the minimum length of a secret for tokens, in bytes: as long as the hash that is
	// made with it (RFC 7518, section 3.2).
	MinTokenSecret = 32
	// MaxToken bounds a token, in bytes. It has to fit into a header, and into HELLO.
	MaxToken = 8 << 10
)

// CheckTokenSecret says what is wrong with a secret, and does not show it.
func CheckTokenSecret(secret string) error {
	if len(secret) < MinTokenSecret {
		return fmt.Errorf("must have at least %d characters", MinTokenSecret)
	}
	return nil
}

// Tokens verifies JSON Web Tokens (RFC 7519). It asks nobody: the keys are fetched beforehand.
type Tokens struct {
	cfg    TokenConfig
	secret atomic.Pointer[string]
	keys   *jwks // nil: there is a secret
	now    func() time.Time
}

// NewTokens makes Tokens and asks nobody.
func NewTokens(cfg TokenConfig, now func() time.Time) *Tokens {
	t := &Tokens{cfg: cfg, now: now}
	t.UseTokenSecret(cfg.Secret)
	if cfg.JWKS != "" {
		t.keys = newJWKS(cfg.JWKS, now)
	}
	return t
}

// UseTokenSecret replaces the secret. It has no effect where there are public keys.
func (t *Tokens) UseTokenSecret(secret string) { t.secret.Store(&secret) }

// algorithms are those that a token may be signed with. None is for both a secret and a public key, so
// that nobody can sign with a public key as if it were the secret.
func (t *Tokens) algorithms() []jose.SignatureAlgorithm {
	if t.keys == nil {
		return []jose.SignatureAlgorithm{jose.HS256}
	}
	return []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA}
}

// Said is what a valid token says.
type Said struct {
	Subject, Name, Login string
	Role                 canvas.Role
	Issued, Until        time.Time
}

// Verify returns what a token says if it is for this canvas. An error that wraps errNotYet says that
// this can't be known yet.
func (t *Tokens) Verify(raw string) (Said, error) {
	if len(raw) > MaxToken {
		return Said{}, errors.New("the token is too long")
	}
	token, err := jwt.ParseSigned(raw, t.algorithms())
	if err != nil {
		return Said{}, fmt.Errorf("read the token: %w", err)
	}
	var standard jwt.Claims
	var claims Claims
	if err := t.opened(token, &standard, &claims); err != nil {
		return Said{}, err
	}
	expected := jwt.Expected{Issuer: t.cfg.Issuer, AnyAudience: jwt.Audience{t.cfg.Audience}, Time: t.now()}
	switch err := standard.ValidateWithLeeway(expected, ClockSkew); {
	case err != nil:
		return Said{}, fmt.Errorf("verify the token: %w", err)
	case t.cfg.Issuer == "" || t.cfg.Audience == "":
		return Said{}, errors.New("no issuer and audience are expected")
	case standard.Expiry == nil:
		return Said{}, errors.New("the token has no end")
	case standard.Subject == "" || len(standard.Subject) > MaxSubject:
		return Said{}, errors.New("the token names no account")
	}
	sum := sha256.Sum256([]byte(raw))
	return Said{
		Subject: standard.Subject, Name: claims.Name(), Role: t.cfg.Roles.Of(claims),
		Login: "jwt/" + hex.EncodeToString(sum[:16]), Issued: issuedOf(standard), Until: standard.Expiry.Time().Add(ClockSkew),
	}, nil
}

// issuedOf is when a token was issued, or what of it tells which of two of one issuer is the later.
func issuedOf(claims jwt.Claims) time.Time {
	switch {
	case claims.IssuedAt != nil:
		return claims.IssuedAt.Time()
	case claims.NotBefore != nil:
		return claims.NotBefore.Time()
	}
	return claims.Expiry.Time()
}

// opened verifies a token's signature and reads what it says.
func (t *Tokens) opened(token *jwt.JSONWebToken, into ...any) error {
	if len(token.Headers) != 1 {
		return errors.New("the token has more than one signature")
	}
	if t.keys == nil {
		secret := *t.secret.Load()
		if CheckTokenSecret(secret) != nil {
			return errors.New("there is no secret")
		}
		return token.Claims([]byte(secret), into...)
	}
	keys, err := t.keys.named(token.Headers[0].KeyID, token.Headers[0].Algorithm)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err = token.Claims(key, into...); err == nil {
			return nil
		}
	}
	return fmt.Errorf("verify the token: %w", err)
}

// Run fetches the keys of the site until ctx ends, if it has any.
func (t *Tokens) Run(ctx context.Context, log *slog.Logger) {
	if t.keys != nil {
		t.keys.run(ctx, log)
	}
}

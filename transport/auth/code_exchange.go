package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"pixelplayground/transport/auth/openid"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// exchange asks the issuer whose code it is. It returns the account's session and its ID token. An
// *AwayError says that the issuer did not answer.
func (s *SignIn) exchange(ctx context.Context, going pending, code string) (account session, raw string, err error) {
	of, err := s.issuer.Get(ctx)
	if err != nil {
		return account, "", err
	}
	ctx, cancel := context.WithTimeout(s.issuer.Client(ctx), 2*openid.AskTimeout)
	defer cancel()
	tokens, err := s.client(of, going.Redirect).Exchange(ctx, code, oauth2.VerifierOption(going.Verifier))
	if err != nil {
		return account, "", awayIf(err)
	}
	raw, _ = tokens.Extra("id_token").(string)
	if raw == "" {
		return account, "", errors.New("the answer has no ID token")
	}
	// The library leaves no room for clocks that differ when a token ends, five minutes when it begins.
	checks := &oidc.Config{ClientID: s.cfg.ClientID, Now: func() time.Time { return s.now().Add(-openid.ClockSkew) }}
	token, err := of.Verifier(checks).Verify(ctx, raw)
	if err != nil {
		return account, "", fmt.Errorf("verify the ID token: %w", err)
	}
	claims, err := s.claimsOf(token, going.Nonce, tokens.AccessToken)
	if err != nil {
		return account, "", err
	}
	if claims, err = s.withUserInfo(ctx, of, tokens, claims); err != nil {
		return account, "", err
	}
	return session{ID: random(), Issuer: s.cfg.Issuer, Subject: token.Subject, Name: claims.Name(), Role: uint8(s.cfg.Roles.Of(claims)), At: s.now().UnixMilli()}, raw, nil
}

// awayIf tells an issuer that did not answer from one that refused.
func awayIf(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response.StatusCode < http.StatusInternalServerError {
		return fmt.Errorf("exchange the code: %w", err)
	}
	return &openid.AwayError{Why: err, Retry: openid.FirstPause}
}

// claimsOf checks what the library leaves to us (OpenID Connect Core, section 3.1.3.7), and reads the
// claims.
func (s *SignIn) claimsOf(token *oidc.IDToken, nonce, access string) (claims openid.Claims, err error) {
	if err := token.Claims(&claims); err != nil {
		return nil, fmt.Errorf("read the ID token: %w", err)
	}
	party, stated := claims["azp"]
	switch {
	case nonce == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1:
		return nil, errors.New("the ID token was made for another sign-in")
	case stated && party != any(s.cfg.ClientID), !stated && len(token.Audience) > 1:
		return nil, errors.New("the ID token was made for another client")
	case token.Subject == "" || len(token.Subject) > openid.MaxSubject:
		return nil, errors.New("the ID token names no account")
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(access); err != nil {
			return nil, fmt.Errorf("verify the access token: %w", err)
		}
	}
	return claims, nil
}

// withUserInfo adds what only the issuer's userinfo says, if the claim that gives the role, or a name,
// is not in the ID token. What the token says counts.
func (s *SignIn) withUserInfo(ctx context.Context, of *openid.Discovered, tokens *oauth2.Token, claims openid.Claims) (openid.Claims, error) {
	_, known := claims.At(s.cfg.Roles.Claim)
	if of.UserInfo == "" || (known || s.cfg.Roles.Claim == "") && claims.Name() != "" {
		return claims, nil
	}
	info, err := of.Provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		return nil, &openid.AwayError{Why: fmt.Errorf("ask for the userinfo: %w", err), Retry: openid.FirstPause}
	}
	var more openid.Claims
	if err := info.Claims(&more); err != nil {
		return nil, fmt.Errorf("read the userinfo: %w", err)
	}
	if more.Text("sub") != claims.Text("sub") { // section 5.3.2: else it may be another's
		return nil, errors.New("the userinfo is about another account")
	}
	maps.Copy(more, claims)
	return more, nil
}

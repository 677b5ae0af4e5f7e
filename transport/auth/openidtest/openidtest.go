// Package openidtest runs a real OpenID provider for tests, zitadel/oidc, and signs in to it as a
// person would. The module in server says which accounts and clients it has.
package openidtest

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"pixelplayground/cmd/commandline/programtest"
)

// What every provider has.
const (
	ClientID, ClientInToken = "canvas", "canvas-id" // the groups are in userinfo; in the ID token
	ClientSecret            = "secret"
	Moderator               = "test-user@127.0.0.1" // in the groups artists and moderators
	Member                  = "test-user2"          // in none, and with the same e-mail address
	Password                = "verysecure"
)

// Provider is a process. Its methods are for the test's goroutine.
type Provider struct {
	Issuer string
	*programtest.Program
}

// Start runs a provider until the test ends.
func Start(t testing.TB) *Provider {
	t.Helper()
	program := programtest.Start(t, dir, arguments)
	return &Provider{"http://" + program.Address, program}
}

// StartAgain runs it where it was before it was killed.
func (p *Provider) StartAgain(t testing.TB) {
	t.Helper()
	p.Program = programtest.StartAt(t, dir, p.Address, arguments)
}

// dir is where the provider is in this module.
const dir = "transport/auth/openidtest/server"

func arguments(address string) []string { return []string{address} }

// SignIn fills in the provider's form at the address that a canvas has sent a browser to. It returns
// where the provider sends the browser then: back to the canvas.
func SignIn(browser *http.Client, authorise, account string) (callback string, err error) {
	still := *browser
	still.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	form, _, err := step(still.Get(authorise))
	if err != nil {
		return "", err
	}
	page, body, err := step(still.Get(form))
	if err != nil {
		return "", err
	}
	id := regexp.MustCompile(`name="id" value="([^"]*)"`).FindStringSubmatch(body)
	if id == nil {
		return "", fmt.Errorf("there is no form at %s: %s", page, body)
	}
	next, body, err := step(still.PostForm(form, url.Values{"username": {account}, "password": {Password}, "id": {id[1]}}))
	if err != nil || next == "" {
		return "", fmt.Errorf("the form was refused: %s %w", body, err)
	}
	callback, _, err = step(still.Get(next))
	return callback, err
}

// step reads an answer, and where it leads.
func step(answer *http.Response, err error) (next, body string, _ error) {
	if err != nil {
		return "", "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", "", err
	}
	if answer.StatusCode >= http.StatusBadRequest {
		return "", "", fmt.Errorf("status %s: %s", answer.Status, text)
	}
	if to, err := answer.Location(); err == nil {
		next = to.String()
	}
	return next, string(text), nil
}

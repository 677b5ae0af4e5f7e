// Command server is an OpenID provider for tests: zitadel/oidc with the storage and the login form of
// its example. It ends when stdin does.
//
// Its accounts are test-user2 and, with the same e-mail address and in the groups artists and
// moderators, test-user@127.0.0.1; the password of both is verysecure. The client canvas gets the groups
// from userinfo, the client canvas-id in the ID token; the secret of both is secret.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: server HOST:PORT")
		os.Exit(2)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	issuer := "http://" + os.Args[1]
	users := storage.NewUserStore(issuer)
	users.GetUserByID("id2").Email = users.GetUserByID("id1").Email
	kept := storage.NewStorageWithClients(users, map[string]*storage.Client{
		"canvas": storage.WebClient("canvas", "secret"), "canvas-id": storage.WebClient("canvas-id", "secret"),
	})
	slog.SetLogLoggerLevel(slog.LevelWarn)
	handler := exampleop.SetupServer(issuer, provider{kept}, nil, false)
	if err := http.ListenAndServe(os.Args[1], handler); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// provider is the example's storage with groups, and with clients at any port of this computer.
type provider struct{ *storage.Storage }

// client is one of its clients.
type client struct{ op.Client }

func (client) RedirectURIs() []string               { return nil }
func (client) PostLogoutRedirectURIs() []string     { return nil }
func (client) RedirectURIGlobs() []string           { return []string{"http://127.*:*/auth/callback"} }
func (client) PostLogoutRedirectURIGlobs() []string { return []string{"http://127.*:*/"} }
func (c client) IDTokenUserinfoClaimsAssertion() bool {
	return c.GetID() == "canvas-id"
}

func (p provider) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	found, err := p.Storage.GetClientByClientID(ctx, id)
	if err != nil {
		return nil, err
	}
	return client{found}, nil
}

func (p provider) SetUserinfoFromRequest(ctx context.Context, info *oidc.UserInfo, token op.IDTokenRequest, scopes []string) error {
	return withGroups(info, p.Storage.SetUserinfoFromRequest(ctx, info, token, scopes))
}

func (p provider) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, tokenID, subject, origin string) error {
	return withGroups(info, p.Storage.SetUserinfoFromToken(ctx, info, tokenID, subject, origin))
}

func withGroups(info *oidc.UserInfo, err error) error {
	if err == nil && info.Subject == "id1" {
		info.AppendClaims("groups", []string{"artists", "moderators"})
	}
	return err
}

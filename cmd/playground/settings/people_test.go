package settings

import (
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pixelplayground/transport/auth/openid"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/auth"
)

// provider are the settings that let people sign in.
func provider(more ...string) []string {
	return append([]string{"--oidc-issuer", "https://id.example", "--oidc-client-id", "canvas", "--oidc-client-secret", "hush"}, more...)
}

// tokens are the settings with which tokens are taken.
func tokens(more ...string) []string {
	return append([]string{"--jwt-secret", strings.Repeat("s", 32), "--jwt-issuer", "i", "--jwt-audience", "a"}, more...)
}

func TestPeople_Refusals(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--oidc-issuer", "id.example"}, `--oidc-issuer "id.example": must be a URL with https:// (or http://), without user, query and fragment, for example --oidc-issuer https://accounts.google.com`},
		{[]string{"--oidc-issuer", "https://id.example"}, `--oidc-client-id "": must be set with oidc-issuer, for example --oidc-client-id canvas`},
		{[]string{"--oidc-client-secret", "hush"}, `--oidc-issuer "": must be set for people to sign in, for example --oidc-issuer https://accounts.google.com`},
		{provider("--public-url", "https://me:hush@example.org/"), `--public-url "https://***@example.org/": must be a URL with https:// (or http://), without user, query and fragment, for example --public-url https://example.org/`},
		{provider("--public-url", "javascript:alert(1)"), `--public-url "javascript:alert(1)": must be a URL with https:// (or http://), without user, query and fragment, for example --public-url https://example.org/`},
		{provider("--sign-in-lasts", "5s"), `--sign-in-lasts "5s": must be a minute or more, for example --sign-in-lasts 24h`},
		{provider("--sign-in-lasts", "1000h"), `--sign-in-lasts "1000h": must be a time with its unit, more than 0 and at most 744h, for example --sign-in-lasts 24h`},
		{provider("--moderators", "mods"), `--roles-claim "": must name the claim that the members, moderators and owners are known by, for example --roles-claim groups`},
		{[]string{"--jwt-secret", "short"}, `--jwt-secret "(hidden)": must have at least 32 characters, for example --jwt-secret $(openssl rand -hex 32)`},
		{tokens("--jwt-jwks", "https://site.example/keys"), `--jwt-jwks "https://site.example/keys": must not be given with a secret: tokens are signed in one way, for example --jwt-jwks https://example.org/.well-known/jwks.json`},
		{tokens("--jwt-issuer", ""), `--jwt-issuer "": must say whose tokens are taken, for example --jwt-issuer https://example.org`},
		{tokens("--jwt-audience", ""), `--jwt-audience "": must say for whom the tokens are made, for example --jwt-audience canvas`},
		{[]string{"--jwt-jwks", "https://site.example/keys"}, `--jwt-issuer "": must say whose tokens are taken, for example --jwt-issuer https://example.org`},
		{[]string{"--jwt-issuer", "i"}, `--jwt-jwks "": must say where the keys of the tokens are, or jwt-secret what it is, for example --jwt-jwks https://example.org/.well-known/jwks.json`},
	} {
		if _, err := Read(test.args, io.Discard); err == nil || err.Error() != test.want {
			t.Errorf("%q:\ngot  %v\nwant %s", test.args, err, test.want)
		}
	}
}

func TestPeople_Read(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Read([]string{
		"--oidc-issuer", "https://id.example/realms/art", "--oidc-client-id", "canvas", "--oidc-client-secret-file", secret, "--oidc-scopes", "profile, groups", "--sign-in-lasts", "8h",
		"--public-url", "https://example.org/canvas", "--roles-claim", "realm_access.roles", "--members", "m,n", "--moderators", "mods", "--owners", "own", "--sign-in", "required", "--draw", "moderator",
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	roles := openid.Roles{Claim: "realm_access.roles", Members: []string{"m", "n"}, Moderators: []string{"mods"}, Owners: []string{"own"}}
	got := c.People()
	if got.SignIn.PublicURL == nil || got.SignIn.PublicURL.String() != "https://example.org/canvas" {
		t.Errorf("public URL %v", got.SignIn.PublicURL)
	}
	got.SignIn.PublicURL = nil
	want := auth.SignInConfig{Issuer: "https://id.example/realms/art", ClientID: "canvas", ClientSecret: "from a file", Scopes: []string{"profile", "groups"}, Roles: roles, Lasts: 8 * time.Hour}
	if !reflect.DeepEqual(got.SignIn, want) || got.Rights != (auth.Rights{Draw: canvas.RoleModerator, Watch: canvas.RoleMember}) || c.Persons.ClientSecretFile.Path != secret {
		t.Errorf("got %+v", got)
	}
	for _, test := range []struct {
		args []string
		want auth.Rights
	}{
		{tokens(), auth.Rights{}}, {tokens("--sign-in", "required"), auth.Rights{Draw: canvas.RoleMember, Watch: canvas.RoleMember}},
		{[]string{"--draw", "member"}, auth.Rights{Draw: canvas.RoleMember}}, {[]string{"--watch", "member"}, auth.Rights{Watch: canvas.RoleMember}},
	} {
		if c, err := Read(test.args, io.Discard); err != nil || c.Persons.Rights != test.want {
			t.Errorf("%q: got %+v, %v", test.args, c.Persons.Rights, err)
		}
	}
}

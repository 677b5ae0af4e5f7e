package openid

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"pixelplayground/actors/canvas"
)

// fixture reads what an issuer says of an account: the shape is the usual one of the issuer that the
// file is named after, as its documentation shows it.
func fixture(t *testing.T, name string) (claims Claims) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "claims", name+".json"))
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestRoles_ShapesOfIssuers(t *testing.T) {
	for _, test := range []struct {
		shape, claim, value, name string
		want                      bool
	}{
		{"keycloak", "realm_access.roles", "canvas-moderator", "Ada Lovelace", true},
		{"keycloak", "resource_access.canvas.roles", "painter", "Ada Lovelace", true},
		{"keycloak", "resource_access.canvas.roles", "manage-account", "Ada Lovelace", false},
		{"keycloak", "groups", "/staff/moderators", "Ada Lovelace", true},
		{"keycloak", "groups", "moderators", "Ada Lovelace", false},
		{"dex", "groups", "example-org:moderators", "Kilgore Trout", true},
		{"dex", "groups", "example-org", "Kilgore Trout", false},
		{"authelia", "groups", "admins", "", false},
		{"authelia_userinfo", "groups", "admins", "John Doe", true},
		{"google", "hd", "example.org", "Jo Smith", true},
		{"google", "groups", "example.org", "Jo Smith", false},
		{"google", "email_verified", "true", "Jo Smith", true},
		{"entra", "roles", "Canvas.Moderate", "Abe Lincoln", true},
		{"entra", "groups", "3b2b0c93-acd8-4208-8eba-7a48db1cd4c0", "Abe Lincoln", true},
		{"entra_overage", "groups", "src1", "Abe Lincoln", false},
	} {
		claims := fixture(t, test.shape)
		mapping := Roles{Claim: test.claim, Members: []string{"nobody"}, Moderators: []string{test.value}}
		if got := mapping.Of(claims) == canvas.RoleModerator; got != test.want {
			t.Errorf("%s: %s has %q: got %v", test.shape, test.claim, test.value, got)
		}
		if got := claims.Name(); got != test.name {
			t.Errorf("%s: is called %q", test.shape, got)
		}
	}
}

func TestRoles_Of(t *testing.T) {
	mapping := Roles{Claim: "groups", Members: []string{"m", "m2"}, Moderators: []string{"mod"}, Owners: []string{"own"}}
	for _, test := range []struct {
		claims string
		want   canvas.Role
	}{
		{`{}`, canvas.RoleGuest},
		{`{"groups": "m"}`, canvas.RoleMember},
		{`{"groups": "a m2 b"}`, canvas.RoleMember},
		{`{"groups": "a mm b"}`, canvas.RoleGuest},
		{`{"groups": ["m", "mod", "own"]}`, canvas.RoleOwner},
		{`{"groups": ["mod own"]}`, canvas.RoleGuest}, // one group whose name has a space
		{`{"groups": {"mod": {"organisation": "x"}}}`, canvas.RoleModerator},
		{`{"groups": [["own"], 7, null, {"own": 1}]}`, canvas.RoleGuest},
		{`{"groups": null}`, canvas.RoleGuest},
		{`{"groups": 1}`, canvas.RoleGuest},
		{`{"Groups": "own"}`, canvas.RoleGuest},
	} {
		var claims Claims
		if err := json.Unmarshal([]byte(test.claims), &claims); err != nil {
			t.Fatal(err)
		}
		if got := mapping.Of(claims); got != test.want {
			t.Errorf("%s: got %s", test.claims, got)
		}
	}
	if got := (Roles{}).Of(Claims{"": "x"}); got != canvas.RoleMember {
		t.Errorf("without a mapping: got %s", got)
	}
	if got := (Roles{Moderators: []string{""}}).Of(Claims{"": ""}); got != canvas.RoleMember {
		t.Errorf("without a claim: got %s", got)
	}
}

func TestClaims_At(t *testing.T) {
	var claims Claims
	if err := json.Unmarshal([]byte(`{"a": {"b": {"c": 1}, "b.c": 2}, "https://example.org/roles": 3, "https://example.org/x": {"y": 4}, "a.b": {"d": 5}}`), &claims); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]any{
		"a.b.c": 2., "https://example.org/roles": 3., "https://example.org/x.y": 4., "a.b.d": 5.,
		"a.b.e": nil, "": nil, ".": nil, "a.": nil, ".a": nil, "a..b": nil,
	} {
		if got, _ := claims.At(path); got != want {
			t.Errorf("%q: got %v", path, got)
		}
	}
}

package auth

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"pixelplayground/transport/auth/openidtest"
)

// The page reads these names: web/js/people/me.js, web/js/keys/keys.js.
func TestShown_IsWhatThePageReads(t *testing.T) {
	w := newTown(t, openidtest.Start(t).Issuer)
	g, b := w.gateway(), browser(t)
	fields := func(method, path, body string, status int) map[string]any {
		t.Helper()
		answer := ask(t, b, method, g.URL+path, body, "Content-Type", "application/json")
		var said map[string]any
		if err := json.Unmarshal([]byte(answer.body), &said); err != nil || answer.StatusCode != status {
			t.Fatalf("%s %s: %s: %s", method, path, answer.Status, answer.body)
		}
		if path == "/api/me" && answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("a cache may keep who somebody is: %v", answer.Header)
		}
		return said
	}
	check := func(said map[string]any, want map[string]any) {
		t.Helper()
		for name, value := range want {
			if got, there := said[name]; got != value || !there && value != nil {
				t.Errorf("%s is %v, want %v", name, got, value)
			}
		}
	}
	check(fields("GET", "/api/me", "", http.StatusOK), map[string]any{
		"kind": "program", "role": "guest", "name": "", "draws": true, "watches": true, "signedIn": false, "signIn": "auth/login", "signOut": nil, "keys": false, "until": nil,
	})
	signIn(t, b, g, openidtest.Moderator, "")
	me := fields("GET", "/api/me", "", http.StatusOK)
	check(me, map[string]any{
		"kind": "account", "role": "moderator", "name": "Test User", "draws": true, "watches": true, "signedIn": true, "signIn": "auth/login", "signOut": "auth/logout", "keys": true,
	})
	pace, _ := me["pace"].(map[string]any)
	check(pace, map[string]any{"rate": w.cfg.Pace.Rate, "burst": float64(w.cfg.Pace.Burst)})
	near := func(what string, ms any, want time.Time) {
		t.Helper()
		if got, _ := ms.(float64); time.UnixMilli(int64(got)).Sub(want).Abs() > time.Second {
			t.Errorf("%s is %v, want %v", what, ms, want)
		}
	}
	near("until", me["until"], w.clock.Now().Add(w.cfg.SignIn.Lasts))

	until := w.clock.Now().Add(24 * time.Hour)
	wanted, _ := json.Marshal(map[string]any{"name": "Clock", "scopes": []string{"draw"}, "until": until.UnixMilli()})
	made := fields("POST", "/api/keys", string(wanted), http.StatusCreated)
	if key, _ := made["key"].(string); !strings.HasPrefix(key, "pp_") {
		t.Errorf("made %v", made)
	}
	keys, _ := fields("GET", "/api/keys", "", http.StatusOK)["keys"].([]any)
	if len(keys) != 1 {
		t.Fatalf("%d keys", len(keys))
	}
	listed, _ := keys[0].(map[string]any)
	check(listed, map[string]any{"id": made["id"], "name": "Clock", "key": nil, "hash": nil})
	near("created", listed["created"], w.clock.Now())
	near("until of the key", listed["until"], until)
	past, _ := json.Marshal(map[string]any{"name": "Clock", "scopes": []string{"draw"}, "until": 1})
	fields("POST", "/api/keys", string(past), http.StatusBadRequest)
	fields("DELETE", "/api/keys/"+made["id"].(string), "", http.StatusOK)
	if keys, _ := fields("GET", "/api/keys", "", http.StatusOK)["keys"].([]any); len(keys) != 0 {
		t.Errorf("%d keys after revoking", len(keys))
	}
}

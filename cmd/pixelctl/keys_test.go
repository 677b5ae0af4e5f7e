package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// operated is a server that says what it was asked by who has the token.
func operated(t *testing.T, answers map[string]string) (url string, asked *[]string) {
	t.Helper()
	asked = new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer 0123456789abcdef" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"That is not the token"}`)
			return
		}
		*asked = append(*asked, r.Method+" "+r.URL.Path+" "+strings.TrimSpace(string(body)))
		fmt.Fprint(w, answers[r.Method+" "+r.URL.Path])
	}))
	t.Cleanup(server.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return server.URL, asked
}

func TestKeys(t *testing.T) {
	url, asked := operated(t, map[string]string{
		"POST /admin/api/keys": `{"id":"abcdefghijklmnop","key":"pp_secret","name":"Clock","scopes":["draw"],"user":"b0123456789a","created":1796040000000}`,
		"GET /admin/api/keys": `{"keys":[{"id":"abcdefghijklmnop","name":"Clock","scopes":["draw"],"user":"b0123456789a","created":1796040000000,"rate":2.5,"burst":10},
			{"id":"ponmlkjihgfedcba","name":"Wall","scopes":["watch"],"user":"b0123456789b","owner":"00ff","created":1796040060000,"until":1796050000000,"lastUsed":1796040120000}]}`,
		"POST /admin/api/keys/revoke": `{"id":"abcdefghijklmnop"}`,
	})
	t.Setenv("PIXELCTL_ADMIN_TOKEN", "0123456789abcdef")
	t.Setenv("PIXELCTL_TARGET", url)

	made := start(t, nil, "keys", "create", "Clock", "--rate", "2.5", "--burst", "10")
	made.expect(t, exitDone, `key abcdefghijklmnop of "Clock"`)
	if made.out.String() != "pp_secret\n" || strings.Contains(made.err.String(), "pp_secret") {
		t.Errorf("the key alone must go to stdout: %q, %q", made.out.String(), made.err.String())
	}
	listed := start(t, nil, "keys", "list")
	listed.expect(t, exitDone, "")
	for _, line := range []string{
		"abcdefghijklmnop  Clock  b0123456789a  draw    2.5/s, 10 at once  an operator  2026-11-30 12:00  never             never",
		"ponmlkjihgfedcba  Wall   b0123456789b  watch   as its role        an account   2026-11-30 12:01  2026-11-30 14:46  2026-11-30 12:02",
	} {
		if !strings.Contains(listed.out.String(), line) {
			t.Errorf("no %q in:\n%s", line, &listed.out)
		}
	}
	start(t, nil, "keys", "revoke", "pp_abcdefghijklmnopsecretsecret").expect(t, exitDone, "key abcdefghijklmnop revoked")
	want := []string{
		`POST /admin/api/keys {"burst":10,"name":"Clock","rate":2.5,"scopes":["draw"]}`, `GET /admin/api/keys `, `POST /admin/api/keys/revoke {"id":"abcdefghijklmnop"}`,
	}
	if fmt.Sprint(*asked) != fmt.Sprint(want) {
		t.Errorf("asked %q\nwant  %q", *asked, want)
	}
	start(t, nil, "keys", "list", "--admin-token", "wrong").expect(t, exitFailed, "401 Unauthorized: That is not the token")
}

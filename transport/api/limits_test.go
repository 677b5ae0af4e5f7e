package api

import (
	"fmt"
	"net/http"
	"testing"

	"pixelplayground/transport/api/answer"
)

func TestLimits_ClientOf(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.7:1234":              "192.0.2.7/32",
		"[::ffff:192.0.2.7]:1234":     "192.0.2.7/32",
		"[2001:db8:1:2:3:4:5:6]:1234": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:1234":         "fe80::/64",
		"a pipe":                      "invalid Prefix",
		"somewhere:80":                "invalid Prefix",
	} {
		if got := fmt.Sprint(answer.ClientOf(&http.Request{RemoteAddr: remote})); got != want {
			t.Errorf("%s: got %s, want %s", remote, got, want)
		}
	}
}

package upgrade

import (
	"net/http"
	"testing"
)

func TestOrigins_AllowTheSameForHTTP(t *testing.T) {
	o := Origins{"https://friend.test"}
	for origin, want := range map[string]bool{
		"": true, "https://friend.test": true, "http://canvas.test:3000": true, "http://canvas.test": false, "https://evil.test": false,
	} {
		r := &http.Request{Host: "canvas.test:3000", Header: http.Header{"Origin": {origin}}}
		if got := o.Allow(r); got != want {
			t.Errorf("%q: %t", origin, got)
		}
	}
	if o = (Origins{"null"}); !o.allow("null", "canvas.test") || o.allow("https://evil.test", "canvas.test") {
		t.Error("null can't be allowed by itself")
	}
	if o = (Origins{"*"}); !o.allow("https://evil.test", "canvas.test") {
		t.Error("not any")
	}
}

package api

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

// timed notes which deadlines a handler sets, in order.
type timed struct {
	*httptest.ResponseRecorder
	set []string
}

func (t *timed) note(which string, at time.Time) error {
	if at.IsZero() {
		which = "no " + which
	} else if !at.After(time.Now()) {
		which = "past " + which
	}
	t.set = append(t.set, which)
	return nil
}

func (t *timed) SetReadDeadline(at time.Time) error  { return t.note("read", at) }
func (t *timed) SetWriteDeadline(at time.Time) error { return t.note("write", at) }

// TestPatience: no client can hold a request for ever, and none is cut off that goes on.
func TestPatience(t *testing.T) {
	ask := func(p *pod, method, target string, body io.Reader) []string {
		w := &timed{ResponseRecorder: httptest.NewRecorder()}
		p.ServeHTTP(w, httptest.NewRequest(method, target, body))
		return w.set
	}
	p := newPod(t)
	p.canvas.paint(0, 0, 0)
	large := newPod(t, func(c *Config) { c.Geometry = canvas.Geometry{Width: 100, Height: 100, Region: 100} })
	noise(t, large.canvas) // 190 KB as JSON: three buffers
	for _, test := range []struct {
		name string
		got  []string
		want string
	}{
		{"short answer", ask(p, "GET", "/health", http.NoBody), "write"},
		{"page", ask(p, "GET", "/", http.NoBody), "write"},
		{"body", ask(p, "PUT", "/api/pixel", strings.NewReader(`{}`)), "write, read, no read, read"},
		{"body that nobody wants", ask(p, "GET", "/health", strings.NewReader(`{}`)), "write, read"},
		{"short download", ask(p, "GET", "/api/canvas", http.NoBody), "write, write"},
		{"download", ask(large, "GET", "/api/canvas", http.NoBody), "write, write, write, write"},
	} {
		if got := strings.Join(test.got, ", "); got != test.want {
			t.Errorf("%s: deadlines are %s; want %s", test.name, got, test.want)
		}
	}
}

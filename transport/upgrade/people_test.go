package upgrade

import (
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/auth"
	"pixelplayground/transport/upgrade/upgradetest"
)

// doorkeeper lets in all but those who show a key.
type doorkeeper struct {
	mu    sync.Mutex // guards:
	asked []auth.Shown
}

func (d *doorkeeper) Identify(shown auth.Shown) (canvas.Person, *auth.Refusal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, shown)
	if len(shown.Authorization) > 0 {
		return canvas.Person{}, &auth.Refusal{Status: http.StatusUnauthorized, Text: "no such key"}
	}
	if slices.Contains(shown.Cookies, "late=1") {
		return canvas.Person{}, &auth.Refusal{Status: http.StatusServiceUnavailable, Text: "come again", Retry: 100 * time.Millisecond}
	}
	return canvas.Person{User: 7}, nil
}

// Whoever asks for a WebSocket is somebody, or is told why not: as the first request of a connection
// and as a later one.
func TestPeople_AreIdentifiedAtTheHandshake(t *testing.T) {
	people := &doorkeeper{}
	a := openAcceptor(t, func(c *Config) { c.People = people }, nil)
	headers := "Cookie: a=1; b=2\r\nCookie: c=3\r\n"
	for _, before := range []string{"", pageRequest} {
		people.asked = nil
		c := from(t, a, "127.0.0.1", before+upgradetest.HandshakeRequest(headers))
		if before != "" {
			readPage(t, c)
		}
		if status := statusOf(t, c); status != http.StatusSwitchingProtocols {
			t.Fatalf("after %q: %d", before, status)
		}
		if want := []auth.Shown{{From: netip.MustParseAddr("127.0.0.1"), Cookies: []string{"a=1; b=2", "c=3"}}}; !slices.EqualFunc(people.asked, want, sameShown) {
			t.Errorf("after %q they show %+v, want %+v", before, people.asked, want)
		}
	}
}

func sameShown(a, b auth.Shown) bool {
	return a.From == b.From && slices.Equal(a.Cookies, b.Cookies) && slices.Equal(a.Authorization, b.Authorization)
}

// readPage reads the answer to pageRequest and leaves what follows.
func readPage(t *testing.T, c net.Conn) {
	t.Helper()
	var got strings.Builder
	for b := make([]byte, 1); !strings.HasSuffix(got.String(), "page /page"); {
		if _, err := io.ReadFull(c, b); err != nil {
			t.Fatalf("%v after %q", err, got.String())
		}
		got.Write(b)
	}
}

func TestPeople_RefusedAtTheHandshake(t *testing.T) {
	a := openAcceptor(t, func(c *Config) { c.People = &doorkeeper{} }, nil)
	const question = "GET /ws?origin= HTTP/1.1\r\nHost: canvas.test\r\n"
	for header, want := range map[string]struct {
		status int
		text   string
		retry  string
	}{
		"Authorization: Bearer x\r\n": {401, "no such key", ""},
		"Cookie: late=1\r\n":          {503, "come again", "1"},
	} {
		for _, request := range []string{upgradetest.HandshakeRequest(header), question + header + "\r\n"} {
			answer := ask(t, a, request)
			text, _ := io.ReadAll(answer.Body)
			if retry := answer.Header.Get("Retry-After"); answer.StatusCode != want.status || !strings.Contains(string(text), want.text) || want.retry != "" && retry == "" {
				t.Errorf("%q: %d %q, Retry-After %q", request, answer.StatusCode, text, retry)
			}
		}
	}
	if n := a.cfg.Counters.Connections.Load(); n != 0 {
		t.Errorf("%d connections are counted", n)
	}
	if answer := ask(t, a, question+"\r\n"); answer.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("a page that would be let in is told %d", answer.StatusCode)
	}
}

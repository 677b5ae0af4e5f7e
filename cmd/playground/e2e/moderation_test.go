//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
	"pixelplayground/transport/auth/openidtest"
)

// asks sends a request with a JSON body, as a browser with cookies or with headers.
func (s *server) asks(method, path, body string, header http.Header, cookies ...*http.Cookie) answered {
	s.t.Helper()
	sent := http.Header{"Content-Type": {"application/json"}}
	for name, values := range header {
		sent[name] = values
	}
	said, err := request(method, s.url+path, body, sent, cookies...)
	if err != nil {
		s.t.Fatal(err)
	}
	return said
}

// acts has somebody decide something, which must go well, and returns its number.
func (s *server) acts(body string, header http.Header, cookies ...*http.Cookie) uint64 {
	s.t.Helper()
	said := s.asks("POST", "/api/acts", body, header, cookies...)
	var done struct {
		Act    struct{ N uint64 }
		Obeyed bool
	}
	if err := json.Unmarshal([]byte(said.body), &done); err != nil || said.status != http.StatusOK || !done.Obeyed {
		s.t.Fatalf("%s: %d %s", body, said.status, said.body)
	}
	return done.Act.N
}

// guest makes a browser a guest.
func (s *server) guest() *http.Cookie {
	s.t.Helper()
	for _, cookie := range s.asks("GET", "/", "", nil).cookies {
		if cookie.Name == "pp_guest" {
			return cookie
		}
	}
	s.t.Fatal("no cookie")
	return nil
}

// closes fails the test unless a connection ends because of a ban, and soon.
func closes(t *testing.T, what string, closed <-chan ws.StatusCode) {
	t.Helper()
	began := time.Now()
	if code := soon(t, what, closed); code != ws.StatusCode(codec.CloseBanned) {
		t.Errorf("%s: closed with %d", what, code)
	}
	t.Logf("%s: closed %v after the act was acknowledged", what, time.Since(began))
}

// Goal: who may do what follows from signing in, on every gateway, and a ban holds for all of somebody's ways in, over kill -9. Method:
// a real OpenID provider, two gateways, a Redis; a moderator at one gateway, the banned at the other.
func TestModeration_RolesComeFromSigningIn(t *testing.T) {
	provided(t)
	p := startPods(t, 2, 1, operators()...)
	here, there := p.gateways[0], p.gateways[1]
	moderator, member, guest := signIn(t, here, openidtest.Moderator), signIn(t, there, openidtest.Member), there.guest()
	operator := operatorHeader()
	keyOf := func(scope string, owner *http.Cookie) (header http.Header, user string) {
		t.Helper()
		said := here.asks("POST", "/api/keys", fmt.Sprintf(`{"name":"K","scopes":[%q]}`, scope), nil, owner)
		var made struct{ Key, User string }
		if err := json.Unmarshal([]byte(said.body), &made); err != nil || said.status != http.StatusCreated {
			t.Fatalf("a key: %+v", said)
		}
		return http.Header{"Authorization": {"Bearer " + made.Key}}, made.User
	}
	drawing, _ := keyOf("draw", member)
	moderating, _ := keyOf("moderate", moderator)
	if said := here.asks("POST", "/api/keys", `{"name":"K","scopes":["moderate"]}`, nil, member); said.status != http.StatusForbidden {
		t.Errorf("a member makes a key that moderates: %+v", said)
	}

	const freeze = `{"do":"freeze"}`
	for name, one := range map[string]struct {
		header http.Header
		cookie *http.Cookie
		body   string
		want   int
	}{
		"program":                {nil, nil, freeze, 401},
		"guest":                  {nil, guest, freeze, 401},
		"member":                 {nil, member, freeze, 403},
		"member's key":           {drawing, nil, freeze, 403},
		"moderator, the palette": {nil, moderator, `{"do":"palette","colors":["#FF0000"]}`, 403},
		"moderator, an address":  {nil, moderator, `{"do":"ban","target":{"cidr":"198.51.100.0/24"}}`, 403},
		"moderator's key":        {moderating, nil, `{"do":"appeal","text":"x"}`, 403},
		"wrong token":            {http.Header{"Authorization": {"Bearer of-nobody-at-all"}}, nil, freeze, 401},
		"another site":           {http.Header{"Origin": {"https://evil.example"}}, moderator, freeze, 403},
	} {
		for _, s := range p.gateways {
			var cookies []*http.Cookie
			if one.cookie != nil {
				cookies = append(cookies, one.cookie)
			}
			if said := s.asks("POST", "/api/acts", one.body, one.header, cookies...); said.status != one.want || !strings.Contains(said.body, `"error"`) {
				t.Errorf("%s: %d %s, want %d", name, said.status, said.body, one.want)
			}
		}
	}

	// The member is banned: the session, its key and what is connected, at both gateways.
	who, err := there.who(member)
	if err != nil {
		t.Fatal(err)
	}
	with := func(cookie *http.Cookie) http.Header {
		return http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}}
	}
	connected := []<-chan ws.StatusCode{listen(t, here, with(member)), listen(t, there, with(member))}
	ban := here.acts(fmt.Sprintf(`{"do":"ban","target":{"user":%q},"why":"spoils all"}`, who.User), nil, moderator)
	for i, closed := range connected {
		closes(t, fmt.Sprintf("the member's connection %d", i), closed)
	}
	here.acts(`{"do":"appeal","text":"appeal@example.org"}`, operator)
	const pixel = `{"x":1,"y":2,"color":"#FF0000"}`
	shut := func() {
		t.Helper()
		for _, s := range p.gateways {
			for name, said := range map[string]answered{
				"drawing": s.asks("PUT", "/api/pixel", pixel, nil, member), "looking": s.asks("GET", "/api/canvas", "", nil, member),
				"by the account's key": s.asks("PUT", "/api/pixel", pixel, drawing),
				"the handshake":        s.asks("GET", "/ws", "", http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="}}, member),
			} {
				if said.status != http.StatusForbidden || !strings.Contains(said.body, "spoils all") || !strings.Contains(said.body, "appeal@example.org") {
					t.Errorf("%s of the banned: %+v", name, said)
				}
			}
			if said := s.asks("GET", "/api/me", "", nil, member); said.status != 200 || !strings.Contains(said.body, fmt.Sprintf(`"banned":{"act":%d,`, ban)) {
				t.Errorf("what the banned are told of themselves: %+v", said)
			}
			if said := s.asks("PUT", "/api/pixel", pixel, nil, guest); said.status != http.StatusOK {
				t.Errorf("others: %+v", said)
			}
		}
	}
	shut()
	there.kill()
	there.restart()
	shut()

	// By address, an operator alone, and moderators see no address. A moderator's own way in stays open.
	address := here.acts(`{"do":"ban","target":{"cidr":"127.0.0.0/8"},"why":"a test"}`, operator)
	if said := here.asks("PUT", "/api/pixel", pixel, nil, guest); said.status != http.StatusForbidden {
		t.Errorf("a guest of that address: %+v", said)
	}
	said := here.asks("GET", "/api/acts", "", nil, moderator)
	if said.status != http.StatusOK || strings.Contains(said.body, "127.0.0") || !strings.Contains(said.body, `"hidden"`) {
		t.Errorf("a moderator is told %+v", said)
	}
	if said := here.asks("POST", "/api/acts", fmt.Sprintf(`{"do":"undo","of":%d}`, address), nil, moderator); said.status != http.StatusForbidden {
		t.Errorf("a moderator takes back what an operator decided: %+v", said)
	}
	there.acts(fmt.Sprintf(`{"do":"undo","of":%d}`, address), operator)
	here.acts(fmt.Sprintf(`{"do":"undo","of":%d}`, ban), moderating)
	for _, s := range p.gateways {
		for name, said := range map[string]answered{
			"a guest": s.asks("PUT", "/api/pixel", pixel, nil, guest), "the member": s.asks("PUT", "/api/pixel", pixel, nil, member), "the key": s.asks("PUT", "/api/pixel", pixel, drawing),
		} {
			if said.status != http.StatusOK {
				t.Errorf("%s, not banned any more: %+v", name, said)
			}
		}
	}

	// A role that an act gives counts at once, everywhere, and one that it takes too.
	there.acts(fmt.Sprintf(`{"do":"role","target":{"user":%q},"role":"moderator"}`, who.User), operator)
	there.acts(`{"do":"freeze"}`, nil, member)
	there.acts(fmt.Sprintf(`{"do":"role","target":{"user":%q},"role":"guest"}`, who.User), operator)
	if said := here.asks("POST", "/api/acts", `{"do":"open"}`, nil, member); said.status != http.StatusForbidden {
		t.Errorf("demoted: %+v", said)
	}
	var list struct{ Acts []struct{ Do string } }
	if err := json.Unmarshal([]byte(there.asks("GET", "/api/acts", "", operator).body), &list); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, act := range slices.Backward(list.Acts) {
		kinds = append(kinds, act.Do)
	}
	if want := "ban appeal ban undo undo role freeze role"; strings.Join(kinds, " ") != want {
		t.Errorf("the account of it: %v, want %s", kinds, want)
	}
}

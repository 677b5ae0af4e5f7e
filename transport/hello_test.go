package transport

import (
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/auth"
	"pixelplayground/transport/upgrade/upgradetest"
)

// registry knows people by what they show, and which logins have ended.
type registry struct {
	mu    sync.Mutex
	by    map[string]canvas.Person // Authorization or a token
	ended []string
	used  map[string]int // by login
	now   atomic.Int64   // Unix ms
}

func newRegistry() *registry {
	r := &registry{used: make(map[string]int), by: map[string]canvas.Person{
		"ada":    {Kind: canvas.Account, Name: "ada", Subject: canvas.Subject{1}, Login: "jwt/ada"},
		"ada2":   {Kind: canvas.Account, Name: "ada", Subject: canvas.Subject{1}, Login: "jwt/ada2", Role: canvas.RoleModerator},
		"bob":    {Kind: canvas.Account, Name: "bob", Subject: canvas.Subject{2}, Login: "jwt/bob"},
		"bot":    {Kind: canvas.Bot, Subject: canvas.Subject{4}, Login: "key/bot/version"},
		"bot2":   {Kind: canvas.Bot, Subject: canvas.Subject{5}, Login: "key/bot2"},
		"barred": {Barred: true, ReadOnly: true},
		"soon":   {Kind: canvas.Account, Subject: canvas.Subject{3}, Login: "jwt/soon", Until: time.UnixMilli(2_000)},
	}}
	r.now.Store(1_000)
	return r
}

func (r *registry) Identify(shown auth.Shown) (canvas.Person, *auth.Refusal) {
	if len(shown.Authorization) == 0 {
		return canvas.Person{}, nil
	}
	return r.Token(shown.Authorization[0], canvas.Person{}, shown.From)
}

func (r *registry) Token(token string, before canvas.Person, _ netip.Addr) (canvas.Person, *auth.Refusal) {
	person, ok := r.by[token]
	switch {
	case token == "banned":
		return person, &auth.Refusal{Status: http.StatusForbidden, Text: "spam", Ban: &auth.Ban{}}
	case token == "later":
		return person, &auth.Refusal{Status: http.StatusServiceUnavailable, Text: "not yet"}
	case !ok || before.Login != "" && before.Subject != person.Subject:
		return person, &auth.Refusal{Status: http.StatusUnauthorized, Text: "nobody known"}
	}
	return person, nil
}

func (r *registry) TakesTokens() bool { return true }

func (r *registry) Stands(login string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !slices.Contains(r.ended, login)
}

func (r *registry) InUse(login string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used[login]++
}

func (r *registry) uses(login string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.used[login]
}

// known opens a server that a registry tells who is who.
func known(t *testing.T, plain bool) (*Server, *fakeHost, *registry) {
	people := newRegistry()
	s, host := openServer(t, plain, func(c *Config, _ *fakeHost) {
		c.People = people
		c.Now = func() time.Time { return time.UnixMilli(people.now.Load()) }
	})
	return s, host, people
}

// hello is HELLO with a token.
func hello(token string) []byte {
	return frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{Sent: new(uint64), Token: token}))
}

func TestToken_InHello(t *testing.T) {
	s, host, _ := known(t, false)
	await[codec.Welcome](dial(t, s, upgradetest.OfferBinary, hello("ada")...))
	await[codec.Welcome](dial(t, s, upgradetest.OfferBinary+"Authorization: barred\r\n", hello("ada2")...))
	for v, want := range map[canvas.ViewerID]string{1: "ada", 2: "ada2"} {
		got := host.session(v).received()
		if len(got) < 2 || got[0] != any(actors.Identified{Person: newRegistry().by[want]}) {
			t.Errorf("%d: the actor got %+v", v, got)
		}
	}
	for token, want := range map[string]codec.CloseCode{"nobody": codec.CloseEnded, "later": codec.CloseTryLater, "banned": codec.CloseBanned} {
		c := dial(t, s, upgradetest.OfferBinary, hello(token)...)
		if code := c.closeCode(); code != want {
			t.Errorf("%s: closed with %d (%s)", token, code, c.reason)
		}
	}
	c := dial(t, s, upgradetest.OfferBinary+"Authorization: barred\r\n", frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{Name: "x"}))...)
	if code := c.closeCode(); code != codec.CloseEnded || c.reason != "sign in to see this canvas" {
		t.Errorf("without a token: closed with %d (%s)", code, c.reason)
	}
}

func TestToken_Renewed(t *testing.T) {
	s, host, _ := known(t, false)
	c := dial(t, s, upgradetest.OfferBinary, hello("ada")...)
	await[codec.Welcome](c)
	show := func(token string, wait bool) codec.Refused {
		t.Helper()
		if wait {
			inspect(s, 1, func(s *shard, c *conn) {
				l := s.logins[c]
				l.shown -= moment(tokenEvery)
				s.logins[c] = l
			})
		}
		c.send(ws.OpBinary, codec.AppendAuth(nil, codec.Auth{Token: token}))
		c.send(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 1}))
		for {
			switch m := c.message().(type) {
			case codec.Refused:
				await[codec.Pong](c)
				return m
			case codec.Pong:
				return codec.Refused{}
			}
		}
	}
	if m := show("ada2", false); m.Code != canvas.RefusedBusy {
		t.Errorf("at once: %+v", m)
	}
	for _, other := range []string{"bob", "nobody"} {
		if m := show(other, true); m.Code != canvas.RefusedRights || m.Op != 0 {
			t.Errorf("%s: %+v", other, m)
		}
	}
	if m := show("ada2", true); m.Code != 0 {
		t.Errorf("the same account: %+v", m)
	}
	upgradetest.Eventually(t, "the actor knows", func() bool {
		return slices.Contains(host.session(1).received(), any(actors.Identified{Person: newRegistry().by["ada2"]}))
	})
	s.EndLogin("jwt/ada") // what it was known by before
	if m := show("ada", true); m.Code != 0 {
		t.Errorf("after the end of the token before: %+v", m)
	}

	guest := dialBinary(t, s)
	guest.send(ws.OpBinary, codec.AppendAuth(nil, codec.Auth{Token: "ada"}))
	if m := await[codec.Refused](guest); m.Code != canvas.RefusedRights {
		t.Errorf("a guest: %+v", m)
	}
}

// TestLogin_Ends: when a sign-in, token or key ends, so do its connections, and no others.
func TestLogin_Ends(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, _, people := known(t, plain)
		open := func(who string) *client {
			c := dial(t, s, upgradetest.OfferBinary+"Authorization: "+who+"\r\n", frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{}))...)
			await[codec.Welcome](c)
			return c
		}
		ada, again, bob, soon, bot, bot2 := open("ada"), open("ada"), open("bob"), open("soon"), open("bot"), open("bot2")
		json := dial(t, s, "Authorization: ada\r\n")
		json.text()
		s.EndLogin("jwt/ada")
		s.EndLogin("key/bot") // and with it all that is a part of it
		for _, c := range []*client{ada, again, json, bot} {
			if code := c.closeCode(); code != codec.CloseEnded || c.reason != "signed out or expired" {
				t.Errorf("closed with %d (%s)", code, c.reason)
			}
		}
		people.now.Store(2_000)
		if code := soon.closeCode(); code != codec.CloseEnded {
			t.Errorf("at its end: closed with %d", code)
		}
		for _, c := range []*client{bob, bot2} {
			c.send(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 3}))
			await[codec.Pong](c)
		}

		upgradetest.Eventually(t, "the others are in use", func() bool { return people.uses("jwt/bob") > 0 })

		// A login that ends while its connection is being made.
		people.mu.Lock()
		people.ended = []string{"jwt/ada"}
		people.mu.Unlock()
		late := dial(t, s, upgradetest.OfferBinary+"Authorization: ada\r\n")
		if code := late.closeCode(); code != codec.CloseEnded {
			t.Errorf("ended meanwhile: closed with %d", code)
		}
		upgradetest.Eventually(t, "nothing is kept of them", func() bool {
			left := 0
			for v := range canvas.ViewerID(2) {
				inspect(s, v, func(s *shard, _ *conn) { left += len(s.logins) })
			}
			return left == 2 // bob and the other key
		})
	})
}

package transport

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/store/memory"
	"pixelplayground/codec"
	"pixelplayground/transport/auth"
	"pixelplayground/transport/upgrade/upgradetest"
)

// byCookie takes each for the person whose name is in the cookie.
type byCookie struct {
	*auth.People
	people map[string]canvas.Person
}

func (b byCookie) Identify(shown auth.Shown) (canvas.Person, *auth.Refusal) {
	return b.people[strings.Join(shown.Cookies, "")], nil
}

func TestVisitors_AreSeenAndDismissed(t *testing.T) {
	people := map[string]canvas.Person{
		"who=ada": {Kind: canvas.Account, Subject: canvas.Subject{1}, User: 0xA1, Name: "Ada Lovelace", Role: canvas.RoleMember, Pace: canvas.Pace{Rate: 0.2, Burst: 6}, From: 0xFACE},
		"who=eve": {Kind: canvas.Guest, Subject: canvas.Subject{2}, User: 0xB2},
	}
	s, _ := openServer(t, false, func(cfg *Config, host *fakeHost) {
		cfg.People = byCookie{auth.New(auth.Config{}, memory.New(memory.Config{Geometry: cfg.Geometry}), nil, nil), people}
	})
	connect := func(cookie string) *client {
		c := dial(t, s, upgradetest.OfferBinary+cookie, frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{}))...)
		await[codec.Welcome](c)
		return c
	}
	connect("") // of nobody in particular: no person
	first, second, eve := connect("Cookie: who=ada\r\n"), connect("Cookie: who=ada\r\n"), connect("Cookie: who=eve\r\n")
	ask := func(m message.AskPeople, named ...canvas.ViewerID) (list []message.PersonReport, more bool) {
		return s.People(context.Background(), m, named)
	}
	list, more := ask(message.AskPeople{Most: 10})
	if len(list) != 2 || more {
		t.Fatalf("%+v, more: %v", list, more)
	}
	since := list[0].Since
	ada := message.PersonReport{
		Subject: "01000000000000000000000000000000", User: 0xA1, Kind: "account", Role: "member", Name: "Ada Lovelace", Network: "127.0.0.0/24", From: 0xFACE,
		Connections: 2, Since: since, Viewer: 3, Pace: canvas.Pace{Rate: 0.2, Burst: 6}, Every: 5 * time.Second, Burst: 6,
	}
	if list[0] != ada {
		t.Errorf("Ada is %+v, want %+v", list[0], ada)
	}
	if age := s.cfg.Now().Sub(time.UnixMilli(since)); age < 0 || age > patience {
		t.Errorf("connected %v ago", age)
	}
	if list, more := ask(message.AskPeople{Most: 1}); len(list) != 1 || list[0].User != 0xA1 || !more {
		t.Errorf("one: %+v, more: %v", list, more)
	}
	if list, _ := ask(message.AskPeople{Most: 10, Addresses: true}); list[0].Network != "127.0.0.1" {
		t.Errorf("whole address: %q", list[0].Network)
	}
	for search, want := range map[string]int{"lovel": 1, "MEMBER": 1, "guest": 1, "0000000000a1": 1, "127.0.0.": 2, "127.0.0.1": 0, "0200000000": 1, "nobody": 0} {
		if list, _ := ask(message.AskPeople{Most: 10, Search: search}); len(list) != want {
			t.Errorf("search for %q: %+v, want %d", search, list, want)
		} else if want == 1 && list[0].User == 0xA1 && list[0].Connections != 2 {
			t.Errorf("search for %q: %+v", search, list)
		}
	}
	if list, _ := ask(message.AskPeople{Most: 10, Search: "nobody"}, 4); len(list) != 1 || list[0].User != 0xB2 {
		t.Errorf("by the name of a viewer: %+v", list)
	}

	s.Dismiss(canvas.Subject{1})
	for _, c := range []*client{first, second} {
		if code := c.closeCode(); code != codec.CloseKicked {
			t.Errorf("closed with %d", code)
		}
	}
	upgradetest.Eventually(t, "only Eve is left", func() bool {
		list, _ := ask(message.AskPeople{Most: 10})
		return len(list) == 1 && list[0].User == 0xB2
	})
	eve.send(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 7}))
	await[codec.Pong](eve)
}

func TestVisitors_NetworksInPartOnly(t *testing.T) {
	for address, want := range map[string]string{
		"203.0.113.77": "203.0.113.0/24", "2001:db8:1:2::7": "2001:db8:1::/48", "::ffff:203.0.113.77": "203.0.113.0/24", "fe80::1%eth0": "fe80::/48",
	} {
		if got := (visitor{from: netip.MustParseAddr(address)}).network(false); got != want {
			t.Errorf("%s is shown as %s, want %s", address, got, want)
		}
	}
	if got := (visitor{}).network(true); got != "" {
		t.Errorf("no address is shown as %q", got)
	}
}

package transport

import (
	"bufio"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
	"pixelplayground/transport/upgrade/upgradetest"
)

// decree is rules for tests: whom they ban and whom they shadow, told by a function each; nil: nobody.
type decree struct {
	version uint64
	bans    func(rules.Who) bool
	shadows func(rules.Who) bool
}

func (d decree) Version() uint64 { return d.version }

func (d decree) Banned(who rules.Who, _ time.Time) *rules.Act {
	if d.bans == nil || !d.bans(who) {
		return nil
	}
	return &rules.Act{N: d.version, Do: rules.Ban, Why: "spam", Until: 1_800_000_000_000}
}

func (d decree) Shadowed(who rules.Who, _ time.Time) bool { return d.shadows != nil && d.shadows(who) }

func (decree) Role(who rules.Who) canvas.Role { return who.Role }

func (decree) Appeal() string { return "mail@example.org" }

const whyBanned = "act 7: spam, until 2027-01-15 08:00 UTC; appeal: mail@example.org"

// TestRuled_Bans: whoever is banned by user id, by network or by address is sent away, whatever
// protocol they speak and however far they have come. All others stay and are told.
func TestRuled_Bans(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		for name, bans := range map[string]func(rules.Who) bool{
			"user of a session": func(who rules.Who) bool { return who.User == 1 || who.User == 3 || who.User == 4 }, // sessions' ids are the viewers': see fakeSession
			"address":           func(who rules.Who) bool { return who.Address == netip.MustParseAddr("127.0.0.2").As16() },
		} {
			t.Run(name, func(t *testing.T) {
				s, host := openServer(t, plain, nil)
				open := func(from, headers string, glued ...byte) *client {
					c := &client{t: t, conn: upgradetest.ConnectFrom(t, s.Addr(), from), mask: [4]byte{1, 2, 3, 4}}
					c.r = bufio.NewReader(c.conn)
					c.write(append([]byte(upgradetest.HandshakeRequest(headers)), glued...))
					c.expectUpgrade()
					return c
				}
				greets := frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{}))
				bad := open("127.0.0.2", upgradetest.OfferBinary, greets...)
				await[codec.Welcome](bad)
				good := open("127.0.0.1", upgradetest.OfferBinary, greets...)
				await[codec.Welcome](good)
				badJSON := open("127.0.0.2", "")
				badJSON.text()
				mute := open("127.0.0.2", upgradetest.OfferBinary) // has said nothing yet
				if name != "address" {
					mute.write(greets)
					await[codec.Welcome](mute)
				}
				upgradetest.Eventually(t, "the host has the fourth", func() bool { return host.session(4) != nil })
				goodJSON := open("127.0.0.1", "")
				goodJSON.text()

				s.ruled(decree{version: 7, bans: bans}, "Tea at five")
				for what, c := range map[string]*client{"binary": bad, "JSON": badJSON, "mute": mute} {
					if code := c.closeCode(); code != codec.CloseBanned || c.reason != whyBanned {
						t.Errorf("%s: closed with %d (%s)", what, code, c.reason)
					}
				}
				for v, closed := range map[canvas.ViewerID]bool{1: true, 2: false, 3: true, 4: true, 5: false} {
					if got := host.session(v).isClosed(); got != closed {
						t.Errorf("the session of %d is closed: %t", v, got)
					}
				}
				told := map[codec.NoticeCode]codec.Notice{}
				for len(told) < 2 {
					m := await[codec.Notice](good)
					told[m.Code] = m
				}
				if told[codec.NoticeRules].Text != "7" || told[codec.NoticeAnnouncement].Text != "Tea at five" {
					t.Errorf("told %+v", told)
				}
				words := map[string]any{}
				for len(words) < 2 {
					switch m := goodJSON.text(); m["type"] {
					case "rules":
						words["rules"] = m["version"]
					case "announcement":
						words["announcement"] = m["message"]
					}
				}
				if words["rules"] != 7.0 || words["announcement"] != "Tea at five" {
					t.Errorf("told %v", words)
				}
				if n := s.Counters().Closes.All()[codec.CloseBanned]; n != 3 {
					t.Errorf("%d closes are counted as of the banned, want 3", n)
				}
			})
		}
	})
}

// TestRuled_NewConnections: who turns out to be somebody banned is sent away then, with the bots of theirs.
func TestRuled_NewConnections(t *testing.T) {
	s, host, people := known(t, false)
	people.mu.Lock()
	people.by["netted"] = canvas.Person{Kind: canvas.Guest, Subject: canvas.Subject{9}, User: 0xA9, From: 77}
	people.by["ada"] = canvas.Person{Kind: canvas.Account, Subject: canvas.Subject{1}, User: 0xA1, Login: "jwt/ada"}
	owner := canvas.Subject{0, 0, 0, 0, 0, 0xC1}
	people.by["key"] = canvas.Person{Kind: canvas.Bot, Subject: canvas.Subject{6}, User: 0xB0C2, Network: owner}
	people.mu.Unlock()
	s.ruled(decree{version: 7, bans: func(who rules.Who) bool {
		return who.User == 0xA1 || who.Network == 77 || who.User == 3 || who.Owner == 0xC1
	}}, "")

	netted := dial(t, s, upgradetest.OfferBinary+"Authorization: netted\r\n", hello("")...) // viewer 1: let in by rules of before
	if code := netted.closeCode(); code != codec.CloseBanned || netted.reason != whyBanned {
		t.Errorf("a network that is banned: closed with %d (%s)", code, netted.reason)
	}
	late := dial(t, s, upgradetest.OfferBinary, hello("ada")...) // viewer 2: identified by a token only
	if code := late.closeCode(); code != codec.CloseBanned {
		t.Errorf("a token of somebody banned: closed with %d", code)
	}
	session := dial(t, s, upgradetest.OfferBinary, hello("")...) // viewer 3: its session is banned
	if code := session.closeCode(); code != codec.CloseBanned {
		t.Errorf("a session that is banned: closed with %d", code)
	}
	bot := dial(t, s, upgradetest.OfferBinary+"Authorization: key\r\n", hello("")...) // viewer 4: of somebody banned
	if code := bot.closeCode(); code != codec.CloseBanned {
		t.Errorf("the bot of somebody banned: closed with %d", code)
	}
	unsaid := dial(t, s, upgradetest.OfferBinary+"Authorization: netted\r\n") // viewer 5: shows who they are only in HELLO
	upgradetest.Eventually(t, "the host has it", func() bool { return host.session(5) != nil })
	inspect(s, 5, func(s *shard, c *conn) { s.judge(c) })
	unsaid.write(hello("ada2"))
	await[codec.Welcome](unsaid)
	honest := dial(t, s, upgradetest.OfferBinary, frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{Sent: new(uint64), Knows: canvas.RefusedBanned}))...)
	await[codec.Welcome](honest)
	if m := await[codec.Notice](honest); m.Code != codec.NoticeRules || m.Text != "7" {
		t.Errorf("at the beginning a client is told %+v", m)
	}
	before := dialBinary(t, s) // does not know of rules
	before.send(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 5}))
	if m, ok := before.message().(codec.Pong); !ok {
		t.Errorf("a client that knows of no rules is told %+v at the beginning", m)
	}
	if len(host.session(6).received()) == 0 {
		t.Error("the honest one's actor got nothing")
	}
}

// Goal: while acts come faster than a shard can compare its connections with the rules, whoever is banned
// is found nevertheless, a turn has bounded work, and nobody is told more than once a second.
func TestRuled_Bounded(t *testing.T) {
	const conns = 3*checksAtOnce + 100
	b := newBench(t)
	var sockets []*benchSocket
	for range conns {
		_, socket := b.connect(frames.Binary)
		sockets = append(sockets, socket)
	}
	version := uint64(0)
	compared := 0
	decide := func(banned canvas.Author) {
		version++
		b.server.ruled(decree{version: version, bans: func(who rules.Who) bool { compared++; return banned != 0 && who.User == banned }}, "")
		b.obey()
	}
	// The bench's sessions all have user 5; the one to be banned has another.
	v := b.visitors[2]
	v.as = 99
	b.visitors[2] = v
	for turn := 1; ; turn++ {
		decide(99)
		compared = 0
		b.enforce(checksAtOnce)
		if compared > checksAtOnce {
			t.Fatalf("%d connections were compared in one turn", compared)
		}
		if b.byID[2].state == closing {
			break
		}
		if turn == 10 {
			t.Fatal("the banned one is still there")
		}
	}
	for b.ruling.next(b.now) == b.now {
		b.enforce(checksAtOnce)
	}
	for ticks := 0; b.unwritten(); ticks++ {
		told := b.ruling.untold
		b.flush()
		if now := b.ruling.untold; told-now > tellsAtOnce {
			t.Fatalf("%d were told in one tick", told-now)
		}
		b.enforce(checksAtOnce)
		if ticks > 100 {
			t.Fatal("it does not end")
		}
	}
	decide(0)
	b.enforce(checksAtOnce)
	if b.unwritten() {
		t.Error("all are told again within a second")
	}
	for i, socket := range sockets {
		_, messages := socket.take(t)
		if n := len(messages); i != 1 && (n != 1 || messages[0].(codec.Notice).Code != codec.NoticeRules) {
			t.Fatalf("client %d was told %v", i, messages)
		}
	}
	b.now = b.now.Add(tellPause)
	for b.enforce(checksAtOnce); b.unwritten(); b.flush() {
	}
	if _, messages := sockets[0].take(t); len(messages) != 1 || messages[0].(codec.Notice).Text != fmt.Sprint(version) {
		t.Errorf("a second later: told %v, want version %d", messages, version)
	}
}

// Goal: 2,000 connections of banned people are gone within a second, while others go on drawing.
// Method: real sockets in two shards. On a machine that is so busy that even an announcement takes long to reach
// all of them, it may take as long as 15 of those.
func TestRuled_ManyAreGoneWithinASecond(t *testing.T) {
	const banned = 2000
	s, host := openServer(t, false, nil)
	artist, p := newPainting(t, s) // viewer 1
	artist.paintAll(p, host)
	greets := frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{}))
	clients := make([]*client, banned)
	for i := range clients {
		clients[i] = dial(t, s, upgradetest.OfferBinary, greets...)
	}
	all := func(do func(*client)) (took time.Duration) {
		since := time.Now()
		var reading sync.WaitGroup
		for _, c := range clients {
			reading.Go(func() { do(c) })
		}
		reading.Wait()
		return time.Since(since)
	}
	all(func(c *client) { await[codec.Welcome](c) })
	s.Announce("Tea at five")
	usual := all(func(c *client) { await[codec.Notice](c) })

	acked := make(chan int, 1) // ops, meanwhile
	over := make(chan struct{})
	go func() { acked <- artist.drawUntil(over) }()
	s.ruled(decree{version: 7, bans: func(who rules.Who) bool { return who.User != 1 }}, "")
	took := all(func(c *client) {
		if code := c.closeCode(); code != codec.CloseBanned {
			t.Errorf("closed with %d", code)
		}
		_ = c.conn.Close()
	})
	upgradetest.Eventually(t, "nobody but the artist is left", func() bool { return s.Counters().Connections.Load() == 1 })
	close(over)
	n := <-acked
	t.Logf("%d were gone after %v (announced: %v); %d ops were acknowledged meanwhile", banned, took, usual, n)
	if took > max(time.Second, 15*usual) {
		t.Errorf("the last one was closed after %v", took)
	}
	if n == 0 {
		t.Error("nobody could draw meanwhile")
	}
}

// drawUntil places one pixel after the other, and returns how many were acknowledged.
func (c *client) drawUntil(over <-chan struct{}) (acked int) {
	for n := uint64(1); ; n++ {
		c.send(ws.OpBinary, codec.AppendPlace(nil, codec.Place{Op: n, Dots: []canvas.Dot{{X: uint16(n % 256), Color: 7}}}))
		for {
			m, err := c.tryMessage()
			if err != nil {
				c.t.Errorf("who draws meanwhile: %v", err)
				return 0
			}
			if ack, ok := m.(codec.Ack); ok && ack.Ops[0] == n {
				break
			}
		}
		acked++
		select {
		case <-over:
			return acked
		default:
		}
	}
}

func TestBanReason(t *testing.T) {
	long := strings.Repeat("paints over others ", 20)
	for _, test := range []struct {
		why, appeal string
		until       int64
		most        int
		want        string
	}{
		{"", "", 0, 123, "act 7"},
		{"spam", "", 0, 123, "act 7: spam"},
		{"spam", "mail@example.org", 1_800_000_000_000, 123, whyBanned},
		{long, "", 0, 40, "act 7: paints over others paints over..."},
		{long, "mail@example.org", 1_800_000_000_000, 80, "act 7: paints over othe..., until 2027-01-15 08:00 UTC; appeal: mail@example.org"},
		{long, "mail@example.org", 1_800_000_000_000, 60, "act 7, until 2027-01-15 08:00 UTC; appeal: mail@example.org"},
	} {
		got := banReason(&rules.Act{N: 7, Why: test.why, Until: test.until}, test.appeal, test.most)
		if got != test.want {
			t.Errorf("got  %q\nwant %q", got, test.want)
		}
	}
}

package transport

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/auth"
	"pixelplayground/transport/frames"
	"pixelplayground/transport/upgrade"
)

// People tells who is who; *auth.People is one.
type People interface {
	upgrade.People
	// Token tells who shows a token over a connection from an address, and who was known as before until
	// now. It asks nobody.
	Token(token string, before canvas.Person, from netip.Addr) (canvas.Person, *auth.Refusal)
	// TakesTokens reports whether it knows any.
	TakesTokens() bool
	// Stands reports whether a login has not been ended.
	Stands(login string) bool
	// InUse notes that a connection by this login is open. It asks nobody.
	InUse(login string)
}

// login is who a connection is known as by a sign-in, a token or a key, which may end before the
// connection does. Most connections have none.
type login struct {
	person canvas.Person
	shown  moment // when a token was last shown
}

// tokenEvery is how long a client waits before it shows another token: to verify one takes far longer
// than to send it.
const tokenEvery = time.Second

// known notes who a connection is from and by which login they are known, and ends the connection if the login has ended
// while the connection was being made.
func (s *shard) known(c *conn, person canvas.Person) {
	before := s.visitors[c.id]
	s.shadow(c, before.subject, false) // they may be somebody else now: see judge
	s.visitors[c.id] = visitorOf(person, before.from, before.as)
	if s.judge(c); c.state >= closing {
		return
	}
	if person.Login == "" && !person.Barred {
		delete(s.logins, c)
		return
	}
	s.logins[c] = login{person: person, shown: s.moment()}
	if people := s.server.cfg.People; person.Login != "" && people != nil && !people.Stands(person.Login) {
		s.fail(c, codec.CloseEnded)
	}
}

// greet handles HELLO. A token in it counts before what the handshake showed, so only now it is certain who the
// connection is from, and whether they are kept out.
func (s *shard) greet(c *conn, m codec.Hello) {
	c.state, c.knows = arriving, m.Knows
	if people := s.server.cfg.People; m.Token != "" && people != nil {
		person, refused := people.Token(m.Token, canvas.Person{}, s.visitors[c.id].from)
		if refused != nil {
			s.unknownToken(c, refused)
			return
		}
		if s.known(c, person); c.state >= closing {
			return
		}
		s.command(c, actors.Identified{Person: person})
	} else if s.judge(c); c.state >= closing {
		return
	}
	if s.logins[c].person.Barred {
		s.failFor(c, codec.CloseEnded, "sign in to see this canvas")
		return
	}
	s.command(c, actors.Hello{Session: m.Session, Resume: m.Resume, Name: m.Name, Sent: m.Sent})
}

// unsaid reports whether a connection may still turn out to be from somebody else than the handshake showed.
func (s *shard) unsaid(c *conn) bool {
	people := s.server.cfg.People
	return c.state == greeting && c.protocol == frames.Binary && people != nil && people.TakesTokens()
}

func (s *shard) unknownToken(c *conn, refused *auth.Refusal) {
	code := codec.CloseEnded
	switch {
	case refused.Ban != nil:
		code = codec.CloseBanned
	case refused.Status == http.StatusServiceUnavailable:
		code = codec.CloseTryLater
	}
	s.failFor(c, code, asciiOnly(refused.Text))
}

// showToken handles AUTH: the same account is known for longer.
func (s *shard) showToken(c *conn, m codec.Auth) {
	before := s.logins[c]
	people := s.server.cfg.People
	switch {
	case people == nil || before.person.Login == "":
		s.refuse(c, canvas.RefusedRights)
		return
	case s.since(before.shown) < tokenEvery:
		s.refuse(c, canvas.RefusedBusy)
		return
	}
	before.shown = s.moment()
	s.logins[c] = before
	person, refused := people.Token(m.Token, before.person, s.visitors[c.id].from)
	if refused != nil && refused.Ban != nil {
		s.unknownToken(c, refused)
		return
	}
	if refused != nil {
		s.refuse(c, canvas.RefusedRights)
		return
	}
	if s.known(c, person); c.state < closing {
		s.command(c, actors.Identified{Person: person})
	}
}

// checkLogins ends the connections whose login has come to its end, and says that the others' are in use.
func (s *shard) checkLogins() {
	now := s.server.cfg.Now()
	for c, l := range s.logins {
		if until := l.person.Until; !until.IsZero() && !now.Before(until) {
			s.attempt(c, func(s *shard, c *conn) { s.fail(c, codec.CloseEnded) })
			continue
		}
		if people := s.server.cfg.People; people != nil && l.person.Login != "" {
			people.InUse(l.person.Login)
		}
	}
}

// EndLogin ends the connections that are known by a login, or by one that is a part of it: "key/ID/VERSION" is one of "key/ID".
func (s *Server) EndLogin(name string) {
	if s.host == nil {
		return // not opened yet
	}
	for _, shard := range s.shards {
		shard.inbox.Post(endLogin{name})
	}
}

type endLogin struct{ login string }

func (m endLogin) run(s *shard) {
	for c, l := range s.logins {
		if rest, ok := strings.CutPrefix(l.person.Login, m.login); ok && (rest == "" || rest[0] == '/') {
			s.attempt(c, func(s *shard, c *conn) { s.fail(c, codec.CloseEnded) })
		}
	}
}

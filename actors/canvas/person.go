package canvas

import (
	"fmt"
	"time"
)

// Subject names who answers for what is placed: the same on every connection, device and pod, and
// after a restart. It is derived one way, with a secret of the canvas, from a browser's cookie, an
// account, a key or a network, and reveals nothing of them. The zero Subject is nobody's.
type Subject [16]byte

// botMark is the first byte of the public ids of bots, and of nobody else's.
const botMark = 0xB0

// User is the public id of a subject. The ids of bots begin with b0, so that everyone can tell what
// a bot has drawn, long after it has gone. It is never 0.
func (s Subject) User(kind PersonKind) Author {
	id := uint64(0)
	for _, b := range s[1:6] {
		id = id<<8 | uint64(b)
	}
	user := Author(uint64(s[0])<<40 | id)
	if kind == Bot {
		return botMark<<40 | Author(id)
	}
	return max(user.Unmarked(), 1)
}

// Unmarked is a public id for whoever is no bot: the same, or the one beside it that is no bot's.
func (a Author) Unmarked() Author {
	if a.IsBot() {
		a += 1 << 40
	}
	return a
}

// UserOf is the public id under which a person is known in a session.
func (p *Person) UserOf(session Session) Author {
	if p.User != 0 {
		return p.User
	}
	return session.Author().Unmarked()
}

// Rank is the role of a person as long as no act gives them another: that of a key is bounded by its scopes.
func (p *Person) Rank() Role {
	if p.Kind == Bot {
		return min(p.Role, p.Most)
	}
	return p.Role
}

// Owner is the public id of the account that made a bot's key and answers for the bot; 0: there is none.
func (p *Person) Owner() Author {
	if p.Kind != Bot || p.Network == (Subject{}) {
		return 0
	}
	return p.Network.User(Account)
}

// Text is how a public id is written everywhere: 12 hexadecimal digits, or nothing if it is not known.
func (a Author) Text() string {
	if a == 0 {
		return ""
	}
	return fmt.Sprintf("%012x", uint64(a))
}

// IsBot reports whether a public id is that of a key.
func (a Author) IsBot() bool { return a>>40 == botMark }

// PersonKind is how a person is known.
type PersonKind uint8

// The kinds of person.
const (
	Program    PersonKind = iota // no cookie, no key: its network answers for it
	Guest                        // a browser, by its cookie
	Account                      // signed in
	Bot                          // a program with a key
	System                       // the server itself
	kindsCount = iota
)

// String is the stable name of the kind, for operators.
func (k PersonKind) String() string {
	names := [kindsCount]string{"program", "guest", "account", "bot", "system"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// ServerUser is the public id under which the server itself places pixels.
const ServerUser Author = 1

// Role is what a person may do. A higher one may do all that a lower one may.
type Role uint8

// The roles.
const (
	RoleGuest Role = iota
	RoleMember
	RoleModerator
	RoleOwner
	rolesCount = iota
)

// String is the name of the role in settings and for people.
func (r Role) String() string {
	names := [rolesCount]string{"guest", "member", "moderator", "owner"}
	if int(r) < len(names) {
		return names[r]
	}
	return "unknown"
}

// RoleNamed is the role that String names so; else the least.
func RoleNamed(name string) Role {
	for role := RoleOwner; role > RoleGuest; role-- {
		if role.String() == name {
			return role
		}
	}
	return RoleGuest
}

// Pace is how fast pixels may be placed: Burst at once after a pause, Rate a second in the long run.
// A cooldown is a pace too: one pixel every 5 s, of which 6 may be saved up, is Rate 0.2, Burst 6.
type Pace struct {
	Rate  float64 `json:"rate"`  // pixels per second; 0: no limit
	Burst int     `json:"burst"` // pixels
}

// Person is who is at the other end of a connection or behind a request, and what they may do.
type Person struct {
	Kind     PersonKind
	Subject  Subject
	User     Author // public id; 0: that of the session, since many programs may share a network
	Name     string // what the account or key is called; empty: people say themselves
	Role     Role   // from the sign-in, or that of a key's owner. An act may have changed it since: see rules.Rules.Role
	Most     Role   // the highest role that a key's scopes allow. Only keys have one
	Pace     Pace
	ReadOnly bool // may look, not draw
	Unsure   bool // the store has not told yet what says who this is: nothing is placed until then
	Barred   bool // may not even look, unless its first message shows who it is

	// Network is the subject that all guests of a network share, or for a key the account that made
	// it; zero: there is none. It bounds how many of them have allowances in use at a time, and if
	// NetworkPace is a limit, what they place is taken from its allowance too.
	Network     Subject
	NetworkPace Pace

	From    NetworkID // the lasting id of their network
	Address Address   // their IP address at present

	Login string    // names the sign-in, token or key that this comes from, so that it can be ended; empty: none
	Until time.Time // when that ends by itself; zero: it doesn't
}

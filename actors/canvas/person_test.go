package canvas_test

import (
	"testing"

	"pixelplayground/actors/canvas"
)

func TestSubject_User(t *testing.T) {
	for _, c := range []struct {
		name    string
		subject canvas.Subject
		kind    canvas.PersonKind
		want    canvas.Author
	}{
		{"a guest's is the first 48 bits", canvas.Subject{1, 2, 3, 4, 5, 6, 7}, canvas.Guest, 0x010203040506},
		{"a bot's begins with b0", canvas.Subject{1, 2, 3, 4, 5, 6, 7}, canvas.Bot, 0xB00203040506},
		{"nobody else's does", canvas.Subject{0xB0, 2, 3, 4, 5, 6, 7}, canvas.Account, 0xB10203040506},
		{"it is never 0", canvas.Subject{6: 9}, canvas.Guest, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.subject.User(c.kind)
			if got != c.want || got.IsBot() != (c.kind == canvas.Bot) {
				t.Errorf("%012x, of a bot: %t; want %012x", uint64(got), got.IsBot(), uint64(c.want))
			}
		})
	}
}

// A session whose id looks like a bot's is known by another.
func TestPerson_UserOf(t *testing.T) {
	var session canvas.Session
	for !session.Author().IsBot() {
		session[0]++
		if session[0] == 0 {
			session[1]++
		}
	}
	nobody, guest := canvas.Person{}, canvas.Person{User: 7}
	if got := nobody.UserOf(session); got.IsBot() || got == session.Author() {
		t.Errorf("%012x", uint64(got))
	}
	if got := guest.UserOf(session); got != 7 {
		t.Errorf("a guest is %012x", uint64(got))
	}
	session[2] = 1
	if got := nobody.UserOf(session); !session.Author().IsBot() && got != session.Author() {
		t.Errorf("%012x, want the session's", uint64(got))
	}
}

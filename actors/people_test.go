package actors

import (
	"context"
	"slices"
	"testing"

	"pixelplayground/actors/canvas"
)

// someone is a guest.
func someone(user canvas.Author) canvas.Person {
	return canvas.Person{Kind: canvas.Guest, Subject: canvas.Subject{15: byte(user)}, User: user, Pace: canvas.Pace{Rate: 1000, Burst: 1000}}
}

// Two tabs of one person are one user on every pod, and yet two sessions: ops of the same number are
// not taken for each other.
func TestPeople_TwoTabsAreOneUser(t *testing.T) {
	p := newPods(t, 2, nil)
	one, two := p.members[0], p.members[1]
	one.person, two.person = someone(7), someone(7)
	a, b := one.connect(Hello{}), two.connect(Hello{})
	if a.welcome.User != 7 || b.welcome.User != 7 || a.welcome.Session == b.welcome.Session {
		t.Fatalf("welcomed as %x and %x", uint64(a.welcome.User), uint64(b.welcome.User))
	}
	if a.welcome.Rate != 1000 || a.welcome.Burst != 1000 {
		t.Errorf("at the pace %v, %d", a.welcome.Rate, a.welcome.Burst)
	}
	one.watch(a, nil)
	two.watch(b, nil)
	one.converged(a)
	two.converged(b)
	a.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1), dot(40, 0, 1)}})
	b.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 0, 2), dot(41, 0, 2)}})
	one.eventually("both acknowledged", func() bool { return len(a.acked) == 1 })
	two.eventually("both acknowledged", func() bool { return len(b.acked) == 1 })
	one.converged(a)
	two.converged(b)
	for _, pod := range []*testPod{one, two} {
		for _, c := range []*client{a, b} {
			id := canvas.OpID{Author: c.welcome.Session.Author(), Num: 1}
			pod.eventually("both pods have shown both", func() bool { return pod.crowd.by[id] != 0 })
			if by := pod.crowd.by[id]; by != 7 {
				t.Errorf("%s shows it as placed by %x", pod.address, uint64(by))
			}
		}
	}
	for _, c := range []*client{a, b} {
		if got := one.logged(c.welcome.Session.Author()); len(got) != 1 {
			t.Errorf("in the log: %v", got)
		}
	}
}

func TestPeople_ProgramKeepsItsSessionsID(t *testing.T) {
	w := newWorld(t, nil)
	w.person = canvas.Person{Kind: canvas.Program, Subject: canvas.Subject{1}, Pace: canvas.Pace{Rate: 9, Burst: 8}}
	a, b := w.connect(Hello{}), w.connect(Hello{})
	if a.welcome.User != a.welcome.Session.Author().Unmarked() || b.welcome.User == a.welcome.User || a.welcome.Rate != 9 {
		t.Errorf("welcomed %+v and %+v", a.welcome, b.welcome)
	}
}

// What is placed over HTTP is the person's.
func TestPeople_PlacedWithoutAConnection(t *testing.T) {
	w := newWorld(t, nil)
	if _, err := w.node.Place(t.Context(), someone(7), []Stroke{{Dots: []canvas.Dot{dot(0, 0, 1)}}, {Dots: []canvas.Dot{dot(1, 0, 1)}}}); err != nil {
		t.Fatal(err)
	}
	log, err := w.store.History(context.Background(), 0, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range log {
		for i := range b.Ops {
			if b.Ops[i].By() != 7 || b.Ops[i].ID.Author == 7 {
				t.Errorf("op %+v", b.Ops[i])
			}
		}
	}
}

func TestPeople_PointerIsTheUsers(t *testing.T) {
	w := newWorld(t, nil)
	w.person = someone(7)
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.converged(a)
	a.conn.Send(Cursor{X: 3, Y: 4})
	w.eventually("its pointer is shown", func() bool { return len(w.crowd.pointers) > 0 })
	if got := w.crowd.pointers[0]; got != (canvas.Pointer{Author: 7, X: 3, Y: 4}) {
		t.Errorf("pointer %+v", got)
	}
}

// A person with several connections is listed once, by the last name given on any pod, and counts as
// one of the people; connections are counted as ever.
func TestPeople_AreListedOnce(t *testing.T) {
	p := newPods(t, 2, nil)
	one, two := p.members[0], p.members[1]
	one.person, two.person = someone(7), someone(7)
	shows := func(what string, connections, people int, names ...string) {
		t.Helper()
		for _, pod := range p.members {
			pod.eventually(what, func() bool {
				now := pod.crowd.presence
				if now == nil || now.Count != connections || now.People != people || len(now.Named) != len(names) {
					return false
				}
				for _, u := range now.Named {
					if !slices.Contains(names, u.Name) {
						return false
					}
				}
				return true
			})
		}
	}
	first := one.connect(Hello{Name: "ada"})
	shows("one tab", 1, 1, "ada")
	second := two.connect(Hello{Name: "lady ada"})
	shows("a tab on another pod gives another name", 2, 1, "lady ada")
	first.conn.Send(Rename{Name: "countess"})
	shows("the first tab gives another", 2, 1, "countess")
	third := one.connect(Hello{})
	shows("a tab that gives none", 3, 1, "countess")
	first.conn.Close()
	shows("the tab with the last name has left", 2, 1, "lady ada")
	one.person, two.person = canvas.Person{}, canvas.Person{}
	programs := []*client{one.connect(Hello{Name: "ada"}), two.connect(Hello{}), two.connect(Hello{})}
	shows("programs are as many people as connections", 5, 4, "lady ada", "ada")
	second.conn.Close()
	shows("who is left has no name", 4, 4, "ada")
	third.conn.Close()
	shows("the last tab has left", 3, 3, "ada")
	for _, c := range programs {
		c.conn.Close()
	}
	shows("nobody", 0, 0)
}

// Nothing is placed for whom nobody can hold to account yet.
func TestPeople_PlaceNothingWhileUnsure(t *testing.T) {
	w := newWorld(t, nil)
	w.person = canvas.Person{Subject: canvas.Subject{1}, Unsure: true, Pace: canvas.Pace{Rate: 9, Burst: 9}}
	a := w.connect(Hello{})
	a.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
	w.eventually("it is refused", func() bool { return a.refused[1] == canvas.RefusedUnavailable })
	if w.store.Commits() != 0 {
		t.Error("it was placed")
	}
}

package actors

import (
	"slices"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store/memory"
)

// Whoever beckons is shown to those who watch the region, as the user that others know. Whoever is muted or may only
// watch is refused, shadowed or not, and whoever else is shadowed is told nothing.
func TestBeckon(t *testing.T) {
	w := ruledWorld(t, memory.New(memory.Config{Geometry: testGeometry}))
	as := func(user canvas.Author, readOnly bool) *client {
		w.person = canvas.Person{Kind: canvas.Guest, Subject: canvas.Subject{byte(user)}, User: user, ReadOnly: readOnly}
		return w.connect(Hello{Name: "Ada"})
	}
	plain, muted, shady, watcher, both := as(0xA1, false), as(0xA2, false), as(0xA3, false), as(0xA4, true), as(0xA5, false)
	w.watch(plain, nil)
	w.converged(plain)
	w.decide(rules.Act{ID: "m", Do: rules.Mute, Target: &rules.Target{User: 0xA2}, By: byOperator()})
	w.decide(rules.Act{ID: "s", Do: rules.Shadow, Target: &rules.Target{User: 0xA3}, By: byOperator()})
	w.decide(rules.Act{ID: "m2", Do: rules.Mute, Target: &rules.Target{User: 0xA5}, By: byOperator()})
	w.decide(rules.Act{ID: "s2", Do: rules.Shadow, Target: &rules.Target{User: 0xA5}, By: byOperator()})

	at := uint16(testGeometry.Region)
	for _, c := range []*client{muted, shady, watcher, both} {
		c.conn.Send(Beckon{X: at, Y: 1})
	}
	plain.conn.Send(Beckon{X: uint16(testGeometry.Width), Y: 1}) // off the canvas
	w.eventually("all are handled", func() bool {
		return muted.handled == 2 && shady.handled == 2 && watcher.handled == 2 && both.handled == 2 && plain.handled >= 3
	})
	plain.conn.Send(Beckon{X: at, Y: 2})
	w.eventually("one is shown", func() bool { return len(w.crowd.beckons) > 0 })
	w.crowd.do(func() {
		if want := []canvas.Pointer{{Author: 0xA1, X: at, Y: 2}}; !slices.Equal(w.crowd.beckons, want) {
			t.Errorf("shown %v, want %v", w.crowd.beckons, want)
		}
		for name, c := range map[string]*client{"muted": muted, "watcher": watcher, "muted and shadowed": both} {
			if c.refused[0] != canvas.RefusedRights {
				t.Errorf("%s: refused %v", name, c.refused)
			}
		}
		if len(shady.refused)+len(plain.refused) > 0 {
			t.Errorf("refused %v and %v", shady.refused, plain.refused)
		}
	})
}

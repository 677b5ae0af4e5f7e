package rules_test

import (
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// FuzzChain: whatever bytes claim to be acts, the chain takes them or refuses them, and what it takes can
// be asked about, taken back and verified.
func FuzzChain(f *testing.F) {
	for _, body := range []string{
		`"do":"ban","target":{"user":"00000000000a"},"until":5,"why":"<x>"`, `"do":"ban","target":{"cidr":"2001:db8::/32"}`, `"do":"shadow","target":{"network":"00000000000a"}`,
		`"do":"protect","area":{"name":"n","x":1,"y":2,"width":30,"height":40,"least":"owner","users":["00000000000b"]}`, `"do":"protect","area":{"x":9223372036854775807,"width":1,"height":1}`,
		`"do":"palette","colors":["#FF0000"]`, `"do":"timetable","phases":[{"from":1,"state":"frozen","pace":{"rate":1,"burst":1}}]`, `"do":"pace","role":"owner","pace":{"rate":1e300,"burst":1}`,
		`"do":"role","target":{"user":"00000000000a"},"role":"owner"`, `"do":"undo","of":1`, `"do":"freeze"`, `"do":"open"`, `"do":"rollback","selection":{"users":["00000000000a"]}`, `"do":"later"`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c := rules.NewChain(geometry)
		appendTo(t, c, rules.Act{Do: rules.Protect, Area: &rules.Area{X: 1, Y: 1, Width: 50, Height: 50, Least: canvas.RoleMember}})
		stored := []byte(`{"n":2,"before":"` + c.Head() + `",` + body + `}`)
		act, err := c.Append(stored)
		if err != nil {
			return
		}
		for _, now := range []time.Time{{}, noon, noon.AddDate(1000, 0, 0)} {
			r := c.Rules()
			r.CheckPixels(member, 0, []canvas.Pixel{{Pos: 65535}, {Pos: 40}}, now)
			r.CheckDots(member, []canvas.Dot{{X: 65535, Y: 9}, {X: 9, Y: 9}}, now)
			r.Pace(canvas.RoleGuest, now)
			r.Next(now)
			r.Shown(now)
			r.InForce(now)
		}
		if !act.Ignored {
			if again, err := rules.Decode(act.Encode()); err != nil || again.Do != act.Do || again.N != act.N {
				t.Errorf("%s is read as %+v, and written and read as %+v, error %v", stored, act, again, err)
			}
		}
		_, _ = c.Draft(rules.Act{Do: rules.Undo, Of: 2, By: operator, Time: noon.UnixMilli(), ID: "undo"})
		if head, err := rules.Verify(all([][]byte{stored}), rules.Head{}); err == nil {
			t.Errorf("an act alone is verified: %s", head)
		}
	})
}

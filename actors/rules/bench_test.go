package rules_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// full is a chain with the rules of a canvas of 2048x2048 with 1,000 bans of users, 1,000 of ranges, 500 areas,
// each with a few users, and 256 colours.
func full(t testing.TB) *rules.Rules { return fullChain(t).Rules() }

func fullChain(t testing.TB) *rules.Chain {
	t.Helper()
	g := canvas.Geometry{Width: 2048, Height: 2048, Region: 256}
	c, random := rules.NewChain(g), rand.New(rand.NewPCG(1, 2))
	decide := func(act rules.Act) {
		appendTo(t, c, act)
	}
	for n := range 1000 {
		decide(rules.Act{Do: rules.Ban, Target: &rules.Target{User: canvas.Author(1e6 + n)}})
		decide(rules.Act{Do: rules.Ban, Target: &rules.Target{CIDR: fmt.Sprintf("%d.%d.%d.0/24", 100+n%40, n/256, n%256)}})
	}
	for range 500 {
		area := rules.Area{X: random.IntN(1800), Y: random.IntN(1800), Width: 1 + random.IntN(240), Height: 1 + random.IntN(240), Least: canvas.RoleMember}
		for range 5 {
			area.Users = append(area.Users, canvas.Author(random.Uint64N(1<<40)+1))
		}
		decide(rules.Act{Do: rules.Protect, Area: &area})
	}
	var colors []canvas.Color
	for n := range 256 {
		colors = append(colors, canvas.Color(n*n*200))
	}
	decide(rules.Act{Do: rules.SetPalette, Colors: colors})
	return c
}

// appendTo adds an act of an operator as Draft would make it, without working out the rules before it.
func appendTo(t testing.TB, c *rules.Chain, act rules.Act) {
	t.Helper()
	act.N, act.Before, act.By, act.Time, act.ID = c.Len()+1, c.Head(), operator, noon.UnixMilli(), "id-"+strconv.FormatUint(c.Len()+1, 10)
	if got, err := c.Append(act.Encode()); err != nil || got.Ignored {
		t.Fatalf("append %+v: %v", act, err)
	}
}

// pixels are n pixels that somebody may place: a guest where there is no area, a member elsewhere.
func pixels(n int) (in []canvas.Pixel, dots []canvas.Dot) {
	for i := range n {
		in = append(in, canvas.Pixel{Pos: uint16(i * 7), Color: canvas.Color(i % 256 * (i % 256) * 200)})
		dots = append(dots, canvas.Dot{X: uint16(i * 31 % 2048), Y: uint16(i * 17 % 2048), Color: in[i].Color})
	}
	return in, dots
}

var member = rules.Who{User: 0xADA, Known: true, Network: 0x77, Address: ip(203, 0, 113, 9), Role: canvas.RoleMember}

// crowded are the rules with 500 areas in one region, all of which need a moderator and let one member in.
func crowded(t testing.TB) *rules.Rules {
	t.Helper()
	c := rules.NewChain(canvas.Geometry{Width: 256, Height: 256, Region: 256})
	for n := range 500 {
		appendTo(t, c, rules.Act{Do: rules.Protect, Area: &rules.Area{
			X: n % 16, Y: n / 16, Width: 200, Height: 200, Least: canvas.RoleModerator, Users: []canvas.Author{member.User},
		}})
	}
	return c.Rules()
}

func BenchmarkCheck(b *testing.B) {
	r := full(b)
	for _, n := range []int{1, 64} {
		in, dots := pixels(n)
		b.Run(fmt.Sprintf("pixels=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.CheckPixels(member, 9, in, noon)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/pixel")
		})
		b.Run(fmt.Sprintf("dots=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.CheckDots(member, dots, noon)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/pixel")
		})
	}
	b.Run("guest", func(b *testing.B) {
		guest := member
		guest.Role = canvas.RoleGuest
		in, _ := pixels(1)
		for b.Loop() {
			r.CheckPixels(guest, 63, in, noon) // a corner without areas
		}
	})
	b.Run("crowded", func(b *testing.B) {
		r := crowded(b)
		in := []canvas.Pixel{{Pos: 100*256 + 100}}
		for b.Loop() {
			r.CheckPixels(member, 0, in, noon)
		}
	})
	b.Run("none", func(b *testing.B) {
		in, _ := pixels(1)
		for b.Loop() {
			rules.None().CheckPixels(member, 9, in, noon)
		}
	})
}

func TestCheck_Allocs(t *testing.T) {
	r := full(t)
	in, dots := pixels(64)
	guest, banned, mapped := member, member, member
	guest.Role = canvas.RoleGuest
	banned.User = 1e6
	mapped.Address = ip(100, 0, 0, 7)
	for name, who := range map[string]rules.Who{"member": member, "guest": guest, "banned user": banned, "banned address": mapped} {
		allocs := testing.AllocsPerRun(100, func() {
			r.CheckPixels(who, 9, in, noon)
			r.CheckDots(who, dots, noon)
			r.Banned(who, noon)
			r.Muted(who, noon)
			r.Shadowed(who, noon)
			r.Pace(r.Role(who), noon)
			r.Next(noon)
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations, none wanted", name, allocs)
		}
	}
	if v := r.CheckPixels(banned, 9, in, noon); v.Why != canvas.RefusedBanned {
		t.Errorf("the banned user: %+v", v)
	}
	if v := r.CheckPixels(mapped, 9, in, noon); v.Why != canvas.RefusedBanned {
		t.Errorf("the banned address: %+v", v)
	}
	if v := r.CheckPixels(member, 9, in, noon); v.Why != 0 {
		t.Errorf("the member: %+v", v)
	}
}

// BenchmarkChain_Rules is what one more act costs a pod.
func BenchmarkChain_Rules(b *testing.B) {
	c := fullChain(b)
	for b.Loop() {
		c.Masks(func(string) *rules.Mask { return nil }) // so that they are worked out again
		c.Rules()
	}
}

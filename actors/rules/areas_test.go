package rules_test

import (
	"math/rand/v2"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// TestAreas_Masks: of an area with a mask, those pixels are protected that count, in all regions, whatever
// part of a word or region its rows begin in.
func TestAreas_Masks(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 20 {
		width, height := 1+random.IntN(70), 1+random.IntN(40)
		dense := random.IntN(40) + 1 // few pixels or many
		pixels := make(map[[2]int]bool)
		mask, err := rules.NewMask(width, height, func(x, y int) bool {
			pixels[[2]int{x, y}] = random.IntN(dense) == 0 || x+y == 0
			return pixels[[2]int{x, y}]
		})
		if err != nil {
			t.Fatal(err)
		}
		c := newCourt(t)
		c.Masks(func(string) *rules.Mask { return mask })
		area := rules.Area{X: random.IntN(geometry.Width - width + 1), Y: random.IntN(geometry.Height - height + 1), Width: width, Height: height, Mask: "m", Least: canvas.RoleMember}
		c.decide(rules.Act{Do: rules.Protect, Area: &area})
		for y := range geometry.Height {
			for x := range geometry.Width {
				want := pixels[[2]int{x - area.X, y - area.Y}]
				if got := c.verdict(ada, x, y, 0, 0); (got.Why == canvas.RefusedProtected) != want {
					t.Fatalf("%+v at %d,%d: %+v, want protected %v", area, x, y, got, want)
				}
			}
		}
	}
}

// TestAreas_MaskIsMissing: too much is protected rather than too little, until it is there.
func TestAreas_MaskIsMissing(t *testing.T) {
	c := newCourt(t)
	appendTo(t, c.Chain, rules.Act{Do: rules.Protect, Area: &rules.Area{X: 5, Y: 5, Width: 10, Height: 10, Mask: "lost", Least: canvas.RoleMember}})
	protected := rules.Verdict{Why: canvas.RefusedProtected, Act: 1}
	c.expect(ada, 0, protected)
	if missing := c.Rules().Missing(); len(missing) != 1 || missing[0] != "lost" {
		t.Errorf("missing: %v", missing)
	}
	size, corner := 10, func(x, y int) bool { return x+y == 0 }
	c.Masks(func(string) *rules.Mask {
		mask, err := rules.NewMask(size, 10, corner)
		if err != nil {
			t.Fatal(err)
		}
		return mask
	})
	c.expect(ada, 0, rules.Verdict{})
	if got := c.verdict(ada, 5, 5, 0, 0); got != protected || c.Rules().Missing() != nil {
		t.Errorf("the corner: %+v", got)
	}
	size = 11
	c.refused(rules.Act{Do: rules.Protect, Area: &rules.Area{Width: 10, Height: 10, Mask: "m", Least: canvas.RoleMember}}, rules.ErrInvalid, "has 11x10 pixels, and the area 10x10")
	size, corner = 10, func(x, y int) bool { return false }
	c.refused(rules.Act{Do: rules.Protect, Area: &rules.Area{Width: 10, Height: 10, Mask: "m", Least: canvas.RoleMember}}, rules.ErrInvalid, "no pixel of it counts")
}

// TestAreas_Edges: areas reach up to the edges of regions and of the canvas, and not beyond.
func TestAreas_Edges(t *testing.T) {
	for _, area := range []rules.Area{{X: 0, Y: 0, Width: 100, Height: 60}, {X: 32, Y: 32, Width: 32, Height: 28}, {X: 31, Y: 31, Width: 2, Height: 2}, {X: 99, Y: 59, Width: 1, Height: 1}, {X: 96, Y: 0, Width: 4, Height: 60}} {
		c := newCourt(t)
		area.Least = canvas.RoleModerator
		c.decide(rules.Act{Do: rules.Protect, Area: &area})
		for y := range geometry.Height {
			for x := range geometry.Width {
				inside := x >= area.X && x < area.X+area.Width && y >= area.Y && y < area.Y+area.Height
				if got := c.verdict(ada, x, y, 0, 0); (got.Why == canvas.RefusedProtected) != inside {
					t.Fatalf("%+v at %d,%d: %+v", area, x, y, got)
				}
			}
		}
	}
}

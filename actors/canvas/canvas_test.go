package canvas

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// newRandom returns a generator whose seed is shown if the test fails.
func newRandom(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

func TestGeometry_Validate(t *testing.T) {
	for _, test := range []struct {
		geometry Geometry
		reason   string // empty: valid
	}{
		{Geometry{1024, 1024, 256}, ""},
		{Geometry{1, 1, 1}, ""},
		{Geometry{100, 60, 64}, ""},
		{Geometry{MaxEdge, MaxPixels / MaxEdge, 256}, ""},
		{Geometry{64, 64, 1}, ""}, // 4,096 regions
		{Geometry{0, 10, 10}, "each edge must be"},
		{Geometry{10, 0, 10}, "each edge must be"},
		{Geometry{-1, -1, 10}, "each edge must be"},
		{Geometry{MaxEdge + 1, 1, 256}, "each edge must be"},
		{Geometry{1, MaxEdge + 1, 256}, "each edge must be"},
		{Geometry{MaxEdge, MaxPixels/MaxEdge + 1, 256}, "at most 67108864 pixels"},
		{Geometry{10, 10, 0}, "region 0"},
		{Geometry{10, 10, -5}, "region -5"},
		{Geometry{1024, 1024, 257}, "region 257"},
		{Geometry{65, 64, 1}, "4160 regions"},
	} {
		err := test.geometry.Validate()
		if test.reason == "" && err != nil || test.reason != "" && (err == nil || !strings.Contains(err.Error(), test.reason)) {
			t.Errorf("%v: error %v, want %q", test.geometry, err, test.reason)
		}
	}
}

func TestGeometry_Regions(t *testing.T) {
	for _, test := range []struct {
		geometry      Geometry
		columns, rows int
	}{
		{Geometry{1024, 1024, 256}, 4, 4},
		{Geometry{1025, 1024, 256}, 5, 4},
		{Geometry{1, 1, 256}, 1, 1},
		{Geometry{100, 60, 64}, 2, 1},
		{Geometry{16384, 4096, 256}, 64, 16},
	} {
		g := test.geometry
		if g.Columns() != test.columns || g.Rows() != test.rows || g.Regions() != test.columns*test.rows {
			t.Errorf("%v: %d x %d regions, %d in all; want %d x %d", g, g.Columns(), g.Rows(), g.Regions(), test.columns, test.rows)
		}
	}
}

func TestGeometry_Locate(t *testing.T) {
	g := Geometry{Width: 100, Height: 150, Region: 64} // columns of 64 and 36, rows of 64, 64 and 22 pixels
	for _, test := range []struct {
		x, y   int
		region RegionID
		pos    uint16
	}{
		{0, 0, 0, 0},
		{63, 0, 0, 63},
		{0, 1, 0, 64},
		{63, 63, 0, 4095},
		{64, 0, 1, 0},
		{99, 0, 1, 35},
		{64, 1, 1, 36}, // the width of the narrow region counts
		{0, 64, 2, 0},
		{70, 130, 5, 2*36 + 6},
		{99, 149, 5, 22*36 - 1},
	} {
		if region, pos := g.Locate(test.x, test.y); region != test.region || pos != test.pos {
			t.Errorf("Locate(%d, %d) is region %d, position %d; want %d, %d", test.x, test.y, region, pos, test.region, test.pos)
		}
		if x, y := g.Point(test.region, test.pos); x != test.x || y != test.y {
			t.Errorf("Point(%d, %d) is (%d, %d), want (%d, %d)", test.region, test.pos, x, y, test.x, test.y)
		}
	}
	if x, y, w, h := g.Bounds(5); x != 64 || y != 128 || w != 36 || h != 22 {
		t.Errorf("region 5 is %dx%d at (%d, %d), want 36x22 at (64, 128)", w, h, x, y)
	}
	largest := Geometry{Width: 256, Height: 256, Region: 256}
	if _, pos := largest.Locate(255, 255); pos != 65535 {
		t.Errorf("the last position of the largest region is %d, want 65535", pos)
	}
}

// TestGeometry_Tiling shows that every pixel of any canvas has exactly one position in one region,
// and that every position is a pixel.
func TestGeometry_Tiling(t *testing.T) {
	random := newRandom(t)
	for range 50 {
		g := Geometry{Width: 1 + random.IntN(80), Height: 1 + random.IntN(80), Region: 1 + random.IntN(90)}
		if g.Regions() > MaxRegions {
			continue
		}
		taken := make(map[[2]int]bool)
		for y := range g.Height {
			for x := range g.Width {
				region, pos := g.Locate(x, y)
				left, top, width, height := g.Bounds(region)
				if int(region) >= g.Regions() || int(pos) >= width*height || x < left || y < top || x >= left+width || y >= top+height {
					t.Fatalf("%v: (%d, %d) is position %d of region %d", g, x, y, pos, region)
				}
				if backX, backY := g.Point(region, pos); backX != x || backY != y {
					t.Fatalf("%v: (%d, %d) comes back as (%d, %d)", g, x, y, backX, backY)
				}
				taken[[2]int{int(region), int(pos)}] = true
			}
		}
		places := 0
		for id := range g.Regions() {
			_, _, width, height := g.Bounds(RegionID(id))
			places += width * height
		}
		if len(taken) != g.Width*g.Height || places != len(taken) {
			t.Fatalf("%v: %d pixels in %d of %d places", g, g.Width*g.Height, len(taken), places)
		}
	}
}

func TestGeometry_Contains(t *testing.T) {
	g := Geometry{Width: 10, Height: 5, Region: 4}
	for _, test := range []struct {
		x, y int
		want bool
	}{
		{0, 0, true}, {9, 4, true}, {10, 4, false}, {9, 5, false}, {-1, 0, false}, {0, -1, false}, {65536, 0, false},
	} {
		if got := g.Contains(test.x, test.y); got != test.want {
			t.Errorf("Contains(%d, %d) is %v", test.x, test.y, got)
		}
	}
}

func TestGeometry_String(t *testing.T) {
	if got := (Geometry{1024, 768, 256}).String(); got != "1024x768/256" {
		t.Errorf("%q, want 1024x768/256", got)
	}
}

// TestSession_Author shows that every pod derives the same author, from the whole session. The
// values are the first 48 bits of the SHA-256 of the session.
func TestSession_Author(t *testing.T) {
	for _, test := range []struct {
		session Session
		want    Author
	}{
		{Session{}, 0x374708fff771},
		{Session{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, 0xbe45cb2605bf},
	} {
		if got := test.session.Author(); got != test.want {
			t.Errorf("author of %x is %#x, want %#x", test.session, got, test.want)
		}
	}
	seen := map[Author]bool{Session{}.Author(): true}
	for i := range len(Session{}) {
		var s Session
		s[i] = 1
		if author := s.Author(); author >= 1<<48 || seen[author] {
			t.Errorf("author of %x is %#x: over 48 bits, or of another session too", s, author)
		} else {
			seen[author] = true
		}
	}
}

func TestParseGeometry(t *testing.T) {
	for _, g := range []Geometry{{1024, 768, 256}, {1, 1, 1}} {
		if got, err := ParseGeometry(g.String()); err != nil || got != g {
			t.Errorf("%v became %v: %v", g, got, err)
		}
	}
	for _, text := range []string{"", "1024x1024", "1024x1024/", "1024x1024/256 ", "01024x1024/256", "-1x5/5", "0x5/5", "5x5/300", "1 x1/1"} {
		if got, err := ParseGeometry(text); err == nil {
			t.Errorf("%q became %v", text, got)
		}
	}
}

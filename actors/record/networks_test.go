package record

import (
	"math/rand/v2"
	"testing"

	"pixelplayground/actors/canvas"
)

// TestNetworks_RoundTrip: people come and go between networks, and some are not known.
func TestNetworks_RoundTrip(t *testing.T) {
	g := canvas.Geometry{Width: 16, Height: 16, Region: 16}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range 40 {
		r := new(rows)
		for range 1 + rnd.IntN(100) {
			by := author{user: canvas.Author(rnd.IntN(4)), network: canvas.NetworkID(rnd.IntN(3)), name: []string{"", "Ada"}[rnd.IntN(2)]}
			r.add(1, 5, uint16(rnd.IntN(256)), 1, 2, by)
		}
		content, err := r.encode(newPacker(), g, nil)
		if err != nil {
			t.Fatal(err)
		}
		f := r.file(segmentKind)
		read, err := decode(&f, content, g, everything, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.n {
			if got, want := read.authors.list[read.by[i]], r.authors.list[r.by[i]]; got != want {
				t.Fatalf("row %d of %d is by %+v, want %+v", i, r.n, got, want)
			}
		}
	}
}

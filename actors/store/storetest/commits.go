package storetest

import (
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

func commitIsAllOrNothing(f *fixture) {
	claim := f.claim(whole)
	done := f.commitMany(whole, claim.Epoch, 0, 20)
	f.refused("a commit that leaves a gap", batch(whole, claim.Epoch, 40, 300), store.ErrDamaged) // every pixel of the region
	f.state(whole, done...)
}

// A commit whose answer was lost is repeated.
func commitRepeated(f *fixture) {
	claim := f.claim(whole)
	done := f.commitMany(whole, claim.Epoch, 0, 3)
	for range 3 {
		f.commit(done[0])
	}
	done = append(done, f.commit(batch(whole, claim.Epoch, 3, 5)))
	f.commit(done[1])
	f.fenced("a commit that was not the last", done[0])
	f.state(whole, done...)
}

func commitThatDoesNotContinue(f *fixture) {
	claim := f.claim(whole)
	f.refused("a first commit that does not begin at 0", batch(whole, claim.Epoch, 1, 1), store.ErrDamaged)
	f.fenced("a commit by nobody to a blank region", batch(other, 0, 0, 1))
	done := f.commitMany(whole, claim.Epoch, 0, 10, 10)
	f.refused("a gap", batch(whole, claim.Epoch, 21, 5), store.ErrDamaged)
	f.fenced("an overlap", batch(whole, claim.Epoch, 19, 5))
	f.fenced("a longer batch in place of the last", batch(whole, claim.Epoch, 10, 11))
	f.fenced("a batch over both that ends where the last did", batch(whole, claim.Epoch, 0, 20))
	f.fenced("a shorter batch that ends where the last did", batch(whole, claim.Epoch, 15, 5))
	f.state(whole, done...)
}

// As many pixels as a region may commit at once, in one and in many ops.
func commitOfLargeBatch(f *fixture) {
	claim := f.claim(whole)
	strokes := batch(whole, claim.Epoch, 0, 16<<10)
	stroke := batch(whole, claim.Epoch, 16<<10, 1)
	for i := range 16<<10 - 1 {
		stroke.Ops[0].Pixels = append(stroke.Ops[0].Pixels, canvas.Pixel{Pos: uint16(i % 256), Color: canvas.Color(i)})
	}
	stroke.To = 32 << 10
	f.commit(strokes)
	f.commit(stroke)
	f.state(whole, strokes, stroke)
}

func regionsAreIndependent(f *fixture) {
	one, two := f.claim(whole), f.claim(other)
	a := f.commitMany(whole, one.Epoch, 0, 5)
	b := f.commitMany(other, two.Epoch, 0, 2)
	f.claim(other)
	a = append(a, f.commitMany(whole, one.Epoch, 5, 1)...)
	if err := f.store.Release(f.ctx, other, one.Term); err != nil {
		f.Fatal(err)
	}
	a = append(a, f.commitMany(whole, one.Epoch, 6, 9)...)
	f.state(whole, a...)
	f.state(other, b...)
	f.state(corner)
}

// Every pixel of every region keeps its place, also in regions that the canvas's edge cuts off.
func edgeRegions(f *fixture) {
	for i := range Geometry().Regions() {
		region := canvas.RegionID(i)
		claim := f.claim(region)
		positions := len(claim.Tile) / 3
		b := batch(region, claim.Epoch, 0, positions)
		for at := range positions {
			b.Ops[at/3].Pixels[at%3].Pos = uint16(at)
		}
		f.commit(b)
		f.state(region, b)
	}
}

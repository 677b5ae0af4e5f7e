package storetest

import (
	"errors"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// An owner that finds the region damaged replaces it with what it knows.
func mendReplacesAll(f *fixture) {
	former := f.claim(whole)
	f.commitMany(whole, former.Epoch, 0, 9, 9, 9)
	owner := f.claim(whole)
	kept := []*canvas.Batch{batch(whole, owner.Epoch, 100, 5), batch(whole, owner.Epoch, 105, 7)}
	have := &store.Claim{Term: owner.Term, Position: kept[1].Position(), Tile: replay(whole, kept), Recent: kept}
	if _, err := f.store.Mend(f.ctx, whole, "former", &store.Claim{Term: former.Term, Tile: blank(whole)}); !errors.Is(err, store.ErrFenced) {
		f.Errorf("mend by a former owner: %v, want ErrFenced", err)
	}
	term := f.mend(whole, have)
	f.fenced("a commit under the claim before", batch(whole, owner.Epoch, 112, 1))
	kept = append(kept, f.commitMany(whole, term.Epoch, 112, 4, 1)...)
	f.state(whole, kept...)
}

// A region without a log goes on without one, also at its very beginning.
func mendWithoutLog(f *fixture) {
	for region, position := range map[canvas.RegionID]canvas.Position{whole: {Epoch: 1, Seq: 7}, other: {}} {
		owner := f.claim(region)
		f.commitMany(region, owner.Epoch, 0, 3)
		tile := blank(region)
		if position.Seq > 0 {
			tile.Set(4, 0x123456)
		}
		term := f.mend(region, &store.Claim{Term: owner.Term, Position: position, Tile: tile})
		again := f.claim(region)
		if again.Damage != nil || again.Position != position || string(again.Tile) != string(tile) || len(again.Recent) != 0 || again.Epoch <= term.Epoch {
			f.Fatalf("region %d: mended to %v, and is at %v with %d batches: %v", region, position, again.Position, len(again.Recent), again.Damage)
		}
		b := f.commit(batch(region, again.Epoch, position.Seq, 2))
		tile.Apply(b)
		if last := f.claim(region); last.Damage != nil || len(last.Recent) != 1 || string(last.Tile) != string(tile) {
			f.Errorf("region %d: %d batches after one, other pixels or damaged: %v", region, len(last.Recent), last.Damage)
		}
	}
}

// A store that knows neither the claim nor any later one has lost it.
func mendOfLostClaim(f *fixture) {
	claim := f.claim(whole)
	lost := store.Term{Epoch: claim.Epoch + 7, Token: 5}
	b := batch(whole, lost.Epoch, 0, 3)
	if err := f.store.Holds(f.ctx, whole, lost, 0); !errors.Is(err, store.ErrDamaged) {
		f.Errorf("holds: %v, want ErrDamaged", err)
	}
	term := f.mend(whole, &store.Claim{Term: lost, Position: b.Position(), Tile: replay(whole, []*canvas.Batch{b}), Recent: []*canvas.Batch{b}})
	if term.Epoch <= lost.Epoch {
		f.Errorf("mended under epoch %d, the claim had %d", term.Epoch, lost.Epoch)
	}
	if err := f.store.Holds(f.ctx, whole, term, 0); err != nil {
		f.Errorf("holds after mending: %v", err)
	}
	f.state(whole, b)
}

// mend replaces a region with what have says; from then on it is claimed under the term returned.
func (f *fixture) mend(region canvas.RegionID, have *store.Claim) store.Term {
	f.Helper()
	term, err := f.store.Mend(f.ctx, region, "test", have)
	if err != nil {
		f.Fatalf("mend region %d: %v", region, err)
	}
	if term.Epoch <= have.Epoch || term.Token == 0 {
		f.Fatalf("mended under %v, the claim was %v", term, have.Term)
	}
	f.tokens[claimID{region, term.Epoch}] = term.Token
	return term
}

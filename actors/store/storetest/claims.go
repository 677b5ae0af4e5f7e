package storetest

import (
	"errors"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

func claimOfBlankRegion(f *fixture) {
	for i := range Geometry().Regions() {
		claim := f.state(canvas.RegionID(i))
		if claim.Epoch == 0 {
			f.Errorf("region %d: epoch 0 is no claim's", i)
		}
	}
}

func claimRaisesEpoch(f *fixture) {
	var last uint64
	for range 5 {
		claim := f.claim(whole)
		if claim.Epoch <= last {
			f.Fatalf("epoch %d after %d", claim.Epoch, last)
		}
		last = claim.Epoch
	}
	f.state(whole)
}

func claimGivesState(f *fixture) {
	first := f.claim(whole)
	batches := f.commitMany(whole, first.Epoch, 0, 1, 5, 30)
	second := f.state(whole, batches...)
	batches = append(batches, f.commitMany(whole, second.Epoch, 36, 7, 1)...)
	f.state(whole, batches...)
	f.state(whole, batches...) // a claim without a commit leaves the position's epoch alone
}

func claimTileIsCallersOwn(f *fixture) {
	claim := f.claim(whole)
	b := f.commit(batch(whole, claim.Epoch, 0, 3))
	for range 2 {
		claim = f.state(whole, b)
		for i := range claim.Tile {
			claim.Tile[i] = 0x55
		}
		clear(claim.Recent)
	}
	clear(f.history(whole))
	f.state(whole, b)
}

// I3: whatever a former owner believes, it can't write.
func claimFencesFormerOwner(f *fixture) {
	former := f.claim(whole)
	done := f.commitMany(whole, former.Epoch, 0, 4, 4)
	owner := f.claim(whole)
	f.fenced("a commit of the former owner", batch(whole, former.Epoch, 8, 2))
	f.fenced("its last commit repeated", done[1])
	f.refused("a commit of an epoch to come", batch(whole, owner.Epoch+1, 8, 2), store.ErrDamaged)
	done = append(done, f.commit(batch(whole, owner.Epoch, 8, 2)))
	f.fenced("a commit that would follow the new owner's", batch(whole, former.Epoch, 10, 2))
	f.state(whole, done...)
}

func releaseEndsClaim(f *fixture) {
	if err := f.store.Release(f.ctx, whole, store.Term{Epoch: 1, Token: 1}); err != nil {
		f.Errorf("release of a region that nobody ever claimed: %v", err)
	}
	claim := f.claim(whole)
	b := f.commit(batch(whole, claim.Epoch, 0, 4))
	for range 2 { // an owner that got no answer repeats it
		if err := f.store.Release(f.ctx, whole, claim.Term); err != nil {
			f.Fatalf("release: %v", err)
		}
	}
	f.fenced("a commit after the release", batch(whole, claim.Epoch, 4, 1))
	f.fenced("the last commit repeated after the release", b)
	if next := f.state(whole, b); next.Epoch <= claim.Epoch {
		f.Errorf("epoch %d after the release of %d", next.Epoch, claim.Epoch)
	}
}

func fenceEndsClaim(f *fixture) {
	fence := func() {
		f.Helper()
		if err := store.Fence(f.ctx, f.store, whole); err != nil {
			f.Fatalf("fence: %v", err)
		}
	}
	fence() // a region that nobody ever claimed
	claim := f.claim(whole)
	b := f.commit(batch(whole, claim.Epoch, 0, 4))
	fence()
	f.fenced("a commit after the fence", batch(whole, claim.Epoch, 4, 1))
	f.fenced("the last commit repeated after the fence", b)
	if err := f.store.Holds(f.ctx, whole, claim.Term, 4); !errors.Is(err, store.ErrFenced) {
		f.Errorf("holds after the fence: %v", err)
	}
	if next := f.state(whole, b); next.Epoch <= claim.Epoch+1 {
		f.Errorf("epoch %d after the fence of %d", next.Epoch, claim.Epoch)
	}
}

func holdsTellsWhoseTheClaimIs(f *fixture) {
	holds := func(epoch uint64) bool {
		err := f.store.Holds(f.ctx, whole, f.term(whole, epoch), 0)
		if err != nil && !errors.Is(err, store.ErrFenced) && !errors.Is(err, store.ErrDamaged) {
			f.Fatalf("holds %d: %v", epoch, err)
		}
		return err == nil
	}
	if holds(0) {
		f.Error("somebody holds a region that nobody ever claimed")
	}
	former := f.claim(whole)
	if !holds(former.Epoch) || holds(former.Epoch+1) {
		f.Error("the owner does not hold its claim, or the one to come holds already")
	}
	f.commit(batch(whole, former.Epoch, 0, 3))
	if err := f.store.Holds(f.ctx, whole, former.Term, 3); err != nil {
		f.Errorf("holds, with what was committed: %v", err)
	}
	if err := f.store.Holds(f.ctx, whole, former.Term, 4); !errors.Is(err, store.ErrDamaged) {
		f.Errorf("holds, with more than was committed: %v, want ErrDamaged", err)
	}
	owner := f.claim(whole)
	if holds(former.Epoch) || !holds(owner.Epoch) {
		f.Error("after a new claim the former owner holds, or the new one does not")
	}
	if err := f.store.Release(f.ctx, whole, owner.Term); err != nil {
		f.Fatal(err)
	}
	if holds(owner.Epoch) {
		f.Error("a released claim holds")
	}
}

// Two owners hold one epoch, as after a claim that the store has lost. Only the token tells who is
// the owner.
func claimIsTokenToo(f *fixture) {
	owner, before := f.claim(whole), f.claim(other)
	if owner.Token == 0 || owner.Token == before.Token {
		f.Fatalf("tokens %d and %d", owner.Token, before.Token)
	}
	for _, token := range []store.Token{0, owner.Token + 1, before.Token} {
		twin := store.Term{Epoch: owner.Epoch, Token: token}
		if err := f.store.Commit(f.ctx, batch(whole, owner.Epoch, 0, 2), token); !errors.Is(err, store.ErrFenced) {
			f.Errorf("a commit with token %d: %v, want ErrFenced", token, err)
		}
		if err := f.store.Holds(f.ctx, whole, twin, 0); !errors.Is(err, store.ErrFenced) {
			f.Errorf("holds with token %d: %v, want ErrFenced", token, err)
		}
		if err := f.store.Release(f.ctx, whole, twin); err != nil {
			f.Errorf("release with token %d: %v", token, err)
		}
	}
	b := f.commit(batch(whole, owner.Epoch, 0, 2))
	if err := f.store.Commit(f.ctx, b, owner.Token+1); !errors.Is(err, store.ErrFenced) {
		f.Errorf("the last commit repeated with another token: %v, want ErrFenced", err)
	}
	f.state(whole, b)
}

func releaseOfStaleClaimDoesNothing(f *fixture) {
	former, owner := f.claim(whole), f.claim(whole)
	for _, epoch := range []uint64{former.Epoch, owner.Epoch + 1, 0} {
		if err := f.store.Release(f.ctx, whole, f.term(whole, epoch)); err != nil {
			f.Errorf("release of epoch %d: %v", epoch, err)
		}
	}
	b := f.commit(batch(whole, owner.Epoch, 0, 1))
	f.state(whole, b)
}

// claimsTellOfEveryClaim: an owner of many regions asks one question for all of them.
func claimsTellOfEveryClaim(f *fixture) {
	seen := make(map[string]bool)
	look := func() string {
		mark, err := f.store.Claims(f.ctx)
		if err != nil {
			f.Fatal(err)
		}
		return mark
	}
	before := look()
	seen[before] = true
	changed := func(what string) {
		f.Helper()
		mark := look()
		if seen[mark] {
			f.Errorf("after %s it is %q, as before", what, mark)
		}
		seen[mark] = true
	}
	owner := f.claim(whole)
	changed("a claim")
	f.claim(other)
	changed("a claim of another region")
	f.commit(batch(whole, owner.Epoch, 0, 3))
	if mark := look(); !seen[mark] {
		f.Errorf("after a commit it is another, %q", mark)
	}
	if _, err := f.store.Mend(f.ctx, whole, "me", f.claim(whole)); err == nil {
		changed("mending")
	}
}

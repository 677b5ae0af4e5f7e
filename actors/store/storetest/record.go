package storetest

import (
	"errors"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// buffer is the bound of what is not recorded, in the tests of a store whose canvas is recorded.
const buffer = 3 * LogPixels

// recording is a test of a store whose canvas is recorded.
func (f *fixture) recording() {
	f.Helper()
	if err := f.store.Close(); err != nil {
		f.Fatal(err)
	}
	f.buffer = buffer
	f.store = f.opened()
}

func (f *fixture) recorded(term store.Term, to uint64) {
	f.Helper()
	if err := f.store.Recorded(f.ctx, whole, term, to); err != nil {
		f.Fatalf("recorded to %d: %v", to, err)
	}
}

// kept fails the test unless the log is the end of all and begins at or before a sequence number.
func (f *fixture) kept(all []*canvas.Batch, from uint64) []*canvas.Batch {
	f.Helper()
	log := f.history(whole)
	f.sameBatches("log", log, all[len(all)-len(log):])
	if log[0].From > from {
		f.Fatalf("the log begins at %d, and %d is not recorded", log[0].From, from)
	}
	return log
}

// The log keeps what is not recorded, and drops it once it is, but for its last LogPixels.
func recordedIsDropped(f *fixture) {
	f.recording()
	owner := f.claim(whole)
	if owner.Recorded != 0 {
		f.Errorf("of a blank region %d pixels are recorded", owner.Recorded)
	}
	var all []*canvas.Batch
	draw := func(to uint64) {
		for from := pixels(all); uint64(from) < to; from = pixels(all) {
			all = append(all, f.commit(batch(whole, owner.Epoch, uint64(from), 1+from%131)))
		}
	}
	draw(2 * LogPixels)
	f.kept(all, 0)

	to := all[len(all)/2].To
	for _, to := range []uint64{to - 20, to, to - 1, 0} { // what was noted is not lowered
		f.recorded(owner.Term, to)
	}
	draw(2*LogPixels + 200)
	least := uint64(pixels(all) - LogPixels)
	if log := f.kept(all, min(to, least)); log[0].To <= min(to, least) {
		f.Errorf("the log begins at %d: recorded to %d, it need not have what is before %d", log[0].From, to, least)
	}

	f.recorded(owner.Term, uint64(pixels(all)))
	draw(uint64(pixels(all)) + 1)
	if log := f.kept(all, uint64(pixels(all)-LogPixels)); pixels(log) > LogPixels+131 {
		f.Errorf("all is recorded, and the log has %d pixels", pixels(log))
	}
	if claim := f.claim(whole); claim.Damage != nil || claim.Recorded != all[len(all)-2].To {
		f.Errorf("recorded to %d, it was to %d, %v", claim.Recorded, all[len(all)-2].To, claim.Damage)
	}
}

// Only the owner may say what is recorded, and of what the store has.
func recordedIsTheOwners(f *fixture) {
	f.recording()
	former := f.claim(whole)
	f.commitMany(whole, former.Epoch, 0, 5, 5)
	f.recorded(former.Term, 5)
	owner := f.claim(whole)
	if owner.Recorded != 5 {
		f.Errorf("the next owner is told %d, 5 are recorded", owner.Recorded)
	}
	for name, c := range map[string]struct {
		term store.Term
		to   uint64
		want error
	}{
		"a former owner":          {former.Term, 10, store.ErrFenced},
		"another with its epoch":  {store.Term{Epoch: owner.Epoch, Token: owner.Token + 1}, 10, store.ErrFenced},
		"an owner not known":      {store.Term{Epoch: owner.Epoch + 1, Token: 7}, 10, store.ErrDamaged},
		"the owner, of lost ones": {owner.Term, 11, store.ErrDamaged},
	} {
		if err := f.store.Recorded(f.ctx, whole, c.term, c.to); !errors.Is(err, c.want) {
			f.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if err := f.store.Release(f.ctx, whole, owner.Term); err != nil {
		f.Fatal(err)
	}
	if err := f.store.Recorded(f.ctx, whole, owner.Term, 10); !errors.Is(err, store.ErrFenced) {
		f.Errorf("after the release: %v, want ErrFenced", err)
	}
	if last := f.claim(whole); last.Recorded != 5 {
		f.Errorf("recorded to %d, want 5", last.Recorded)
	}
}

// What is not recorded is kept up to the buffer's bound, and no more.
func bufferIsBounded(f *fixture) {
	f.recording()
	owner := f.claim(whole)
	var all []*canvas.Batch
	for from := uint64(0); from < 2*buffer; {
		b := f.commit(batch(whole, owner.Epoch, from, 1+int(from%131)))
		all = append(all, b)
		from = b.To
		if len(all)%10 > 0 {
			continue
		}
		log := f.kept(all, max(b.To, buffer)-buffer+131)
		if n := pixels(log); n > buffer {
			f.Fatalf("the log keeps %d pixels, the bound is %d", n, buffer)
		}
	}
	f.recorded(owner.Term, all[0].To) // dropped long since
	all = append(all, f.commit(batch(whole, owner.Epoch, all[len(all)-1].To, 1)))
	f.kept(all, uint64(pixels(all)-buffer+131))
}

// A claim brings no more of a long log than of any, and all of its pixels.
func claimOfLongLog(f *fixture) {
	f.recording()
	owner := f.claim(whole)
	var all []*canvas.Batch
	for from := 0; from < buffer-131; from = pixels(all) {
		all = append(all, f.commit(batch(whole, owner.Epoch, uint64(from), 1+from%131)))
	}
	claim := f.claim(whole)
	if claim.Damage != nil || claim.Position != all[len(all)-1].Position() || string(claim.Tile) != string(replay(whole, all)) {
		f.Fatalf("claimed at %v, %v, or other pixels than were committed", claim.Position, claim.Damage)
	}
	f.sameBatches("claim's log", claim.Recent, all[len(all)-len(claim.Recent):])
	if n := pixels(claim.Recent); n < LogPixels-131 || n > LogPixels+131 {
		f.Errorf("a claim brings %d pixels of the log, want about %d", n, LogPixels)
	}
	f.kept(all, 0)
	all = append(all, f.commit(batch(whole, claim.Epoch, uint64(pixels(all)), 3)))
	f.kept(all, uint64(pixels(all)-buffer+131))
}

// Nothing of a region that was mended counts as recorded, and no more of a log is written than a log
// keeps: a backup may have come from a store that keeps more.
func mendIsNotRecorded(f *fixture) {
	f.recording()
	owner := f.claim(whole)
	f.commitMany(whole, owner.Epoch, 0, 9, 9)
	f.recorded(owner.Term, 18)
	var kept []*canvas.Batch
	for from := 0; from < 2*LogPixels; from = pixels(kept) {
		kept = append(kept, batch(whole, owner.Epoch, uint64(from), 1+from%131))
	}
	all := kept
	last := kept[len(kept)-1]
	term := f.mend(whole, &store.Claim{Term: owner.Term, Position: last.Position(), Tile: replay(whole, all), Recent: kept, Recorded: 18})
	log := f.kept(all, last.To-LogPixels+131)
	if n := pixels(log); n > LogPixels {
		f.Errorf("mended with a log of %d pixels, at most %d are kept", n, LogPixels)
	}
	f.kept(append(all, f.commit(batch(whole, term.Epoch, last.To, 1))), log[0].From)
	if claim := f.claim(whole); claim.Recorded != 0 || claim.Damage != nil {
		f.Errorf("recorded to %d, %v", claim.Recorded, claim.Damage)
	}
}

// What is recorded outlives the process. A store without a record drops what it always did, and one
// with a record goes on with what is left.
func recordedReopened(f *fixture) {
	reopen := func(buffer int) {
		f.Helper()
		if err := f.store.Close(); err != nil {
			f.Fatal(err)
		}
		f.buffer = buffer
		f.store = f.opened()
	}
	owner := f.claim(whole)
	all := f.commitMany(whole, owner.Epoch, 0, LogPixels, 7)
	f.kept(all, LogPixels)
	reopen(buffer)
	all = append(all, f.commitMany(whole, owner.Epoch, LogPixels+7, LogPixels, 5)...)
	f.kept(all, LogPixels)
	f.recorded(owner.Term, LogPixels+7)
	reopen(buffer)
	if claim := f.claim(whole); claim.Recorded != LogPixels+7 {
		f.Errorf("recorded to %d, want %d", claim.Recorded, LogPixels+7)
	} else {
		owner = claim
	}
	all = append(all, f.commit(batch(whole, owner.Epoch, 2*LogPixels+12, 1)))
	if log := f.kept(all, LogPixels+13); log[0].From != LogPixels+7 {
		f.Errorf("the log begins at %d", log[0].From)
	}
	reopen(0)
	all = append(all, f.commit(batch(whole, owner.Epoch, 2*LogPixels+13, 1)))
	if n := pixels(f.kept(all, 2*LogPixels+13)); n > LogPixels {
		f.Errorf("without a record the log keeps %d pixels, the bound is %d", n, LogPixels)
	}
}

package storetest

import (
	"context"
	"errors"
	"sync"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// calls is every method of a store that can fail, by name.
func calls(ctx context.Context, s store.Store, b *canvas.Batch, token store.Token) map[string]error {
	_, claimErr := s.Claim(ctx, b.Region, "test")
	_, mendErr := s.Mend(ctx, b.Region, "test", &store.Claim{Term: store.Term{Epoch: b.Epoch + 1<<20}, Tile: blank(b.Region)})
	_, historyErr := s.History(ctx, b.Region, 0, 10)
	return map[string]error{
		"claim":    claimErr,
		"history":  historyErr,
		"commit":   s.Commit(ctx, b, token),
		"holds":    s.Holds(ctx, b.Region, store.Term{Epoch: b.Epoch, Token: token}, 0), // before the release
		"recorded": s.Recorded(ctx, b.Region, store.Term{Epoch: b.Epoch, Token: token}, 0),
		"release":  s.Release(ctx, b.Region, store.Term{Epoch: b.Epoch, Token: token}),
		"ping":     s.Ping(ctx),
		"mend":     mendErr,
	}
}

// A call whose caller has given up fails as unavailable, and the call can be repeated.
func cancelled(f *fixture) {
	claim := f.claim(whole)
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	b := batch(whole, claim.Epoch, 0, 3)
	for call, err := range calls(ctx, f.store, b, claim.Token) {
		if !errors.Is(err, store.ErrUnavailable) {
			f.Errorf("%s: %v, want ErrUnavailable", call, err)
		}
	}
	again := f.claim(other)
	for call, err := range calls(f.ctx, f.store, batch(other, again.Epoch, 0, 1), again.Token) {
		if err != nil && call != "commit" && call != "holds" && call != "recorded" { // they come after the call that claims
			f.Errorf("%s afterwards: %v", call, err)
		}
	}
	next := f.claim(whole) // the cancelled claim may have been carried out
	f.state(whole, f.commit(batch(whole, next.Epoch, 0, 3)))
}

func closed(f *fixture) {
	claim := f.claim(whole)
	for range 2 {
		if err := f.store.Close(); err != nil {
			f.Fatalf("close: %v", err)
		}
	}
	for call, err := range calls(f.ctx, f.store, batch(whole, claim.Epoch, 0, 3), claim.Token) {
		if !errors.Is(err, store.ErrClosed) {
			f.Errorf("%s: %v, want ErrClosed", call, err)
		}
	}
}

// A commit that meets Close is either done and kept, or refused with ErrClosed.
func closeWaitsForCommits(f *fixture) {
	type outcome struct {
		region canvas.RegionID
		last   *canvas.Batch
		err    error
	}
	var (
		regions  = Geometry().Regions()
		outcomes = make(chan outcome, regions)
		begun    sync.WaitGroup
	)
	begun.Add(regions)
	for i := range regions {
		go func() {
			o := outcome{region: canvas.RegionID(i)}
			claim, err := f.store.Claim(f.ctx, o.region, "test")
			begun.Done()
			for o.err = err; o.err == nil; {
				from := uint64(0)
				if o.last != nil {
					from = o.last.To
				}
				b := batch(o.region, claim.Epoch, from, 1)
				if o.err = f.store.Commit(f.ctx, b, claim.Token); o.err == nil {
					o.last = b
				}
			}
			outcomes <- o
		}()
	}
	begun.Wait()
	if err := f.store.Close(); err != nil {
		f.Fatalf("close: %v", err)
	}
	reached := make([]canvas.Position, regions)
	for range regions {
		o := <-outcomes
		if !errors.Is(o.err, store.ErrClosed) {
			f.Errorf("region %d: %v, want ErrClosed", o.region, o.err)
		}
		if o.last != nil {
			reached[o.region] = o.last.Position()
		}
	}
	if !f.harness.Lasting {
		return
	}
	f.store = f.opened()
	for region, position := range reached {
		if claim := f.claim(canvas.RegionID(region)); claim.Position != position {
			f.Errorf("region %d: at %v after reopening, the last commit acknowledged went to %v", region, claim.Position, position)
		}
	}
}

func reopened(f *fixture) {
	reopen := func() {
		if err := f.store.Close(); err != nil {
			f.Fatalf("close: %v", err)
		}
		f.store = f.opened()
	}
	owner, released := f.claim(whole), f.claim(corner)
	a := f.commitMany(whole, owner.Epoch, 0, 4, 9)
	b := f.commitMany(corner, released.Epoch, 0, 2)
	if err := f.store.Release(f.ctx, corner, released.Term); err != nil {
		f.Fatal(err)
	}
	reopen()
	// A claim outlives the process: the same owner may come back after a cut connection.
	f.commit(a[1])
	a = append(a, f.commit(batch(whole, owner.Epoch, 13, 2)))
	f.fenced("a commit after the release", batch(corner, released.Epoch, 2, 1))
	reopen()
	if claim := f.state(whole, a...); claim.Epoch <= owner.Epoch {
		f.Errorf("epoch %d after reopening, %d before", claim.Epoch, owner.Epoch)
	}
	f.state(corner, b...)
	f.state(other)
}

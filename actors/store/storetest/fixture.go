package storetest

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// fixture is one test's store.
type fixture struct {
	*testing.T
	harness Harness
	open    func(buffer int) store.Store
	buffer  int // of stores that are opened
	store   store.Store
	ctx     context.Context
	tokens  map[claimID]store.Token // of the claims made by claim
}

// claimID names a claim of a test, in which no two claims have the same epoch.
type claimID struct {
	region canvas.RegionID
	epoch  uint64
}

func newFixture(t *testing.T, h Harness) *fixture {
	// No store may take this long. Without the limit, a store that hangs would stop the whole suite.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	f := &fixture{T: t, harness: h, open: h.Blank(t), ctx: ctx, tokens: make(map[claimID]store.Token)}
	f.store = f.opened()
	return f
}

func (f *fixture) opened() store.Store {
	s := f.open(f.buffer)
	f.Cleanup(func() {
		if err := s.Close(); err != nil {
			f.Errorf("close: %v", err)
		}
	})
	return s
}

// pod is a store as another pod would have it: the same one if there can be only one.
func (f *fixture) pod() store.Store {
	if f.harness.Shared {
		return f.opened()
	}
	return f.store
}

func (f *fixture) claim(region canvas.RegionID) *store.Claim {
	f.Helper()
	claim, err := f.store.Claim(f.ctx, region, "test")
	if err != nil {
		f.Fatalf("claim region %d: %v", region, err)
	}
	f.tokens[claimID{region, claim.Epoch}] = claim.Token
	return claim
}

// term is the claim under an epoch, as its owner knows it.
func (f *fixture) term(region canvas.RegionID, epoch uint64) store.Term {
	return store.Term{Epoch: epoch, Token: f.tokens[claimID{region, epoch}]}
}

// offer commits a batch as the owner of its epoch would.
func (f *fixture) offer(b *canvas.Batch) error {
	token := f.term(b.Region, b.Epoch).Token
	s, can := f.store.(store.CommitStarter)
	if !can {
		return f.store.Commit(f.ctx, b, token)
	}
	outcome := make(chan error, 1)
	s.StartCommit(f.ctx, b, token, func(err error) { outcome <- err })
	return <-outcome
}

func (f *fixture) commit(b *canvas.Batch) *canvas.Batch {
	f.Helper()
	if err := f.offer(b); err != nil {
		f.Fatalf("commit region %d, epoch %d, %d to %d: %v", b.Region, b.Epoch, b.From, b.To, err)
	}
	return b
}

// commitMany commits consecutive batches of these sizes from a sequence number on.
func (f *fixture) commitMany(region canvas.RegionID, epoch, from uint64, sizes ...int) []*canvas.Batch {
	f.Helper()
	var batches []*canvas.Batch
	for _, size := range sizes {
		batches = append(batches, f.commit(batch(region, epoch, from, size)))
		from += uint64(size)
	}
	return batches
}

// fenced fails the test unless the batch is refused with ErrFenced.
func (f *fixture) fenced(why string, b *canvas.Batch) {
	f.Helper()
	f.refused(why, b, store.ErrFenced)
}

func (f *fixture) refused(why string, b *canvas.Batch, want error) {
	f.Helper()
	if err := f.offer(b); !errors.Is(err, want) {
		f.Errorf("%s: %v, want %v", why, err, want)
	}
}

func (f *fixture) history(region canvas.RegionID) []*canvas.Batch {
	f.Helper()
	log, err := f.store.History(f.ctx, region, 0, 1<<30)
	if err != nil {
		f.Fatalf("history of region %d: %v", region, err)
	}
	return log
}

// state fails the test unless the region is exactly the result of all batches ever committed to it.
// It reads by a new claim, so any earlier owner has lost the region.
func (f *fixture) state(region canvas.RegionID, batches ...*canvas.Batch) *store.Claim {
	f.Helper()
	claim := f.claim(region)
	position := canvas.Position{}
	if len(batches) > 0 {
		position = batches[len(batches)-1].Position()
	}
	if claim.Damage != nil {
		f.Fatalf("region %d: %v", region, claim.Damage)
	}
	if claim.Position != position {
		f.Fatalf("region %d is at %v, want %v", region, claim.Position, position)
	}
	if !bytes.Equal(claim.Tile, replay(region, batches)) {
		f.Fatalf("region %d has other pixels than were committed", region)
	}
	if len(claim.Recent) > len(batches) || len(claim.Recent) == 0 && len(batches) > 0 {
		f.Fatalf("region %d: the log has %d batches of %d", region, len(claim.Recent), len(batches))
	}
	f.sameBatches("claim's log", claim.Recent, batches[len(batches)-len(claim.Recent):])
	f.sameBatches("history", f.history(region), claim.Recent)
	return claim
}

func (f *fixture) sameBatches(what string, got, want []*canvas.Batch) {
	f.Helper()
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if !reflect.DeepEqual(got, want) {
		f.Fatalf("%s: %d batches %s, want %d %s", what, len(got), spans(got), len(want), spans(want))
	}
}

// blank is an unpainted tile of the region's size.
func blank(region canvas.RegionID) canvas.Tile {
	_, _, width, height := Geometry().Bounds(region)
	return canvas.NewTile(width, height)
}

// replay returns a blank region after the batches.
func replay(region canvas.RegionID, batches []*canvas.Batch) canvas.Tile {
	tile := blank(region)
	for _, b := range batches {
		tile.Apply(b)
	}
	return tile
}

func pixels(batches []*canvas.Batch) int {
	n := 0
	for _, b := range batches {
		n += b.Pixels()
	}
	return n
}

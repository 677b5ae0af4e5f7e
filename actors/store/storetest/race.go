package storetest

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// These are few enough that a region's whole log stays under LogPixels, so the log is a full
// account of what happened: owners * terms * batches * pixels.
const (
	racers      = 2 // owners of each region
	termsEach   = 8 // claims of each owner
	termBatches = 12
	racePixels  = LogPixels / (racers * termsEach * termBatches)
)

// racingOwners has two owners claim each region from each other, all at once, and cancels some of
// their calls under way. Afterwards the log must be one line of batches in which every acknowledged
// batch is there once. None may be written under an epoch after a later one was claimed, and every
// claim must have seen exactly what was there.
func racingOwners(f *fixture) {
	seed := rand.Uint64()
	f.Logf("seed %d", seed)
	accounts := make([]account, Geometry().Regions()*racers)
	pods := []store.Store{f.store, f.pod()}
	var running sync.WaitGroup
	for i := range accounts {
		running.Go(func() {
			r := racer{
				fixture: f, store: pods[i%racers], region: canvas.RegionID(i / racers),
				random: rand.New(rand.NewPCG(seed, uint64(i))), account: &accounts[i],
			}
			for range termsEach {
				r.term()
			}
		})
	}
	running.Wait()
	for region := range Geometry().Regions() {
		f.settle(canvas.RegionID(region), accounts[region*racers:(region+1)*racers])
	}
}

// account is what one owner was told.
type account struct {
	claims []*store.Claim
	acked  []*canvas.Batch
	unsure []*canvas.Batch // fenced after a try without an answer: committed or not
}

// racer is one owner of one region.
type racer struct {
	*fixture
	*account
	store  store.Store
	region canvas.RegionID
	random *rand.Rand
}

// term claims the region, commits until another owner gets in the way, and sometimes ends with a
// release.
func (r *racer) term() {
	if r.random.IntN(4) == 0 {
		_, err := r.store.Claim(r.hurried(), r.region, "hurried")
		r.expect(err, store.ErrUnavailable)
	}
	claim, err := r.store.Claim(r.ctx, r.region, "racer")
	if err != nil {
		r.Errorf("claim region %d: %v", r.region, err)
		return
	}
	r.claims = append(r.claims, claim)
	from := claim.Position.Seq
	for range 1 + r.random.IntN(termBatches) {
		b := batch(r.region, claim.Epoch, from, 1+r.random.IntN(racePixels))
		if !r.commit(b, claim.Token) {
			return
		}
		from = b.To
	}
	if r.random.IntN(2) == 0 {
		r.expect(r.store.Release(r.hurried(), r.region, claim.Term), store.ErrUnavailable)
	}
}

// commit repeats b until the store says yes or no, and reports whether to go on.
func (r *racer) commit(b *canvas.Batch, token store.Token) bool {
	acked, unsure := false, false
	for !acked && r.random.IntN(3) == 0 {
		err := r.store.Commit(r.hurried(), b, token)
		r.expect(err, store.ErrUnavailable, store.ErrFenced)
		acked, unsure = err == nil, unsure || errors.Is(err, store.ErrUnavailable)
	}
	err := r.store.Commit(r.ctx, b, token)
	r.expect(err, store.ErrFenced)
	switch {
	case acked || err == nil:
		r.acked = append(r.acked, b)
	case unsure:
		r.unsure = append(r.unsure, b)
	}
	return err == nil
}

// hurried returns a context that may end at any point of a call.
func (r *racer) hurried() context.Context {
	patience := time.Duration(r.random.IntN(500)) * time.Microsecond
	ctx, cancel := context.WithTimeout(r.ctx, patience)
	context.AfterFunc(ctx, cancel) // when it has ended, its resources go
	return ctx
}

func (r *racer) expect(err error, allowed ...error) {
	for _, e := range allowed {
		if errors.Is(err, e) {
			return
		}
	}
	if err != nil {
		r.Errorf("region %d: %v", r.region, err)
	}
}

// settle compares what the owners of a region were told with what the store has.
func (f *fixture) settle(region canvas.RegionID, accounts []account) {
	f.Helper()
	log := f.history(region)
	f.state(region, log...)
	byTo := make(map[uint64]*canvas.Batch, len(log))
	position := canvas.Position{}
	for _, b := range log {
		if b.From != position.Seq || b.Epoch < position.Epoch {
			f.Fatalf("region %d: %d:%d-%d follows %v", region, b.Epoch, b.From, b.To, position)
		}
		position, byTo[b.To] = b.Position(), b
	}
	known := 0
	for _, a := range accounts {
		for _, b := range a.acked {
			if !reflect.DeepEqual(byTo[b.To], b) {
				f.Fatalf("region %d: acknowledged %s is not in the log", region, spans([]*canvas.Batch{b}))
			}
			known++
		}
		for _, b := range a.unsure {
			if reflect.DeepEqual(byTo[b.To], b) {
				known++
			}
		}
		for _, claim := range a.claims {
			f.sawTruth(region, claim, log)
		}
	}
	if known != len(log) {
		f.Fatalf("region %d: %d batches in the log, %d of them offered by owners", region, len(log), known)
	}
}

// sawTruth fails the test unless the claim's state is one that the region went through, and nothing
// was committed after it under an earlier epoch.
func (f *fixture) sawTruth(region canvas.RegionID, claim *store.Claim, log []*canvas.Batch) {
	f.Helper()
	at := 0
	for at < len(log) && log[at].To <= claim.Position.Seq {
		at++
	}
	f.sameBatches("claim's log", claim.Recent, log[:at])
	if at > 0 && log[at-1].Position() != claim.Position || at == 0 && claim.Position != (canvas.Position{}) {
		f.Fatalf("region %d: a claim saw position %v, which never was", region, claim.Position)
	}
	if !bytes.Equal(claim.Tile, replay(region, log[:at])) {
		f.Fatalf("region %d: a claim saw pixels that never were at %v", region, claim.Position)
	}
	for _, b := range log[at:] {
		if b.Epoch < claim.Epoch {
			f.Fatalf("region %d: epoch %d claimed at %v, then committed: %s", region, claim.Epoch, claim.Position, spans([]*canvas.Batch{b}))
		}
	}
}

package storetest

import (
	"errors"
	"math/rand/v2"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// model is what a region must be like: the contract in its simplest form.
type model struct {
	epoch uint64 // of the last claim
	held  bool
	all   []*canvas.Batch // ever committed
}

func (m *model) last() *canvas.Batch {
	if len(m.all) == 0 {
		return &canvas.Batch{}
	}
	return m.all[len(m.all)-1]
}

// commit returns how b must be answered, and applies b if that is nil.
func (m *model) commit(b *canvas.Batch) error {
	last := m.last()
	switch {
	case b.Epoch > m.epoch:
		return store.ErrDamaged
	case !m.held || b.Epoch < m.epoch:
		return store.ErrFenced
	case b.Epoch == last.Epoch && b.From == last.From && b.To == last.To:
		return nil
	case b.From < last.To:
		return store.ErrFenced
	case b.From > last.To:
		return store.ErrDamaged
	}
	m.all = append(m.all, b)
	return nil
}

// randomAgainstModel makes random calls, right and wrong ones, on two regions, one of them at the
// canvas's edge, and compares every answer with the model's.
func randomAgainstModel(f *fixture) {
	seed := rand.Uint64()
	f.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	regions := []canvas.RegionID{whole, corner}
	models := map[canvas.RegionID]*model{whole: {}, corner: {}}

	for range 600 {
		region := regions[random.IntN(len(regions))]
		m := models[region]
		switch random.IntN(12) {
		case 0:
			claim := f.state(region, m.all...)
			if claim.Epoch <= m.epoch {
				f.Fatalf("epoch %d after %d", claim.Epoch, m.epoch)
			}
			m.epoch, m.held = claim.Epoch, true
		case 1:
			epoch := m.epoch - min(m.epoch, random.Uint64N(2))
			if err := f.store.Release(f.ctx, region, f.term(region, epoch)); err != nil {
				f.Fatalf("release: %v", err)
			}
			m.held = m.held && epoch != m.epoch
		case 2:
			f.bounded(m.all, f.history(region))
		default:
			b := m.attempt(random, region)
			err := f.offer(b)
			if want := m.commit(b); !errors.Is(err, want) {
				f.Fatalf("commit %s to region %d after %s, claimed under %d (held: %t): %v, want %v",
					spans([]*canvas.Batch{b}), region, spans(m.all[max(0, len(m.all)-3):]), m.epoch, m.held, err, want)
			}
		}
	}
	for region, m := range models {
		f.bounded(m.all, f.history(region))
		f.state(region, m.all...)
	}
}

// attempt makes a batch that mostly continues the region, and otherwise repeats,
// overlaps, leaves a gap or comes from another epoch.
func (m *model) attempt(random *rand.Rand, region canvas.RegionID) *canvas.Batch {
	epoch, from, size := m.epoch, m.last().To, 1+random.IntN(60)
	switch random.IntN(12) {
	case 0:
		if len(m.all) > 0 {
			return m.all[max(0, len(m.all)-1-random.IntN(2))]
		}
	case 1:
		from += 1 + random.Uint64N(3)
	case 2:
		from -= min(from, 1+random.Uint64N(3))
	case 3:
		epoch -= min(epoch, 1)
	case 4:
		epoch++
	}
	return batch(region, epoch, from, size)
}

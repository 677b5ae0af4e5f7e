package bolt

import (
	"fmt"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// operation is one change of one region or document.
type operation interface {
	// apply makes the change. Its error is for the caller alone, and means that nothing has been
	// changed. The tables keep errors of the writing itself.
	apply(t *tables) error
}

// claim raises a region's epoch.
type claim struct {
	region canvas.RegionID
	owner  string
	token  store.Token
	now    time.Time
	epoch  uint64 // result
	lost   error  // result: why the region's record can't be read; nil: it can
}

// apply goes on even if the record is lost: nobody holds the region any more, since this is the
// only process. Whoever reads the rest finds that it does not fit.
func (c *claim) apply(t *tables) error {
	r, err := t.region(c.region)
	if err != nil {
		c.lost = err
		r = region{term: store.Term{Epoch: t.lastEpoch(c.region)}}
	}
	t.seal(c.region, &r)
	r.term = store.Term{Epoch: nextEpoch(r.term.Epoch, c.now, c.token), Token: c.token}
	r.claimed, r.owner = true, c.owner
	c.epoch = r.term.Epoch
	t.setRegion(c.region, &r)
	return nil
}

// nextEpoch is above the last epoch that the file knows of. Epochs follow the clock, in seconds, so that
// one which the file does not know of is seldom given again: what stands there may be an earlier copy of
// the file, and viewers and the record hold positions from after that copy. Where epochs have run ahead
// of the clock, they rise by a random step.
func nextEpoch(last uint64, now time.Time, token store.Token) uint64 {
	if epoch := uint64(max(0, now.Unix())); epoch > last {
		return epoch
	}
	return last + 1 + uint64(token)%1000
}

// release ends a claim.
type release struct {
	region canvas.RegionID
	term   store.Term
}

func (o *release) apply(t *tables) error {
	r, err := t.region(o.region)
	if err != nil {
		return err
	}
	if r.claimed && r.term == o.term {
		r.claimed = false
		t.seal(o.region, &r)
		t.setRegion(o.region, &r)
	}
	return nil
}

// commit writes a batch: pixels, log and position.
type commit struct {
	batch *canvas.Batch
	token store.Token
	entry logEntry // of batch
	keep  store.Keep
}

func (c *commit) apply(t *tables) error {
	b := c.batch
	r, err := t.region(b.Region)
	if err != nil {
		return err
	}
	if again, err := r.takes(b, c.token); again || err != nil {
		return err
	}
	if err := t.endsWhereItIs(b.Region, &r); err != nil {
		return err
	}
	t.seal(b.Region, &r)
	if err := t.paint(b.Region, []*canvas.Batch{b}, &r, false); err != nil {
		return err
	}
	r.position, r.lastFrom = b.Position(), b.From
	t.appendLog(b, c.entry)
	r.logStart = t.trimLog(b.Region, &r, c.keep)
	t.setRegion(b.Region, &r)
	return nil
}

// mend replaces everything that is stored about a region.
type mend struct {
	region canvas.RegionID
	owner  string
	have   *store.Claim
	recent []*canvas.Batch // of have.Recent, as much as the log keeps
	now    time.Time
	term   store.Term // the token is given; the epoch is the result
}

func (m *mend) apply(t *tables) error {
	r, err := t.region(m.region)
	if err != nil {
		r = region{}
	}
	if r.term != m.have.Term && r.term.Epoch >= m.have.Epoch {
		return fmt.Errorf("%q has claimed it since: %w", r.owner, store.ErrFenced)
	}
	m.term.Epoch = nextEpoch(max(r.term.Epoch, m.have.Epoch), m.now, m.term.Token)
	t.clear(m.region)
	r = region{term: m.term, claimed: true, owner: m.owner, position: m.have.Position}
	r.logStart, r.lastFrom = store.Ends(m.recent, m.have.Position)
	for chunk := 0; chunk*chunkBytes < len(m.have.Tile); chunk++ {
		pixels := canvas.NewTile(chunkPixels, 1)
		if copy(pixels, m.have.Tile[chunk*chunkBytes:]); !pixels.Blank() {
			r.sum += uint64(t.putChunk(m.region, chunk, pixels))
		}
	}
	for _, b := range m.recent {
		t.appendLog(b, entryOf(b))
	}
	r.sealed = true
	t.setRegion(m.region, &r)
	return nil
}

// recorded notes what is recorded of a region.
type recorded struct {
	region canvas.RegionID
	term   store.Term
	to     uint64
}

func (o *recorded) apply(t *tables) error {
	r, err := t.region(o.region)
	if err == nil {
		err = r.foreign(o.term)
	}
	switch {
	case err != nil:
		return err
	case o.to > r.position.Seq:
		return fmt.Errorf("recorded to %d, but the region is at %d: %w", o.to, r.position.Seq, store.ErrDamaged)
	case o.to > t.recordedTo(o.region):
		t.setRecorded(o.region, o.to)
	}
	return nil
}

// ping changes no region.
type ping struct{}

func (ping) apply(*tables) error { return nil }

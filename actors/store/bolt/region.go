package bolt

import (
	"encoding/binary"
	"fmt"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// region is what the store knows about a region besides its pixels and log. The zero
// region was never claimed.
type region struct {
	epoch    uint64 // of the last claim
	claimed  bool   // and not released since
	owner    string // who claimed, for people
	position canvas.Position
	lastFrom uint64 // of the last batch: with position, what a repetition is known by
	logStart uint64 // From of the oldest batch in the log: position.Seq - logStart pixels are in it
}

// regionBytes is a stored region without its owner: five u64, one byte.
const regionBytes = 5*8 + 1

func (r *region) append(dst []byte) []byte {
	for _, v := range [...]uint64{r.epoch, r.position.Epoch, r.position.Seq, r.lastFrom, r.logStart} {
		dst = binary.BigEndian.AppendUint64(dst, v)
	}
	if r.claimed {
		dst = append(dst, 1)
	} else {
		dst = append(dst, 0)
	}
	return append(dst, r.owner...)
}

func decodeRegion(p []byte) (region, error) {
	if len(p) < regionBytes {
		return region{}, fmt.Errorf("region record of %d bytes, want %d: %w", len(p), regionBytes, store.ErrCorrupt)
	}
	number := func(i int) uint64 { return binary.BigEndian.Uint64(p[8*i:]) }
	return region{
		epoch:    number(0),
		position: canvas.Position{Epoch: number(1), Seq: number(2)},
		lastFrom: number(3),
		logStart: number(4),
		claimed:  p[regionBytes-1] == 1,
		owner:    string(p[regionBytes:]),
	}, nil
}

// claim raises a region's epoch.
type claim struct {
	region canvas.RegionID
	owner  string
	epoch  uint64 // result
}

func (c *claim) apply(t *tables) error {
	r, err := t.region(c.region)
	if err != nil {
		return unavailable(err)
	}
	r.epoch++
	r.claimed, r.owner = true, c.owner
	c.epoch = r.epoch
	t.setRegion(c.region, &r)
	return nil
}

// release ends a claim.
type release struct {
	region canvas.RegionID
	epoch  uint64
}

func (o *release) apply(t *tables) error {
	r, err := t.region(o.region)
	if err != nil {
		return unavailable(err)
	}
	if r.claimed && r.epoch == o.epoch {
		r.claimed = false
		t.setRegion(o.region, &r)
	}
	return nil
}

// commit writes a batch: pixels, log and position.
type commit struct {
	batch     *canvas.Batch
	record    []byte // of batch
	logPixels uint64
}

func (c *commit) apply(t *tables) error {
	b := c.batch
	r, err := t.region(b.Region)
	switch {
	case err != nil:
		return unavailable(err)
	case b.Epoch != r.epoch:
		return fmt.Errorf("epoch %d, but %q has claimed epoch %d: %w", b.Epoch, r.owner, r.epoch, store.ErrFenced)
	case !r.claimed:
		return fmt.Errorf("epoch %d was released: %w", b.Epoch, store.ErrFenced)
	case b.Position() == r.position && b.From == r.lastFrom:
		return nil
	case b.From != r.position.Seq:
		return fmt.Errorf("from %d, but the region is at %d: %w", b.From, r.position.Seq, store.ErrFenced)
	}
	if err := t.paint(b); err != nil {
		return unavailable(err)
	}
	r.position, r.lastFrom = b.Position(), b.From
	t.appendLog(b, c.record)
	r.logStart = t.trimLog(b.Region, r.logStart, r.position.Seq, c.logPixels)
	t.setRegion(b.Region, &r)
	return nil
}

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
	term     store.Term // of the last claim
	claimed  bool       // and not released since
	owner    string     // who claimed, for people
	position canvas.Position
	lastFrom uint64 // of the last batch: with position, what a repetition is known by
	logStart uint64 // From of the oldest batch in the log: position.Seq - logStart pixels are in it
}

// A stored region is five u64, one byte of flags, a u64 if the flags say so, and the
// owner. Earlier versions wrote no token.
const regionBytes = 5*8 + 1

const (
	flagClaimed = 1 << iota
	flagToken
	unknownFlags = 0xFF &^ (flagClaimed | flagToken)
)

func (r *region) append(dst []byte) []byte {
	for _, v := range [...]uint64{r.term.Epoch, r.position.Epoch, r.position.Seq, r.lastFrom, r.logStart} {
		dst = binary.BigEndian.AppendUint64(dst, v)
	}
	flags := byte(flagToken)
	if r.claimed {
		flags |= flagClaimed
	}
	dst = binary.BigEndian.AppendUint64(append(dst, flags), uint64(r.term.Token))
	return append(dst, r.owner...)
}

func decodeRegion(p []byte) (region, error) {
	if len(p) < regionBytes {
		return region{}, fmt.Errorf("region record of %d bytes, want %d: %w", len(p), regionBytes, store.ErrCorrupt)
	}
	number := func(i int) uint64 { return binary.BigEndian.Uint64(p[8*i:]) }
	flags, rest := p[regionBytes-1], p[regionBytes:]
	r := region{
		term:     store.Term{Epoch: number(0)},
		position: canvas.Position{Epoch: number(1), Seq: number(2)},
		lastFrom: number(3),
		logStart: number(4),
		claimed:  flags&flagClaimed != 0,
	}
	if flags&flagToken != 0 {
		if len(rest) < 8 {
			return region{}, fmt.Errorf("region record of %d bytes: %w", len(p), store.ErrCorrupt)
		}
		r.term.Token, rest = store.Token(binary.BigEndian.Uint64(rest)), rest[8:]
	}
	if flags&unknownFlags != 0 {
		return region{}, fmt.Errorf("region record with flags %#x: %w", flags, store.ErrCorrupt)
	}
	r.owner = string(rest)
	return r, nil
}

// claim raises a region's epoch.
type claim struct {
	region canvas.RegionID
	owner  string
	token  store.Token
	epoch  uint64 // result
}

func (c *claim) apply(t *tables) error {
	r, err := t.region(c.region)
	if err != nil {
		return unavailable(err)
	}
	r.term = store.Term{Epoch: r.term.Epoch + 1, Token: c.token}
	r.claimed, r.owner = true, c.owner
	c.epoch = r.term.Epoch
	t.setRegion(c.region, &r)
	return nil
}

// release ends a claim.
type release struct {
	region canvas.RegionID
	term   store.Term
}

func (o *release) apply(t *tables) error {
	r, err := t.region(o.region)
	if err != nil {
		return unavailable(err)
	}
	if r.claimed && r.term == o.term {
		r.claimed = false
		t.setRegion(o.region, &r)
	}
	return nil
}

// commit writes a batch: pixels, log and position.
type commit struct {
	batch     *canvas.Batch
	token     store.Token
	record    []byte // of batch
	logPixels uint64
}

func (c *commit) apply(t *tables) error {
	b := c.batch
	r, err := t.region(b.Region)
	switch {
	case err != nil:
		return unavailable(err)
	case r.term != store.Term{Epoch: b.Epoch, Token: c.token}:
		return fmt.Errorf("epoch %d, but %q has claimed epoch %d: %w", b.Epoch, r.owner, r.term.Epoch, store.ErrFenced)
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

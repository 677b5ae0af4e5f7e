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
	claimed  bool       // it has not been released since
	owner    string     // who claimed, for people
	position canvas.Position
	lastFrom uint64 // of the last batch: with position, it identifies a repetition
	logStart uint64 // From of the oldest batch in the log: position.Seq - logStart pixels are in it
	sealed   bool   // sum is valid
	sum      uint64 // of the checksums of all its chunks
}

// A stored region is five u64 and one byte of flags; then, if the flags say so, the token, the sum
// and the checksum of all the rest; then the owner. Earlier versions wrote none of these three.
const (
	regionBytes = 5*8 + 1
	sealBytes   = 2*8 + sumBytes
)

const (
	flagClaimed = 1 << iota
	flagSealed
	unknownFlags = 0xFF &^ (flagClaimed | flagSealed)
)

func (r *region) append(key []byte) []byte {
	p := make([]byte, 0, regionBytes+sealBytes+len(r.owner))
	for _, v := range [...]uint64{r.term.Epoch, r.position.Epoch, r.position.Seq, r.lastFrom, r.logStart} {
		p = binary.BigEndian.AppendUint64(p, v)
	}
	flags := byte(flagSealed)
	if r.claimed {
		flags |= flagClaimed
	}
	p = binary.BigEndian.AppendUint64(append(p, flags), uint64(r.term.Token))
	p = binary.BigEndian.AppendUint64(p, r.sum)
	sum := checksum(key, p, []byte(r.owner))
	return append(binary.BigEndian.AppendUint32(p, sum), r.owner...)
}

func decodeRegion(key, p []byte) (region, error) {
	if len(p) < regionBytes {
		return region{}, corrupt("region record of %d bytes, want %d", len(p), regionBytes)
	}
	number := func(i int) uint64 { return binary.BigEndian.Uint64(p[8*i:]) }
	flags, rest := p[regionBytes-1], p[regionBytes:]
	r := region{
		term:     store.Term{Epoch: number(0)},
		position: canvas.Position{Epoch: number(1), Seq: number(2)},
		lastFrom: number(3),
		logStart: number(4),
		claimed:  flags&flagClaimed != 0,
		sealed:   flags&flagSealed != 0,
	}
	switch {
	case flags&unknownFlags != 0 || r.term.Epoch == 0 || r.logStart > r.position.Seq || r.sealed && len(rest) < sealBytes:
		return region{}, corrupt("region record %x", p)
	case r.sealed:
		r.term.Token = store.Token(binary.BigEndian.Uint64(rest))
		r.sum = binary.BigEndian.Uint64(rest[8:])
		head, sum := p[:regionBytes+2*8], binary.BigEndian.Uint32(rest[2*8:])
		if rest = rest[sealBytes:]; checksum(key, head, rest) != sum {
			return region{}, corrupt("region record %x is not what was written", p)
		}
	}
	r.owner = string(rest)
	return r, nil
}

// foreign returns why a claim is not the current one; nil: it is.
func (r *region) foreign(term store.Term) error {
	switch {
	case r.term.Epoch < term.Epoch:
		return fmt.Errorf("epoch %d, but the last claim has epoch %d: %w", term.Epoch, r.term.Epoch, store.ErrDamaged)
	case r.term != term:
		return fmt.Errorf("epoch %d, but %q has claimed epoch %d: %w", term.Epoch, r.owner, r.term.Epoch, store.ErrFenced)
	case !r.claimed:
		return fmt.Errorf("epoch %d was released: %w", term.Epoch, store.ErrFenced)
	}
	return nil
}

// takes returns why a region does not take a batch under a claim. It need not if it has just taken it,
// and is offered it again.
func (r *region) takes(b *canvas.Batch, token store.Token) (again bool, err error) {
	err = r.foreign(store.Term{Epoch: b.Epoch, Token: token})
	switch {
	case err != nil:
		return false, err
	case b.Position() == r.position && b.From == r.lastFrom:
		return true, nil
	case b.From < r.position.Seq:
		return false, fmt.Errorf("from %d, but the region is at %d: %w", b.From, r.position.Seq, store.ErrFenced)
	case b.From > r.position.Seq:
		return false, fmt.Errorf("from %d, but the region is at %d: %w", b.From, r.position.Seq, store.ErrDamaged)
	}
	return false, nil
}

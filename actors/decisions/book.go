package decisions

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// book is what the rules actor knows and owes. It outlives a failure of the actor.
type book struct {
	geometry canvas.Geometry
	chain    *rules.Chain
	acts     [][]byte // as they are stored, act n at n-1
	masks    map[string]*rules.Mask
	whole    bool // all that the store had at some time is in the chain

	gone      [][]byte          // acts that the store has lost and that have to be decided again; until then nothing is published
	goneFrom  uint64            // the number that the first of all these had
	decidedAs map[uint64]uint64 // the numbers that those have now which are decided again

	generation uint64          // of the rules that were published last
	waiting    []behind        // for the answer to the call under way
	others     []behind        // for the answer to the next one
	owed       map[any]bool    // what those say that they wait for, so that asking again counts once
	settles    []settling      // who wait until nothing from before is on its way
	met        map[string]bool // the members that were asked what they know, by ID
}

// behind is somebody who must know all that the store has.
type behind struct {
	pid   *actor.PID
	asked CatchUp
}

func newBook(g canvas.Geometry) *book {
	b := &book{geometry: g, generation: 1, masks: make(map[string]*rules.Mask), met: make(map[string]bool), owed: make(map[any]bool)}
	b.begin()
	return b
}

// begin forgets all acts.
func (b *book) begin() {
	b.chain, b.acts = rules.NewChain(b.geometry), nil
	b.chain.Masks(func(name string) *rules.Mask { return b.masks[name] })
}

// restoring reports whether acts that the store has lost are still to be decided again.
func (b *book) restoring() bool { return len(b.gone) > 0 }

// last is the number of the last act.
func (b *book) last() uint64 { return uint64(len(b.acts)) }

// inForce is the number of the last act that the rules follow from. It is that of the last, unless there is a fault in working them out.
func (b *book) inForce() uint64 { return b.chain.Rules().Version() }

// add appends the act after the last. A fault in doing so must not keep pods from going on with what they
// have.
func (b *book) add(stored []byte) (act *rules.Act, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			act, err = nil, fmt.Errorf("%w: %v", rules.ErrInvalid, fault)
		}
	}()
	if act, err = b.chain.Append(stored); err != nil {
		return nil, err
	}
	b.acts = append(b.acts, bytes.Clone(stored))
	return act, nil
}

// know takes in masks.
func (b *book) know(masks map[string]*rules.Mask) {
	for name, mask := range masks {
		b.masks[name] = mask
	}
	if len(masks) > 0 {
		b.chain.Masks(func(name string) *rules.Mask { return b.masks[name] })
	}
}

// forget drops the masks that no area has which is protected.
func (b *book) forget(used []*rules.Act) {
	if len(b.masks) == 0 {
		return
	}
	kept := make(map[string]*rules.Mask, len(b.masks))
	for _, act := range used {
		if act.Area != nil && b.masks[act.Area.Mask] != nil {
			kept[act.Area.Mask] = b.masks[act.Area.Mask]
		}
	}
	b.masks = kept
}

// after returns the acts after a number, at most so many as one message brings.
func (b *book) after(n uint64, most int) [][]byte {
	if n >= b.last() {
		return nil
	}
	return b.acts[n:min(n+uint64(most), b.last())]
}

// before returns the acts before a number (0: all), the last first, at most so many.
func (b *book) before(n uint64, most int) [][]byte {
	end := b.last()
	if n > 0 {
		end = min(end, n-1)
	}
	acts := slices.Clone(b.acts[end-min(end, uint64(max(most, 0))) : end])
	slices.Reverse(acts)
	return acts
}

// common is how many acts the book and another chain begin with that are the same.
func (b *book) common(other [][]byte) (n int) {
	for n < len(b.acts) && n < len(other) && bytes.Equal(b.acts[n], other[n]) {
		n++
	}
	return n
}

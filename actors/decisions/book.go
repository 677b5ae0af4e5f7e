package decisions

import (
	"fmt"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// book is what the rules actor knows.
type book struct {
	geometry canvas.Geometry
	chain    *rules.Chain
	whole    bool              // all acts that were in the store at some time are in the chain
	last     uint64            // number of the last act
	numbers  map[string]uint64 // of the acts, by ID

	waiting []behind // for the answer to the call under way
	others  []behind // for the answer to the next one
}

// behind is somebody who must know all that the store has.
type behind struct {
	pid   *actor.PID
	asked CatchUp
}

func newBook(g canvas.Geometry) *book {
	return &book{geometry: g, chain: rules.NewChain(g), numbers: make(map[string]uint64)}
}

// add appends the act after the last.
func (b *book) add(stored []byte) (act *rules.Act, err error) {
	defer func() {
		if fault := recover(); fault != nil { // one act must not keep pods from starting
			act, err = nil, fmt.Errorf("%w: %v", rules.ErrInvalid, fault)
		}
	}()
	act, err = b.chain.Append(stored)
	if err != nil {
		return nil, err
	}
	b.last, b.numbers[act.ID] = act.N, act.N
	return act, nil
}

package rules

import (
	"fmt"

	"pixelplayground/actors/canvas"
)

// Chain holds acts one after the other, each with the hash of the one before. Not for two goroutines at
// a time.
type Chain struct {
	geometry canvas.Geometry
	last     uint64
	head     string
}

// NewChain begins a chain. The acts may speak of masks, which must be given to it first.
func NewChain(g canvas.Geometry) *Chain { return &Chain{geometry: g} }

// Draft makes the next act out of what somebody wants: it has its number and its hash. Errors wrap
// ErrInvalid and say what would do.
func (c *Chain) Draft(want Act) (*Act, error) {
	want.N, want.Before = c.last+1, c.head
	return &want, nil
}

// Append adds a stored act, which must be the next.
func (c *Chain) Append(stored []byte) (*Act, error) {
	act, err := Decode(stored)
	if err != nil {
		return nil, err
	}
	if act.N != c.last+1 || act.Before != c.head {
		return nil, fmt.Errorf("%w: act %d does not follow act %d", ErrInvalid, act.N, c.last)
	}
	c.last, c.head = act.N, Hash(stored)
	return act, nil
}

// Rules are what the acts so far lead to.
func (c *Chain) Rules() *Rules { return &Rules{version: c.last, head: c.head} }

package rules

import (
	"fmt"
	"slices"

	"pixelplayground/actors/canvas"
)

// Chain holds acts one after the other, each with the hash of the one before. Not for two goroutines at
// a time.
type Chain struct {
	geometry canvas.Geometry
	masks    func(name string) *Mask
	acts     []*Act            // act n at n-1
	ids      map[string]uint64 // number of the act by Act.ID
	head     string            // hash of the last
	rules    *Rules            // of all acts; nil: they have to be worked out again
	sound    *Rules            // the last that were worked out without a fault
	fault    error             // of rules
}

// NewChain begins a chain. Until it is told where masks are it knows none.
func NewChain(g canvas.Geometry) *Chain {
	return &Chain{geometry: g, masks: func(string) *Mask { return nil }, ids: make(map[string]uint64), sound: None()}
}

// Masks says where masks are: find returns one by its name, and nil for one that it does not have. It
// is called by Draft and Rules.
func (c *Chain) Masks(find func(name string) *Mask) {
	c.masks, c.rules = find, nil
}

// Len is the number of the last act.
func (c *Chain) Len() uint64 { return uint64(len(c.acts)) }

// Head is the hash of the last act; "": there is none.
func (c *Chain) Head() string { return c.head }

// Act returns an act by its number; nil: there is none.
func (c *Chain) Act(n uint64) *Act {
	if n == 0 || n > c.Len() {
		return nil
	}
	return c.acts[n-1]
}

// Done returns the act that was asked for under an id; nil: none was.
func (c *Chain) Done(id string) *Act { return c.Act(c.ids[id]) }

// Append adds a stored act, which must be the next. An act of a later version
// whose meaning is not known here is added too: it is Ignored. Errors wrap ErrInvalid.
func (c *Chain) Append(stored []byte) (*Act, error) {
	act, err := Decode(stored)
	switch {
	case err != nil:
		return nil, err
	case act.N != c.Len()+1:
		return nil, fmt.Errorf("%w: act %d does not follow act %d", ErrInvalid, act.N, c.Len())
	case act.Before != c.head:
		return nil, fmt.Errorf("%w: act %d follows another act %d", ErrInvalid, act.N, c.Len())
	}
	act.Ignored = act.Ignored || act.sense(c.geometry) != nil
	c.acts, c.head, c.rules = append(c.acts, act), Hash(stored), nil
	if act.ID != "" && c.ids[act.ID] == 0 {
		c.ids[act.ID] = act.N
	}
	return act, nil
}

// undone finds out which acts are taken back, and by which. It goes from the last act to the first, since an
// undo counts unless a later one takes it back.
func undone(acts []*Act) map[uint64]uint64 {
	by := make(map[uint64]uint64)
	for _, act := range slices.Backward(acts) {
		if act.Do == Undo && !act.Ignored && by[act.N] == 0 {
			by[act.Of] = act.N
		}
	}
	return by
}

// Rules are what the acts so far lead to, worked out once. If there is a fault in that, they stay what they were: see Fault.
func (c *Chain) Rules() *Rules {
	if c.rules == nil {
		c.rules, c.fault = c.workOut()
	}
	return c.rules
}

// Fault is why the rules are not what the acts lead to; nil: they are.
func (c *Chain) Fault() error {
	c.Rules()
	return c.fault
}

func (c *Chain) workOut() (r *Rules, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			r, err = c.sound, fmt.Errorf("work out the rules of %d acts: %v", c.Len(), fault)
		}
	}()
	r = c.compile()
	c.sound = r
	return r, nil
}

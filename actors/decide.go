package actors

import (
	"context"
	"errors"

	"pixelplayground/actors/rules"
)

// Decided is an act that is durable, and how far it is obeyed.
type Decided struct {
	Act     *rules.Act
	Obeyed  bool     // no pod commits any more what it forbids
	Missing []string // the pods that have not said so; one of an earlier version never does
}

// Rules are the rules as this pod knows them. Any goroutine may ask, at any time.
func (n *Node) Rules() *rules.Rules { return n.rules.Load() }

// Decide makes an act durable, and returns once no pod commits any more what it forbids, or ctx ends.
func (n *Node) Decide(ctx context.Context, want rules.Act) (Decided, error) {
	return Decided{}, errors.ErrUnsupported
}

// Acts returns acts in the form in which they are stored, the last of them first: at most limit, before
// number before (0: from the last on).
func (n *Node) Acts(ctx context.Context, before uint64, limit int) ([][]byte, error) {
	return nil, errors.ErrUnsupported
}

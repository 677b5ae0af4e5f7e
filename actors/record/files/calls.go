package files

import (
	"context"
	"fmt"
	"time"
)

const (
	// directoryTime is how long one call to a directory may take: the list of a large record is long.
	directoryTime = time.Minute
	// openTime is how long the start waits for a directory. Drawing does not need it.
	openTime = 3 * time.Second
	// mostCalls is how many calls to a directory are under way at once. A call that hangs takes up a
	// thread until it ends.
	mostCalls = 32
)

// calls are those to a directory. A network's may hang for as long as its server is away, and nothing
// ends such a call: whoever made it goes on without, and the call ends when it does. So no more of them
// wait than there is room for.
type calls struct {
	of       string
	patience time.Duration
	room     chan struct{} // holds a token for each call under way
}

func newCalls(of string, patience time.Duration) calls {
	return calls{of, patience, make(chan struct{}, mostCalls)}
}

// within makes a call, and leaves it alone when its time is up or ctx ends.
func within[T any](ctx context.Context, c calls, call func(context.Context) (T, error)) (value T, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.patience, fmt.Errorf("%s: it has not answered for %v", c.of, c.patience))
	defer cancel()
	select {
	case c.room <- struct{}{}:
	case <-ctx.Done():
		return value, context.Cause(ctx)
	}
	type answer struct {
		value T
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		value, err := call(ctx)
		<-c.room
		answered <- answer{value, err}
	}()
	select {
	case a := <-answered:
		return a.value, a.err
	case <-ctx.Done():
		return value, context.Cause(ctx)
	}
}

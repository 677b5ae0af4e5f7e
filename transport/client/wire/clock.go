package wire

import (
	"context"
	"time"
)

// Clock is a session's clock for everything except the deadlines of its sockets. Tests bring their
// own.
type Clock interface {
	Now() time.Time
	// Wait returns after d, or as soon as ctx is done, with its error.
	Wait(ctx context.Context, d time.Duration) error
}

type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

func (realClock) Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

package process

import "context"

// InBackground starts f in a goroutine. end cancels f's context and waits until f has returned.
func InBackground(f func(context.Context)) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{}) // closed when f has returned
	go func() {
		defer close(ended)
		f(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

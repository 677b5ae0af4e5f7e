package client

import (
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// A program may choose other regions at any time. The race detector judges that.
func TestFollow_WhileMessagesArrive(t *testing.T) {
	const messages = 200
	came := make(chan struct{}, messages)
	cfg := Config{Regions: AllRegions, Replica: true}
	cfg.Handler.Cursors = func([]canvas.Pointer) { came <- struct{}{} }
	r := connect(t, cfg)
	next[codec.Subscribe](r)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				r.client.Follow(nil)
				r.client.Follow(AllRegions)
			}
		}
	}()
	for range messages {
		r.conn.Send(codec.Cursors{})
	}
	for range messages {
		receive(t, came, "CURSORS")
	}
	close(stop)
	receive(t, stopped, "Follow")
}

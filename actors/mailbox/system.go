package mailbox

import (
	"context"
	"log/slog"

	"github.com/asynkron/protoactor-go/actor"
	cmap "github.com/orcaman/concurrent-map"
)

// NewSystem makes an actor system that logs warnings to log. Its own start-up chatter and
// dead letters (which the inspector counts) are left out.
func NewSystem(log *slog.Logger) *actor.ActorSystem {
	system := actor.NewActorSystem(
		actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger {
			return slog.New(atLeastWarn{log.Handler()})
		}))
	// Its own table of actors is 32,768 maps. That takes 3 MB when it is empty, and most
	// connections would have a map to themselves. No pod has that many cores.
	tables := make([]cmap.ConcurrentMap, 8) // of 32 maps each
	for i := range tables {
		tables[i] = cmap.New()
	}
	system.ProcessRegistry.LocalPIDs = &actor.SliceMap{LocalPIDs: tables}
	return system
}

// atLeastWarn drops records below warnings.
type atLeastWarn struct{ slog.Handler }

func (h atLeastWarn) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// Key returns a PID as the key of a map. PID.String would go through the protobuf text form, and
// this is called for every message between relays and regions.
func Key(pid *actor.PID) string { return pid.Address + "/" + pid.Id }

// Wait waits for a future or for ctx, whichever ends first.
func Wait(ctx context.Context, f *actor.Future) (any, error) {
	type result struct {
		answer any
		err    error
	}
	done := make(chan result, 1) // sent to once
	go func() {
		answer, err := f.Result()
		done <- result{answer, err}
	}()
	select {
	case r := <-done:
		return r.answer, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

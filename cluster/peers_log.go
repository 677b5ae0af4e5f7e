package cluster

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
)

// demoting makes debug lines of what remote says. To it each connection that can't be made
// is an error; operators hear of pods that are gone from membership, once.
type demoting struct{ slog.Handler }

const remotePackage = "github.com/asynkron/protoactor-go/remote."

// Handle is called seldom: the actor system says little that is a warning or worse.
func (h demoting) Handle(ctx context.Context, record slog.Record) error {
	if frame, _ := runtime.CallersFrames([]uintptr{record.PC}).Next(); strings.HasPrefix(frame.Function, remotePackage) {
		record.Level = slog.LevelDebug
		if !h.Enabled(ctx, record.Level) {
			return nil
		}
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs and WithGroup keep the handler around what they make.
func (h demoting) WithAttrs(attributes []slog.Attr) slog.Handler {
	return demoting{h.Handler.WithAttrs(attributes)}
}

// WithGroup as WithAttrs.
func (h demoting) WithGroup(name string) slog.Handler { return demoting{h.Handler.WithGroup(name)} }

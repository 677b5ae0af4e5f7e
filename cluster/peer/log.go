package peer

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
)

// demoting turns remote's log lines into debug lines. remote logs each connection that can't be
// made as an error; operators hear from membership, once, that a pod is gone.
type demoting struct{ slog.Handler }

const remotePackage = "github.com/asynkron/protoactor-go/remote."

// Handle is called seldom: the actor system logs few warnings or errors.
func (h demoting) Handle(ctx context.Context, record slog.Record) error {
	if frame, _ := runtime.CallersFrames([]uintptr{record.PC}).Next(); strings.HasPrefix(frame.Function, remotePackage) {
		record.Level = slog.LevelDebug
		if !h.Enabled(ctx, record.Level) {
			return nil
		}
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs keeps demoting around the new handler.
func (h demoting) WithAttrs(attributes []slog.Attr) slog.Handler {
	return demoting{h.Handler.WithAttrs(attributes)}
}

// WithGroup keeps demoting around the new handler.
func (h demoting) WithGroup(name string) slog.Handler { return demoting{h.Handler.WithGroup(name)} }

package settings

import (
	"io"
	"log/slog"
)

// NewLog returns a log of the form and level that the settings ask for.
func (c Config) NewLog(to io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogJSON {
		return slog.New(slog.NewJSONHandler(to, options))
	}
	return slog.New(slog.NewTextHandler(to, options))
}

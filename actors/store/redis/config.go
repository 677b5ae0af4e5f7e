package redis

import (
	"fmt"
	"log/slog"
	"strings"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// Config of the Redis store.
type Config struct {
	URL      string          // where Redis is; see parse for its forms
	Password string          // of Redis, and of the Sentinels if the URL has none for them; empty: use the URL's. UsePassword replaces it
	Prefix   string          // of all keys: each canvas that shares a Redis has its own
	Geometry canvas.Geometry // must be that of the canvas in Redis, if there is one

	// LogPixels bounds the log of each region, in pixels. The log tells a region's next owner which
	// ops have been applied, and the API who drew what. If everybody places single pixels, one at a
	// time, a pixel takes 50 bytes of Redis's memory: the default then is 5 MB a region, which a
	// claim reads in 120 ms. Strokes take a tenth of that.
	LogPixels int

	// Buffer bounds what of a region is kept in the log until it is recorded, in pixels; 0: there is
	// no record. See store.Keep.
	Buffer int

	Log *slog.Logger // nil: nothing is logged
}

// DefaultConfig is a Redis on this computer.
func DefaultConfig() Config {
	return Config{
		URL:       "redis://localhost:6379",
		Prefix:    "playground",
		Geometry:  canvas.Geometry{Width: 1024, Height: 1024, Region: 256},
		LogPixels: 100_000,
	}
}

func (c Config) keep() store.Keep { return store.Keep{Least: c.LogPixels, Buffer: c.Buffer} }

// Validate says what is wrong and how to fix it.
func (c Config) Validate() error {
	if _, err := parse(c.URL, c.Password); err != nil {
		return fmt.Errorf("redis %s: %w", Redact(c.URL), err)
	}
	switch {
	case !validPrefix(c.Prefix):
		return fmt.Errorf("prefix %q: must be 1 to 63 letters, digits, dots, dashes, underscores and colons, for example playground", c.Prefix)
	case c.LogPixels < 1:
		return fmt.Errorf("log of %d pixels: must be at least 1, for example 100000", c.LogPixels)
	case c.Buffer < 0:
		return fmt.Errorf("buffer of %d pixels: must be at least 0, which means that nothing is recorded", c.Buffer)
	}
	return c.Geometry.Validate()
}

// validPrefix keeps out braces, which would move all keys of a canvas to one node of a cluster, and
// characters that mean something in patterns of SCAN and of access lists.
func validPrefix(prefix string) bool {
	unfit := func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_.:", c))
	}
	return prefix != "" && len(prefix) <= 63 && !strings.ContainsFunc(prefix, unfit)
}

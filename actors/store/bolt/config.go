package bolt

import (
	"fmt"
	"log/slog"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// Config of the embedded store.
type Config struct {
	Dir      string          // the data directory; created if need be
	Geometry canvas.Geometry // must be that of the canvas in Dir, if there is one

	// LogPixels bounds the log of each region, in pixels. The log tells a region's next owner which
	// ops have been applied, and the API who drew what. If everybody places single pixels, one at a
	// time, a pixel takes 150 bytes of the file: the default then is 15 MB a region, which a claim
	// reads in 40 ms. Strokes take a tenth of that.
	LogPixels int

	// Buffer bounds what of a region is kept in the log until it is recorded, in pixels; 0: there is
	// no record. See store.Keep.
	Buffer int

	Log *slog.Logger // nil: nothing is logged
}

// DefaultConfig is right for a laptop.
func DefaultConfig() Config {
	return Config{
		Dir:       "data",
		Geometry:  canvas.Geometry{Width: 1024, Height: 1024, Region: 256},
		LogPixels: 100_000,
	}
}

func (c Config) keep() store.Keep { return store.Keep{Least: c.LogPixels, Buffer: c.Buffer} }

// Validate says what is wrong and how to fix it.
func (c Config) Validate() error {
	switch {
	case c.Dir == "":
		return fmt.Errorf("data directory: must not be empty, for example ./data")
	case c.LogPixels < 1:
		return fmt.Errorf("log of %d pixels: must be at least 1, for example 100000", c.LogPixels)
	case c.Buffer < 0:
		return fmt.Errorf("buffer of %d pixels: must be at least 0, which means that nothing is recorded", c.Buffer)
	}
	return c.Geometry.Validate()
}

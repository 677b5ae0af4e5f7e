// Package record keeps everything that was ever drawn: who placed which pixel, when, and what stood
// there before. The store keeps the canvas as it is and a log of the last pixels; what the log would
// drop goes into files here, and stays.
//
// The files of a region are these; ARCHITECTURE.md has the reasons:
//
//	segments  the pixels of one range of sequence numbers, in their order: a Parquet file, never changed
//	latest    for each position of the region its colour, and who placed it when: a Parquet file
//	tiles     the region's pixels at a position, one for each full segment: a PNG
//	gaps      a range of sequence numbers that could not be kept, and why: a JSON file
//	lost      pixels that were recorded, and then lost by the store: a segment outside of the history
//
// The package is pure: it reads and writes through the ports Files and Log, starts no goroutine and
// knows no actor. The archivist of a region writes, and anybody reads.
package record

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"pixelplayground/actors/canvas"
)

var (
	// ErrUnavailable says that the files can't be reached, or not be written: the disk is full, the
	// bucket does not answer. Trying again later may help.
	ErrUnavailable = errors.New("the record is unavailable")
	// ErrNotExist says that there is no file of that name.
	ErrNotExist = errors.New("no such file in the record")
	// ErrDamaged says that a file is not what was written.
	ErrDamaged = errors.New("a file of the record is damaged")
	// ErrForeign says that the files are another canvas's.
	ErrForeign = errors.New("the record belongs to another canvas")
	// ErrLate says that a snapshot is not one of what the store has: its region has another owner by
	// now, or the store has lost something that the owner will give back.
	ErrLate = errors.New("the store does not have what is to be recorded")
)

// Files is where the record's files are. Names are paths with slashes. All files are small enough to
// be held in memory. Calls may come from any goroutine, and from several pods at the same time.
// Errors are or wrap those of this package.
type Files interface {
	// Put writes a file whole, or not at all, and durably. It replaces a file of that name.
	Put(ctx context.Context, name string, content []byte) error
	// Get reads a file; ErrNotExist if there is none.
	Get(ctx context.Context, name string) ([]byte, error)
	// List lists the files whose names begin with prefix, by name.
	List(ctx context.Context, prefix string) ([]File, error)
	// Remove deletes a file. It is no error if there is none.
	Remove(ctx context.Context, name string) error
	// String names the place for people, without secrets.
	String() string
}

// File is a file in a list.
type File struct {
	Name string
	Size int64
}

// Log is the store's log, which has what is not recorded yet: see store.Store.
type Log interface {
	History(ctx context.Context, region canvas.RegionID, after uint64, limit int) ([]*canvas.Batch, error)
}

// Cause is why a pixel was placed.
type Cause string

// Drawn is the cause of what people and bots draw.
const Drawn Cause = ""

// Pixel is one recorded pixel: a row of a segment.
type Pixel struct {
	Region canvas.RegionID
	Seq    uint64
	Epoch  uint64
	Time   int64 // Unix milliseconds; never less than that of an earlier pixel of the region
	X, Y   uint16
	Color  canvas.Color
	Before canvas.Color
	Known  bool          // Before is known: it is not for the first pixel of a place after a gap
	User   canvas.Author // public id; 0: not known
	Name   string        // when it was placed
	Cause  Cause

	Network canvas.NetworkID // that it was placed from; 0: not known. Only moderators may see it
}

// Gap is pixels that could not be kept: those after From, up to and including To.
type Gap struct {
	Region   canvas.RegionID
	From, To uint64
	Why      string
	Noted    time.Time
}

// Config sets up a Writer and a Reader.
type Config struct {
	Geometry canvas.Geometry
	Segment  int                                  // pixels of a full segment; 0: 65,536
	Cache    int                                  // bytes of files and what was read from them that a Reader keeps; 0: 64 MiB
	Noted    func(Gap)                            // a Writer calls it with each gap that it notes; nil: nobody is told
	Rest     func(context.Context, time.Duration) // waits; a Writer calls it between pieces of its work, to leave the processor to others; nil: it does not rest
	Now      func() time.Time                     // nil: time.Now
	Log      *slog.Logger                         // nil: slog.Default
}

func (c Config) withDefaults() Config {
	c.Segment = cmp.Or(c.Segment, 1<<16)
	c.Cache = cmp.Or(c.Cache, 64<<20)
	c.Log = cmp.Or(c.Log, slog.Default())
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

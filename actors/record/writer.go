package record

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"pixelplayground/actors/canvas"
)

// Counts is what a Writer has done.
type Counts struct {
	Pixels    atomic.Uint64 // recorded
	Segments  atomic.Uint64 // written, those that were written again included
	Bytes     atomic.Uint64 // written, of all files
	Gaps      atomic.Uint64 // noted
	GapPixels atomic.Uint64 // in them
	Lost      atomic.Uint64 // recorded pixels that the store has lost since
	Mismatch  atomic.Uint64 // times that what was recorded did not lead to what the region has
	Damaged   atomic.Uint64 // files found damaged
}

// Writer records regions. Its methods may be called from any goroutine; for one region one call at
// a time makes sense, but several, on several pods too, do no harm.
type Writer struct {
	files  Files
	log    Log
	cfg    Config
	packer *packer
	counts Counts
}

// NewWriter makes a Writer. It reads and writes nothing yet.
func NewWriter(files Files, log Log, cfg Config) *Writer {
	return &Writer{files: files, log: log, cfg: cfg.withDefaults(), packer: newPacker()}
}

// Counts is what the Writer has done so far.
func (w *Writer) Counts() *Counts { return &w.counts }

// advanceTries is how often Advance begins anew because another owner has changed files meanwhile.
const advanceTries = 3

// Advance records what a region has, up to now, and returns the sequence number up to which it is
// recorded. What is needed for that it reads from the record and the store's log: it knows nothing
// from calls before. After an error the next call goes on from what has been written.
//
// ErrLate says that the store does not know of now: the caller is no longer the owner, or the store
// has just lost something that the owner will give back. An error of the log's is passed on.
func (w *Writer) Advance(ctx context.Context, region canvas.RegionID, now *canvas.Snapshot) (to uint64, err error) {
	_, _, width, height := w.cfg.Geometry.Bounds(region)
	if len(now.Tile) != 3*width*height {
		return 0, fmt.Errorf("record region %d: a snapshot of %d bytes for %d x %d pixels", region, len(now.Tile), width, height)
	}
	for range advanceTries {
		a := &advance{Writer: w, region: region, now: now, width: width, epochs: make(map[string][]uint64)}
		if to, err = a.run(ctx); !errors.Is(err, ErrNotExist) {
			break
		}
	}
	if err != nil {
		return 0, fmt.Errorf("record region %d: %w", region, err)
	}
	return to, nil
}

func (w *Writer) put(ctx context.Context, name string, content []byte) error {
	if err := w.files.Put(ctx, name, content); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	w.counts.Bytes.Add(uint64(len(content)))
	return nil
}

func (w *Writer) get(ctx context.Context, f *file) ([]byte, error) {
	content, err := w.files.Get(ctx, f.name())
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.name(), err)
	}
	return content, nil
}

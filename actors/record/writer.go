package record

import (
	"bytes"
	"context"
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
}

// Writer records regions. Its methods may be called from any goroutine; for one region one call at
// a time makes sense, but several, on several pods too, do no harm.
type Writer struct {
	files  Files
	log    Log
	cfg    Config
	counts Counts
}

// NewWriter makes a Writer. It reads and writes nothing yet.
func NewWriter(files Files, log Log, cfg Config) *Writer {
	return &Writer{files: files, log: log, cfg: cfg.withDefaults()}
}

// Counts is what the Writer has done so far.
func (w *Writer) Counts() *Counts { return &w.counts }

// Advance records what a region has, up to now, and returns the sequence number up to which it is
// recorded. What is needed for that it reads from the record and the store's log: it knows nothing
// from calls before. After an error the next call goes on from what has been written.
func (w *Writer) Advance(ctx context.Context, region canvas.RegionID, now *canvas.Snapshot) (to uint64, err error) {
	d, err := list(ctx, w.files, region)
	if err != nil {
		return 0, err
	}
	at := d.end()
	pending := &rows{region: region, from: at.Seq}
	s := blank(len(now.Tile) / 3)
	for i := range d.parts {
		f := d.parts[i].file
		content, err := w.files.Get(ctx, f.name())
		if err != nil {
			return 0, err
		}
		r, err := decode(f, content, w.cfg.Geometry)
		if err != nil {
			return 0, err
		}
		for j := range r.len() {
			s.place(canvas.Position{Seq: r.from + 1 + uint64(j), Epoch: r.epoch[j]}, r.time[j], r.pos[j], r.color[j], r.authors.list[r.by[j]])
		}
	}
	for at.Seq < now.Position.Seq {
		batches, err := w.log.History(ctx, region, at.Seq, 1000)
		if err != nil {
			return 0, err
		}
		if len(batches) == 0 {
			break
		}
		for _, b := range batches {
			seq := b.From
			for i := range b.Ops {
				op := &b.Ops[i]
				for _, p := range op.Pixels {
					if seq++; seq > at.Seq && seq <= now.Position.Seq {
						at = canvas.Position{Seq: seq, Epoch: b.Epoch}
						by, t := author{op.By(), op.Name, Drawn}, max(s.time, b.Time)
						before := s.place(at, t, p.Pos, p.Color, by)
						pending.add(b.Epoch, t, p.Pos, p.Color, before, by)
					}
				}
			}
		}
	}
	if pending.len() == 0 {
		return at.Seq, nil
	}
	content, err := pending.encode(w.cfg.Geometry)
	if err != nil {
		return 0, err
	}
	f := pending.file(segmentKind)
	if err := w.put(ctx, f.name(), content); err != nil {
		return 0, err
	}
	if content, err = s.encode(region, w.cfg.Geometry); err != nil {
		return 0, err
	}
	latest := file{kind: latestKind, region: region, end: s.at}
	return at.Seq, w.put(ctx, latest.name(), content)
}

func (w *Writer) put(ctx context.Context, name string, content []byte) error {
	if err := w.files.Put(ctx, name, bytes.Clone(content)); err != nil {
		return fmt.Errorf("write %s of the record: %w", name, err)
	}
	w.counts.Bytes.Add(uint64(len(content)))
	return nil
}

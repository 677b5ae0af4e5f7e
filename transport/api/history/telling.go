package history

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
)

// writer is a form of an answer. It appends to what is sent next.
type writer interface {
	contentType() string
	// snapshot is the region at a time, at the beginning and behind a gap.
	snapshot(dst []byte, tile *canvas.Snapshot, at time.Time) []byte
	// pixels are what was drawn next, without a gap between them.
	pixels(dst []byte, all []record.Pixel) []byte
	end(dst []byte, region canvas.RegionID, seq uint64, at time.Time, more bool) []byte
	needsSnapshots() bool
	units() int // of work for one pixel
}

// chunk is how many pixels are encoded at once, before others have their turn.
const chunk = 4096

// telling is one answer under way.
type telling struct {
	passage
	h   *History
	job Job
	w   http.ResponseWriter
	r   *http.Request
	out writer

	ctx   context.Context // ends when the record takes too long, or the client is gone
	watch *time.Timer     // ends ctx; stopped while the client is waited for

	begun bool // the status is sent
	buf   []byte
	seq   uint64 // the answer is complete up to here
	last  int64  // time of the last pixel
	next  []record.Pixel
	told  int // pixels
}

// errTold says that an answer has as many pixels as it may.
var errTold = errors.New("the answer is long enough")

func (t *telling) tell() {
	ctx, cancel := context.WithCancelCause(t.r.Context())
	defer cancel(nil)
	t.ctx = ctx
	t.watch = time.AfterFunc(readPatience, func() { cancel(context.DeadlineExceeded) })
	defer t.watch.Stop()

	err := t.tellAll()
	if err != nil && context.Cause(ctx) == context.DeadlineExceeded {
		err = context.DeadlineExceeded
	}
	switch {
	case err == nil:
	case !t.begun:
		t.h.Fail(t.w, t.r, err)
	default:
		if t.r.Context().Err() == nil {
			t.h.told.Note("download cut off", "the history of a region", "path", t.r.URL.Path, "err", err)
		}
		panic(http.ErrAbortHandler) // so that nobody takes it for complete
	}
}

func (t *telling) tellAll() error {
	from := behind(t.from)
	t.seq = t.after
	if t.after > 0 {
		from = t.from // the pixel behind after may be of the same millisecond
	} else if t.out.needsSnapshots() {
		if err := t.snapshot(t.from); err != nil {
			return err
		}
	}
	t.last = t.from.UnixMilli()
	for p, err := range t.h.Record.Pixels(t.ctx, t.region, from, behind(t.to)) {
		if err != nil {
			return err
		}
		if err := t.pixel(p); err == errTold {
			return t.end(true)
		} else if err != nil {
			return err
		}
	}
	if err := t.ctx.Err(); err != nil {
		return err
	}
	if err := t.flush(); err != nil {
		return err
	}
	if err := t.lastGap(); err != nil {
		return err
	}
	t.last = min(t.to.UnixMilli(), max(t.last, t.h.Now().UnixMilli()))
	return t.end(false)
}

// pixel tells one more.
func (t *telling) pixel(p record.Pixel) error {
	if p.Seq <= t.seq {
		return nil // the snapshot has it, or the client
	}
	if t.told == t.limit {
		return errTold
	}
	if t.out.needsSnapshots() && p.Seq != t.seq+1 {
		if err := t.flush(); err != nil {
			return err
		}
		if err := t.snapshot(time.UnixMilli(p.Time)); err != nil || p.Seq <= t.seq {
			return err
		}
	}
	t.next = append(t.next, p)
	t.seq, t.last = p.Seq, p.Time
	t.told++
	if len(t.next) < chunk {
		return nil
	}
	return t.flush()
}

// lastGap shows what the canvas is after a gap behind which nothing was drawn.
func (t *telling) lastGap() error {
	if !t.out.needsSnapshots() {
		return nil
	}
	span, err := t.h.Record.RangeOf(t.ctx, t.region)
	if err != nil {
		return err
	}
	for _, gap := range span.Gaps {
		if gap.To > t.seq && !gap.Noted.After(t.to) {
			return t.snapshot(t.to)
		}
	}
	return nil
}

// snapshot tells the whole region.
func (t *telling) snapshot(at time.Time) error {
	tile, _, err := t.h.Record.Tile(t.ctx, t.region, at)
	if err != nil {
		return err
	}
	t.watch.Stop()
	if err := t.job.Charge(t.ctx, snapshotWork); err != nil {
		return err
	}
	t.h.Encode(func() { t.buf = t.out.snapshot(t.buf, tile, at) })
	t.seq = max(t.seq, tile.Position.Seq)
	return t.send(sendBytes)
}

// flush tells the pixels that have come.
func (t *telling) flush() error {
	if len(t.next) == 0 {
		return nil
	}
	t.watch.Stop()
	if err := t.job.Charge(t.ctx, t.out.units()*len(t.next)); err != nil {
		return err
	}
	t.h.Encode(func() { t.buf = t.out.pixels(t.buf, t.next) })
	t.next = t.next[:0]
	return t.send(sendBytes)
}

func (t *telling) end(more bool) error {
	if err := t.flush(); err != nil {
		return err
	}
	t.buf = t.out.end(t.buf, t.region, t.seq, time.UnixMilli(t.last), more)
	return t.send(0)
}

// sendBytes is how much is gathered before it is sent.
const sendBytes = 64 << 10

// send sends what is there if it is at least so many bytes.
func (t *telling) send(least int) error {
	if len(t.buf) < least {
		t.watch.Reset(readPatience)
		return nil
	}
	if !t.begun {
		t.w.Header().Set("Content-Type", t.out.contentType())
		t.begun = true
	}
	t.watch.Stop()
	defer t.watch.Reset(readPatience)
	_, err := t.job.Write(t.buf)
	t.buf = t.buf[:0]
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

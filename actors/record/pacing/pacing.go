// Package pacing interrupts long work with rests, so that others get the processor.
package pacing

import (
	"context"
	"io"
	"time"

	"github.com/parquet-go/parquet-go/compress"
)

// Pace interrupts recording. Recording a region takes some 50 ms of one processor, for which those who draw
// would have to wait. So it is done in pieces of a millisecond or two, with a rest after each. The nil Pace
// never rests.
type Pace struct {
	ctx   context.Context
	now   func() time.Time
	rest  func(context.Context, time.Duration)
	ratio time.Duration // how many times as long a rest is as the work before it
	began time.Time     // when the piece of work under way was begun
}

const (
	// restRatio makes recording take up a tenth of one processor, which is enough for some 50,000 pixels/s.
	restRatio = 9
	// behindRatio counts when a whole segment waits, because drawing is faster than recording. When two wait
	// there are no rests: if recording falls behind the store's log, pixels are missing from the record.
	behindRatio = 1
	// leastWork is the least work that is followed by a rest. longestRest keeps a slow machine from taking
	// too long for a region.
	leastWork   = 500 * time.Microsecond
	longestRest = 20 * time.Millisecond
	// PieceRows is how many rows are handled between two looks at the clock: half a millisecond of work.
	PieceRows = 1024
)

// New returns the pace for recording so many pixels; nil: without rests. segment is how many of them a full
// segment holds.
func New(ctx context.Context, now func() time.Time, rest func(context.Context, time.Duration), pixels, segment uint64) *Pace {
	if rest == nil || pixels > 2*segment {
		return nil
	}
	p := &Pace{ctx: ctx, now: now, rest: rest, ratio: restRatio, began: now()}
	if pixels > segment {
		p.ratio = behindRatio
	}
	return p
}

// Pause ends a piece of work.
func (p *Pace) Pause() {
	if p == nil {
		return
	}
	if worked := p.now().Sub(p.began); worked >= leastWork {
		p.rest(p.ctx, min(p.ratio*worked, longestRest))
		p.began = p.now()
	}
}

// Waiting calls f, which waits for files and takes no processor time.
func (p *Pace) Waiting(f func() error) error {
	p.Pause()
	err := f()
	if p != nil {
		p.began = p.now()
	}
	return err
}

// Rest waits: it is the Rest of a record.Config.
func Rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// Codec pauses before each page that it packs.
type Codec struct {
	compress.Codec
	Pace *Pace
}

func (c Codec) Encode(to, from []byte) ([]byte, error) {
	c.Pace.Pause()
	return c.Codec.Encode(to, from)
}

// Output pauses before each write.
type Output struct {
	io.Writer
	Pace *Pace
}

func (o Output) Write(b []byte) (int, error) {
	o.Pace.Pause()
	return o.Writer.Write(b)
}

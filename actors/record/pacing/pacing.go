// Package pacing lets others have the processor while something long is done.
package pacing

import (
	"context"
	"io"
	"time"

	"github.com/parquet-go/parquet-go/compress"
)

// Pace lets others have the processor while a region is recorded, which would otherwise take one for
// some 50 ms at once: whoever draws would have to wait. So the work is done in pieces of a millisecond
// or two, with a rest after each. The nil Pace never rests.
type Pace struct {
	ctx   context.Context
	now   func() time.Time
	rest  func(context.Context, time.Duration)
	ratio time.Duration // rests are so many times as long as the work before them
	began time.Time     // when the piece of work under way was begun
}

const (
	// restRatio makes recording take up a tenth of one processor, which is enough for some 50,000 pixels/s.
	restRatio = 9
	// behindRatio is for when a whole segment waits: drawing is faster than recording. If two wait, there
	// is no rest, since more is lost than time once the store keeps no more of the log.
	behindRatio = 1
	// leastWork is not worth a rest, and longestRest bounds the time that a region takes on a machine on
	// which work is slow.
	leastWork   = 500 * time.Microsecond
	longestRest = 20 * time.Millisecond
	// PieceRows is how many rows are handled between two looks at the clock: half a millisecond of work.
	PieceRows = 1024
)

// New is the pace at which so many pixels are recorded, of which a segment holds so many; nil: without rests.
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

// Waiting does what is no work but waiting for the files.
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

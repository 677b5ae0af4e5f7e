package record

import (
	"context"
	"io"
	"time"

	"github.com/parquet-go/parquet-go/compress"
)

// pace lets others have the processor while a region is recorded, which would otherwise take one for
// some 50 ms at once: whoever draws would have to wait. So the work is done in pieces of a millisecond
// or two, with a rest after each. The nil pace never rests.
type pace struct {
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
	// pieceRows is how many rows are handled between two looks at the clock: half a millisecond of work.
	pieceRows = 1024
)

// newPace is the pace at which so many pixels are recorded; nil: without rests.
func (w *Writer) newPace(ctx context.Context, pixels uint64) *pace {
	segment := uint64(w.cfg.Segment)
	if w.cfg.Rest == nil || pixels > 2*segment {
		return nil
	}
	p := &pace{ctx: ctx, now: w.cfg.Now, rest: w.cfg.Rest, ratio: restRatio, began: w.cfg.Now()}
	if pixels > segment {
		p.ratio = behindRatio
	}
	return p
}

// pause ends a piece of work.
func (p *pace) pause() {
	if p == nil {
		return
	}
	if worked := p.now().Sub(p.began); worked >= leastWork {
		p.rest(p.ctx, min(p.ratio*worked, longestRest))
		p.began = p.now()
	}
}

// waiting does what is no work but waiting for the files.
func (p *pace) waiting(f func() error) error {
	p.pause()
	err := f()
	if p != nil {
		p.began = p.now()
	}
	return err
}

// Rest waits: it is a Config's Rest.
func Rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// pacedCodec pauses before each page that it packs.
type pacedCodec struct {
	compress.Codec
	pace *pace
}

func (c pacedCodec) Encode(to, from []byte) ([]byte, error) {
	c.pace.pause()
	return c.Codec.Encode(to, from)
}

// pacedOutput pauses before each write.
type pacedOutput struct {
	io.Writer
	pace *pace
}

func (o pacedOutput) Write(b []byte) (int, error) {
	o.pace.pause()
	return o.Writer.Write(b)
}

package record

import (
	"context"
	"slices"

	"pixelplayground/actors/canvas"
)

// pageBatches is how many batches of the log are read at once.
const pageBatches = 1000

// evidence is what is known of the pixels that the store has: under which epochs they were placed.
type evidence struct {
	spans []span // in order, perhaps with holes
	now   canvas.Position
	known bool // now is
	late  bool // now is not a position of what the store has
}

// span is consecutive pixels that were placed under one epoch.
type span struct{ from, to, epoch uint64 }

func (e *evidence) add(batches []*canvas.Batch) {
	for _, b := range batches {
		if n := len(e.spans); n > 0 && e.spans[n-1].to == b.From && e.spans[n-1].epoch == b.Epoch {
			e.spans[n-1].to = b.To
			continue
		}
		e.spans = append(e.spans, span{b.From, b.To, b.Epoch})
	}
}

// agrees reports whether the store may have a position: it does if the log says so, or if the log
// begins later and nothing speaks against it.
func (e *evidence) agrees(at canvas.Position) bool {
	if at == (canvas.Position{}) || !e.known && len(e.spans) == 0 {
		return true
	}
	if e.known && at.Seq == e.now.Seq {
		return at.Epoch == e.now.Epoch
	}
	i, _ := slices.BinarySearchFunc(e.spans, at.Seq, func(s span, seq uint64) int {
		if s.to < seq {
			return -1
		}
		return 1
	})
	switch {
	case i < len(e.spans) && e.spans[i].from < at.Seq:
		return e.spans[i].epoch == at.Epoch
	case i < len(e.spans):
		return e.spans[i].epoch >= at.Epoch
	default:
		return at.Seq < e.now.Seq && at.Epoch <= e.now.Epoch && (i == 0 || at.Epoch >= e.spans[i-1].epoch)
	}
}

// examine asks the log what it has around the end of the history, and at now.
func (a *advance) examine(ctx context.Context, end canvas.Position) (*evidence, error) {
	e := &evidence{now: a.now.Position, known: true}
	around, err := a.log.History(ctx, a.region, max(end.Seq, 1)-1, 2)
	if err != nil {
		return nil, err
	}
	e.add(around)
	if e.now.Seq == 0 {
		return e, nil
	}
	at, err := a.log.History(ctx, a.region, e.now.Seq-1, 1)
	if err != nil {
		return nil, err
	}
	if len(at) == 0 {
		// If there is a log it ends at the region's position. Without one, only the owner knows it.
		at, err = a.log.History(ctx, a.region, 0, 1)
		e.late = len(at) > 0
		return e, err
	}
	e.late = at[0].From < e.now.Seq && at[0].Epoch != e.now.Epoch
	return e, nil
}

// read adds the whole log.
func (e *evidence) read(ctx context.Context, log Log, region canvas.RegionID) error {
	e.spans = nil
	for after := uint64(0); ; {
		batches, err := log.History(ctx, region, after, pageBatches)
		if err != nil || len(batches) == 0 {
			return err
		}
		e.add(batches)
		after = batches[len(batches)-1].To
	}
}

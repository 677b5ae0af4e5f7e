package regions

import (
	"slices"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/oplog"
)

// paintedPixels is a set of positions in a region.
type paintedPixels [canvas.MaxRegionEdge * canvas.MaxRegionEdge / 64]uint64

func (p *paintedPixels) set(pos uint16)      { p[pos/64] |= 1 << (pos % 64) }
func (p *paintedPixels) has(pos uint16) bool { return p[pos/64]&(1<<(pos%64)) != 0 }

// unpainted is for ops that take pixels back. It leaves out of them the positions that were painted over
// since they were planned, also by ops before them in the batch. If nothing is left of an op, it is done,
// and acknowledged. If it was planned too long ago for the ring to know, it is refused, so that it is
// planned again. All other ops pass unchanged, at no cost.
func (r *region) unpainted(ctx actor.Context, ops []*oplog.Queued) []*oplog.Queued {
	first := slices.IndexFunc(ops, func(q *oplog.Queued) bool { return q.Op.Since != 0 })
	if first < 0 {
		return ops
	}
	var done, stale []*oplog.Queued
	var since uint64
	var before, batch *paintedPixels // painted since then; painted by the ops before in the batch
	batch = new(paintedPixels)
	reaches := false
	kept := ops[:0:0]
	for _, q := range ops {
		if q.Op.Since != 0 {
			if before == nil || q.Op.Since != since {
				before, since = new(paintedPixels), q.Op.Since
				reaches = r.ring.Painted(since, r.Position.Seq, before.set)
			}
			if !reaches {
				stale = append(stale, q)
				continue
			}
			q.Op.Pixels = slices.DeleteFunc(slices.Clone(q.Op.Pixels), func(p canvas.Pixel) bool { return before.has(p.Pos) || batch.has(p.Pos) })
			q.Op.Since = 0
			if len(q.Op.Pixels) == 0 {
				done = append(done, q)
				continue
			}
		}
		for _, p := range q.Op.Pixels {
			batch.set(p.Pos)
		}
		kept = append(kept, q)
	}
	r.queue.Settle(done)
	for key, ids := range oplog.ByRelay(done) {
		if s := r.subscribers[key]; s != nil {
			r.acknowledge(ctx, s, ids)
		}
	}
	r.queue.Settle(stale)
	for key, ids := range oplog.ByRelay(stale) {
		if s := r.subscribers[key]; s != nil {
			r.rejectFor(ctx, s, ids, canvas.RefusedUnsure, 0)
		}
	}
	return kept
}

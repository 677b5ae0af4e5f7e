package actors

import (
	"fmt"
	"pixelplayground/actors/message"
	"time"
)

// gauge is what a region remembers of its last Span, for the inspector. Only the region uses it.
type gauge struct {
	pixels  meter
	commits *spread // nil: none yet
}

// observed notes a commit.
func (r *region) observed(f *inflight, now time.Time) {
	r.pod.stats.committed(f, now)
	if r.gauge.commits == nil {
		r.gauge.commits = new(spread)
	}
	r.gauge.commits.advance(now)
	r.gauge.commits.add(int64(now.Sub(f.began)))
	r.gauge.pixels.add(f.batch.Pixels(), now)
}

// report returns what the inspector shows of the region.
func (r *region) report() message.RegionReport {
	now := r.pod.clock.Now()
	report := message.RegionReport{
		Region: r.id, State: string(r.phase), Epoch: r.epoch, Seq: r.Position.Seq,
		Relays: len(r.subscribers), PendingOps: r.queue.Len(), Pixels: r.gauge.pixels.span(now),
	}
	if r.gauge.commits != nil {
		r.gauge.commits.advance(now)
		report.Commit = r.gauge.commits.durations()
	}
	return report
}

// noteHandoff notes that the region has come here from another pod, which has either let go of it
// or is gone. If it is gone, the relays show that the region was there, by the pixels that they
// hold. Where nothing was ever drawn they hold none: then whoever asks for the region at once must
// have had it from there.
func (r *region) noteHandoff(now time.Time) {
	began, orphaned := r.handoff.began, r.handoff.ownerLost
	moved := r.handoff.served || !orphaned.IsZero() && began.Sub(orphaned) < orphanMemory
	for _, s := range r.subscribers {
		moved = moved || s.held.Epoch != 0 && s.held.Epoch < r.epoch && s.held.Seq > 0
	}
	r.handoff.began = time.Time{}
	if again := r.pod.observe.claimed(r.id); again || began.IsZero() || !moved {
		return
	}
	took := now.Sub(began)
	r.log.Info("region taken over", "epoch", r.epoch, "took", took.Round(time.Microsecond), "let_go", r.handoff.served)
	text := fmt.Sprintf("region %d moved to %s", r.id, r.pod.cfg.Node)
	if !r.handoff.served {
		text += ", its owner before was gone"
	}
	r.pod.events.region(message.EventHandoff, r.id, took, text)
}

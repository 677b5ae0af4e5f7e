package actors

import (
	"fmt"
	"time"

	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
)

// observed notes a commit.
func (r *region) observed(f *inflight, now time.Time) {
	pixels, took := f.batch.Pixels(), now.Sub(f.began)
	r.pod.stats.CountCommit(pixels, took)
	r.gauge.Committed(pixels, took, now)
}

// describe is for the inspector.
func (r *region) describe() telemetry.Description {
	now := r.pod.clock.Now()
	facts := []message.Fact{
		telemetry.Count("epoch", r.epoch), telemetry.Count("seq", r.Position.Seq), telemetry.At("last batch", r.Position),
		telemetry.Count("relays", len(r.subscribers)), telemetry.Count("pending ops", r.queue.Len()),
		telemetry.Text("commit under way", "no"), telemetry.Count("store calls failed in a row", r.failures), telemetry.Count("fenced of late", r.fences),
		telemetry.Since("known for the owner", r.verified, now), telemetry.Count("who wait for it to let go", len(r.handoff.yielders)+len(r.handoff.leavers)),
	}
	if f := r.inflight; f != nil {
		facts[5].Value = fmt.Sprintf("pixels %d, for %s", f.batch.To-f.batch.From, now.Sub(f.began).Round(time.Millisecond))
	}
	return telemetry.Description{State: string(r.phase), Facts: facts}
}

// reportState asks a region or presence; answered with message.RegionReport or []rollReport.
type reportState struct{}

// report returns what the inspector shows of the region.
func (r *region) report() message.RegionReport {
	now := r.pod.clock.Now()
	pixels, commits := r.gauge.Lately(now)
	return message.RegionReport{
		Region: r.id, State: string(r.phase), Epoch: r.epoch, Seq: r.Position.Seq,
		Relays: len(r.subscribers), PendingOps: r.queue.Len(), Pixels: pixels, Commit: commits,
	}
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
	if again := r.pod.observe.Claimed(r.id); again || began.IsZero() || !moved {
		return
	}
	took := now.Sub(began)
	r.log.Info("region taken over", "epoch", r.epoch, "took", took.Round(time.Microsecond), "let_go", r.handoff.served)
	text := fmt.Sprintf("region %d moved to %s", r.id, r.pod.cfg.Node)
	if !r.handoff.served {
		text += ", its owner before was gone"
	}
	r.pod.events.NoteRegion(message.EventHandoff, r.id, took, text)
}

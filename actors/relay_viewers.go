package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// basePixels is how many pixels a shared snapshot may be behind before a new one is made. Up to
// that a newcomer gets the snapshot and the difference. So on a busy canvas the snapshot is copied
// and encoded once for a crowd of newcomers.
const basePixels = 4096

// blankPixels is the most pixels of a young region that a newcomer gets as a batch rather than as a
// snapshot.
const blankPixels = 512

// Bounds on what waits for a replica during an outage. Viewers that have gone count until it ends
// (24 bytes each); readers give up within seconds.
const (
	maxWaiting = 1 << 16
	maxReaders = 1 << 10
)

// resync brings one viewer up to date, now or as soon as there is a replica.
func (r *relay) resync(ctx actor.Context, m resync) {
	ahead := r.Tile != nil && r.isAhead(m.held)
	switch {
	case r.Tile != nil && (!ahead || len(r.waiting) >= maxWaiting): // a relay that rests goes on resting
		delete(r.waiting, m.viewer) // it has asked anew
		r.pod.audience.Join(m.viewer, r.catchUp(m.held))
		return
	case len(r.waiting) < maxWaiting:
		if ahead && len(r.waiting) == 0 {
			r.aheadSince = r.pod.clock.Now()
		}
		if m.held == canvas.Head() && r.presentSince.IsZero() {
			r.presentSince = r.pod.clock.Now()
		}
		r.waiting[m.viewer] = m.held
	}
	r.ensureAttached(ctx)
}

// isAhead reports whether a viewer holds what the replica has yet to become: it comes from a pod that has heard
// more of the region. To be served from the replica would lead it back, so it waits for the rest, though no
// longer than behindBeats: the store may have lost what it holds.
func (r *relay) isAhead(held canvas.Position) bool {
	at := r.Position
	return held != canvas.Head() && (held.Epoch > at.Epoch || held.Epoch == at.Epoch && held.Seq > at.Seq)
}

// behindBeats is how many beats a viewer that is ahead of the replica waits: time enough to find out that an owner
// has gone and to attach to the next one.
const behindBeats = 2 * silentBeats

// serveReached serves those who were ahead of the replica and no longer are, and all others if they have
// waited for too long.
func (r *relay) serveReached() {
	if r.Tile == nil || len(r.waiting) == 0 {
		return
	}
	late := r.pod.clock.Now().Sub(r.aheadSince) > behindBeats*r.pod.cfg.Beat
	for viewer, held := range r.waiting {
		if late || !r.isAhead(held) {
			delete(r.waiting, viewer)
			r.pod.audience.Join(viewer, r.catchUp(held))
		}
	}
}

// read answers with a current snapshot. A viewer may be behind. A reader wants every pixel that
// anybody has been told is durable, on any pod, so the owner is asked first.
func (r *relay) read(ctx actor.Context) {
	r.lastRead = r.pod.clock.Now()
	if len(r.readers) == maxReaders {
		ctx.Respond(readBusy{})
		return
	}
	r.readers = append(r.readers, ctx.Sender())
	r.ensureAttached(ctx)
	r.check(ctx)
}

// check asks the owner on behalf of all waiting readers. If a question is under way it waits for
// the answer: readers that came after the question need a later one.
func (r *relay) check(ctx actor.Context) {
	if r.attached && r.checking == 0 && len(r.readers) > 0 {
		r.checking = len(r.readers)
		r.checks++
		r.request(ctx, &message.Check{Stream: r.stream, N: r.checks})
	}
}

func (r *relay) onChecked(ctx actor.Context, m *message.Checked) {
	switch {
	case m.Stream != r.stream || m.N != r.checks || r.checking == 0:
		return
	case r.Position != m.Position || r.heard != m.Answers: // something was lost on the way
		r.attach(ctx)
		return
	}
	for _, reader := range r.readers[:r.checking] {
		ctx.Send(reader, r.Snapshot(r.id))
	}
	r.readers, r.checking = r.readers[r.checking:], 0
	r.check(ctx)
}

func (r *relay) serveWaiting() {
	for viewer, held := range r.waiting {
		switch {
		case held == canvas.Head():
			r.pod.audience.Join(viewer, r.meanwhile())
		case !r.aheadSince.IsZero() && r.isAhead(held):
			continue // see serveReached
		default:
			r.pod.audience.Join(viewer, r.catchUp(held))
		}
		delete(r.waiting, viewer)
	}
	r.presentSince = time.Time{}
}

// meanwhile is for viewers that asked for the present and had to wait: what was placed since the first
// of them asked, by the clocks of the owners; a snapshot if that is more than the ring has.
func (r *relay) meanwhile() CatchUp {
	recent, ok := r.ring.After(r.presentSince.UnixMilli())
	if !ok {
		return r.fromBase()
	}
	return CatchUp{Region: r.id, At: r.Position, Delta: r.ring.Merge(recent)}
}

// catchUp returns what leads from held to the replica's position: the batches in between if the
// ring has them, else a snapshot.
func (r *relay) catchUp(held canvas.Position) CatchUp {
	c := CatchUp{Region: r.id, At: r.Position}
	if held == canvas.Head() || held == r.Position {
		return c
	}
	recent, ok := r.ring.Since(held)
	if ok && held == (canvas.Position{}) && r.Position.Seq > blankPixels {
		ok = false
	}
	if ok {
		r.pod.stats.Resumes.Add(1)
		c.Delta = r.ring.Merge(recent)
		return c
	}
	return r.fromBase()
}

// fromBase leads to the replica's position from nothing.
func (r *relay) fromBase() CatchUp {
	r.pod.stats.Snapshots.Add(1)
	c := CatchUp{Region: r.id, At: r.Position, Snapshot: r.recentBase()}
	if behind, ok := r.ring.Since(c.Snapshot.Position); ok {
		c.Delta = r.ring.Merge(behind)
	}
	return c
}

// recentBase is the shared snapshot, replaced when it lies too far behind.
func (r *relay) recentBase() *canvas.Snapshot {
	if base := r.LastSnapshot(); base != nil && base.Position != r.Position {
		if _, ok := r.ring.Since(base.Position); ok && r.Position.Seq-base.Position.Seq <= basePixels {
			return base
		}
	}
	return r.Snapshot(r.id)
}

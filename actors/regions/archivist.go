package regions

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
	"pixelplayground/actors/record"
	"pixelplayground/actors/store"
	"pixelplayground/actors/telemetry"
)

// archivist has one region recorded, on the pod that owns it: behind the commits and never in their
// way. It holds no pixels. What is not recorded yet is in the store's log, so whatever becomes of an
// archivist or its pod, the next one goes on from what has been written.
//
// Every canvas pod runs one for each region, if there is a record. It is idle until its region tells
// it that something waits. It then waits for more, for a turn, for the region's present state, and
// for the recorder, one after the other.
type archivist struct {
	pod    *Pod
	id     canvas.RegionID
	log    *slog.Logger
	region *actor.PID

	step   archivistStep
	of     *region            // what this is about; nil: idle
	n      uint64             // numbers the steps: answers and timers of an earlier one count no more
	failed int                // writes that failed, one after the other
	cancel context.CancelFunc // ends the write under way
	took   time.Duration      // the last write
}

// archivistStep is what an archivist waits for.
type archivistStep string

const (
	stepIdle    archivistStep = "idle"
	stepWaiting archivistStep = "waiting" // until what waits is due, or after a failure
	stepQueued  archivistStep = "queued"  // for a turn
	stepAsking  archivistStep = "asking"  // for the region's state; it has a turn from here on
	stepWriting archivistStep = "writing" // for the recorder
)

const (
	writeTime  = 2 * time.Minute // for one write, over a slow line to a bucket
	writePause = time.Minute     // the longest between two tries
)

type (
	writeGranted struct{}
	// recordDue ends a wait.
	recordDue struct {
		of *archivist
		n  uint64
	}
	recordWritten struct {
		of   *archivist
		n    uint64
		what *recordable
		to   uint64
		err  error
		took time.Duration
	}
)

// NewArchivist makes the actor that has a region recorded. The pod must have a recorder. The actor's name
// is ArchivistName.
func NewArchivist(pod *Pod, id canvas.RegionID) actor.Actor {
	return &archivist{
		pod: pod, id: id, log: pod.Log.With("region", int(id)), region: pod.System.NewLocalPID(message.RegionName(id)), step: stepIdle,
	}
}

func (a *archivist) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		a.pod.Stats.Live[message.KindArchivist].Add(1)
		ctx.Send(a.region, archivistStarted{})
	case *actor.Restarting, *actor.Stopped:
		a.pod.Stats.Live[message.KindArchivist].Add(-1)
		a.rest()
	case *actor.Stopping:
	case unrecorded:
		a.onDrawn(ctx, m)
	case letGo:
		if m.of == a.of {
			a.rest()
		}
	case recordDue:
		a.onDue(ctx, m)
	case writeGranted:
		a.onGranted(ctx)
	case recordable:
		a.onRecordable(ctx, &m)
	case notRecordable:
		if a.step == stepAsking {
			a.rest()
		}
	case recordWritten:
		a.onWritten(ctx, &m)
	case *telemetry.Describe:
		a.describe().Answer(ctx)
	default:
		a.pod.Unhandled(message.KindArchivist, m)
	}
}

// enter begins a step.
func (a *archivist) enter(step archivistStep) {
	a.step = step
	a.n++
}

// rest ends whatever is under way: there is nothing to do until the region says so.
func (a *archivist) rest() {
	if a.cancel != nil {
		a.cancel()
		a.cancel = nil
	}
	a.pod.writers.Release(a)
	a.pod.unable.Over(a.id, a.pod.Now())
	a.enter(stepIdle)
	a.of, a.failed = nil, 0
}

// onDrawn waits until what waits is due, and no longer than anything may: the clock by which it was
// drawn, another pod's perhaps, may have been ahead. What is under way goes on: the region tells when
// there is more. After a failure the pause stays as it is.
func (a *archivist) onDrawn(ctx actor.Context, m unrecorded) {
	if a.of != m.of {
		a.rest()
	}
	a.of = m.of
	if a.failed == 0 && (a.step == stepIdle || a.step == stepWaiting) {
		a.wait(ctx, min(m.due.Sub(a.pod.Now()), a.pod.RecordAge))
	}
}

func (a *archivist) wait(ctx actor.Context, d time.Duration) {
	a.enter(stepWaiting)
	if d <= 0 {
		a.queue(ctx)
		return
	}
	a.pod.Later(ctx, d, recordDue{a, a.n})
}

func (a *archivist) queue(ctx actor.Context) {
	a.enter(stepQueued)
	a.pod.writers.Acquire(a, ctx.Self())
}

// onDue ends the wait for more, or that for a region that has failed just when it was asked.
func (a *archivist) onDue(ctx actor.Context, m recordDue) {
	switch {
	case m.of != a || m.n != a.n:
	case a.step == stepAsking:
		a.pod.writers.Release(a)
		a.queue(ctx)
	default:
		a.queue(ctx)
	}
}

func (a *archivist) onGranted(ctx actor.Context) {
	if a.step != stepQueued {
		if a.step == stepIdle || a.step == stepWaiting {
			a.pod.writers.Release(a)
		}
		return
	}
	a.enter(stepAsking)
	ctx.Request(a.region, recordNow{})
	a.pod.Later(ctx, a.pod.StoreTimeout, recordDue{a, a.n})
}

// onRecordable has the region's state recorded.
func (a *archivist) onRecordable(ctx actor.Context, m *recordable) {
	if a.step != stepAsking {
		return
	}
	a.enter(stepWriting)
	a.of = m.of
	self, root, n, began := ctx.Self(), ctx.ActorSystem().Root, a.n, a.pod.Now()
	c, cancel := context.WithTimeout(a.pod.WorkCtx, writeTime)
	a.cancel = cancel
	a.pod.Work.Go(func() {
		defer cancel()
		to, err := a.pod.record(c, a.log, m)
		root.Send(self, recordWritten{a, n, m, to, err, a.pod.Now().Sub(began)})
	})
}

func (a *archivist) onWritten(ctx actor.Context, m *recordWritten) {
	if m.of != a || m.n != a.n {
		return
	}
	a.cancel = nil
	a.pod.writers.Release(a)
	now := a.pod.Now()
	if m.err != nil {
		a.failed++
		a.pod.Stats.RecordFailures.Add(1)
		if errors.Is(m.err, store.ErrFenced) || errors.Is(m.err, store.ErrDamaged) || errors.Is(m.err, record.ErrLate) { // it is for the region to find out
			ctx.Send(a.region, OwnershipDoubted{})
		} else {
			a.pod.unable.Failed(a.id, "record", m.err, now)
		}
		a.log.Debug("not recorded, trying again", "failed", a.failed, "err", m.err)
		a.wait(ctx, mailbox.Jitter(min(time.Second<<min(a.failed-1, 10), writePause)))
		return
	}
	a.took = m.took
	a.log.Debug("recorded", "to", m.to, "took", m.took)
	a.rest()
	ctx.Send(a.region, recordedTo{m.what, m.to})
}

// describe is for the inspector.
func (a *archivist) describe() telemetry.Description {
	waiting := &a.pod.behind[a.id]
	facts := []message.Fact{
		telemetry.Count("pixels not recorded", waiting.pixels.Load()), telemetry.Count("writes failed in a row", a.failed),
		telemetry.Text("the last write took", a.took.Round(time.Millisecond).String()),
	}
	return telemetry.Description{State: string(a.step), Facts: facts}
}

package regions

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
	"pixelplayground/actors/store"
	"pixelplayground/actors/storehealth"
)

// What a region does for the record of everything drawn, and what its pod knows of it. The region
// only counts: it tells its archivist when something waits to be recorded, and when that is enough to
// be written at once. Between the two it says nothing, so a commit costs it nothing.

// recording is what a region knows of how far it is recorded.
type recording struct {
	archivist *actor.PID // nil: nothing is recorded
	to        uint64     // up to here it is recorded
	start     uint64     // at which the log began when we claimed: nothing before it can be recorded any more
	told      bool       // the archivist knows that something waits
	urged     bool       // and that it is enough
}

type (
	// unrecorded tells an archivist that pixels of its region wait to be recorded, and until when they may.
	unrecorded struct {
		of  *region
		due time.Time
	}
	// letGo tells it that the region, or this instance of it, is no longer ours to record.
	letGo struct{ of *region }
	// recordNow has a region give its archivist what is to be recorded; answered with recordable, or
	// with notRecordable.
	recordNow  struct{}
	recordable struct {
		of   *region
		term store.Term
		now  *canvas.Snapshot
		at   time.Time
	}
	notRecordable struct{}
	// recordedTo tells a region how far it is recorded, after what it gave its archivist.
	recordedTo struct {
		what *recordable
		to   uint64
	}
	// archivistStarted asks a region to tell once more what waits.
	archivistStarted struct{}
)

// beginRecording takes from a claim how far the region is recorded.
func (r *region) beginRecording(ctx actor.Context, claim *store.Claim) {
	if r.recording.archivist == nil {
		return
	}
	since := r.pod.Now()
	r.recording.start = claim.LogStart
	for _, b := range claim.Recent {
		if b.To > claim.Recorded { // the first that is known to wait
			since = time.UnixMilli(b.Time)
			break
		}
	}
	r.waitingFrom(ctx, claim.Recorded, since)
}

// waitingFrom begins to wait for the record to come further than a sequence number; what has not been
// recorded was drawn after a moment.
func (r *region) waitingFrom(ctx actor.Context, to uint64, since time.Time) {
	a := &r.recording
	a.to, a.told, a.urged = min(to, r.Position.Seq), false, false
	r.pod.behind[r.id].since.Store(since.UnixNano())
	r.recordLater(ctx)
}

// recordLater tells the archivist what waits, unless it knows. It runs with every commit.
func (r *region) recordLater(ctx actor.Context) {
	a := &r.recording
	if a.archivist == nil {
		return
	}
	behind := &r.pod.behind[r.id]
	waiting := r.Position.Seq - a.to
	behind.pixels.Store(min(waiting, r.Position.Seq-min(a.start, r.Position.Seq)))
	switch full := waiting >= uint64(r.pod.RecordPixels); {
	case waiting == 0 || a.urged || a.told && !full:
	case full:
		a.told, a.urged = true, true
		ctx.Send(a.archivist, unrecorded{r, r.pod.Now()})
	default:
		a.told = true
		ctx.Send(a.archivist, unrecorded{r, time.Unix(0, behind.since.Load()).Add(r.pod.RecordAge)})
	}
}

// endRecording is for a region that gives up its claim, or fails.
func (r *region) endRecording(ctx actor.Context) {
	if a := &r.recording; a.archivist != nil && r.epoch != 0 {
		ctx.Send(a.archivist, letGo{r})
		*a = recording{archivist: a.archivist}
		r.pod.behind[r.id].pixels.Store(0)
	}
}

// forArchivist handles what an archivist asks and tells. Neither wakes a region that rests.
func (r *region) forArchivist(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case recordNow:
		if r.epoch == 0 || r.mending.have != nil {
			ctx.Respond(notRecordable{}) // it is told when there is something again
			return
		}
		ctx.Respond(recordable{r, r.term(), r.Snapshot(r.id), r.pod.Now()})
	case recordedTo:
		if m.what.of != r || r.epoch == 0 {
			return
		}
		to := r.recording.to
		if m.what.term == r.term() { // else the region was mended meanwhile
			to = max(to, m.to)
		}
		r.waitingFrom(ctx, to, m.what.at)
	case archivistStarted:
		if r.epoch != 0 {
			r.waitingFrom(ctx, r.recording.to, time.Unix(0, r.pod.behind[r.id].since.Load()))
		}
	}
}

// recordings is what a pod knows of the record of its regions. Any goroutine may read it.
type recordings struct {
	writers *mailbox.Turns[*archivist]
	unable  *storehealth.Outage
	behind  []behind // by RegionID
}

// behind is what of a region waits to be recorded. The region writes it.
type behind struct {
	pixels atomic.Uint64
	since  atomic.Int64 // when the oldest was drawn, in Unix nanoseconds; it says nothing if there is none
}

// writesAtOnce bounds how many regions of a pod are being recorded at the same time: each takes some
// 10 MB meanwhile. Each takes up a tenth of a processor, since a record.Writer rests in between.
const writesAtOnce = 1

func newRecordings(p Needs, regions int) recordings {
	var r recordings
	if p.Recorder != nil && regions > 0 {
		r.writers = mailbox.NewTurns[*archivist](p.System.Root, writesAtOnce, writeGranted{})
		r.unable = storehealth.NewOutage(storehealth.OfRecord(p.Log), p.Events)
		r.behind = make([]behind, regions)
		p.Stats.Unrecorded = r.unrecorded(p.Now)
	}
	return r
}

// unrecorded returns a function that counts what this pod's regions have that is not recorded, and how
// long the oldest of it has waited.
func (r *recordings) unrecorded(now func() time.Time) func() (pixels uint64, oldest time.Duration) {
	all := r.behind
	return func() (pixels uint64, oldest time.Duration) {
		at := now()
		for i := range all {
			if waiting := all[i].pixels.Load(); waiting > 0 {
				pixels += waiting
				oldest = max(oldest, at.Sub(time.Unix(0, all[i].since.Load())))
			}
		}
		return pixels, oldest
	}
}

// Recording returns why the record can't be written, and since when; nil: it can, or there is none.
func (p *Pod) Recording() error {
	if p.unable == nil {
		return nil
	}
	since, err := p.unable.Since()
	if err == nil {
		return nil
	}
	pixels, _ := p.Stats.Unrecorded()
	return fmt.Errorf("behind since %s, %d pixels wait: %w", since.UTC().Format(time.RFC3339), pixels, err)
}

// Archivists is how many there are: one for each region, or none where nothing is recorded.
func (p *Pod) Archivists() int { return len(p.behind) }

// archivistPID is the archivist of a region, whether it has started or not; nil: nothing is recorded.
func (p *Pod) archivistPID(id canvas.RegionID) *actor.PID {
	if len(p.behind) == 0 {
		return nil
	}
	return p.System.NewLocalPID(ArchivistName(id))
}

// record has the recorder write, and notes in the store how far that has come. It first asks the store
// whether it has all of the region: what it has just lost its owner gives back, and that is no gap.
func (p *Pod) record(ctx context.Context, log *slog.Logger, m *recordable) (to uint64, err error) {
	id, at := m.now.Region, m.now.Position.Seq
	if err := p.within(ctx, func(ctx context.Context) error { return p.Store.Holds(ctx, id, m.term, at) }); err != nil {
		return 0, err
	}
	if to, err = p.advance(ctx, log, m.now); err != nil {
		return 0, err
	}
	return to, p.within(ctx, func(ctx context.Context) error { return p.Store.Recorded(ctx, id, m.term, to) })
}

// within calls the store with its time limit.
func (p *Pod) within(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, p.StoreTimeout)
	defer cancel()
	return call(ctx)
}

// advance catches a panic: the files may have been damaged or made by anybody, and drawing does not
// depend on them.
func (p *Pod) advance(ctx context.Context, log *slog.Logger, now *canvas.Snapshot) (to uint64, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			p.Stats.RecordFaults.Add(1)
			log.Error("recording failed: this is a fault of the server", "fault", fault, "stack", string(debug.Stack()))
			err = fmt.Errorf("fault: %v", fault)
		}
	}()
	to, err = p.Recorder.Advance(ctx, now.Region, now)
	return min(to, now.Position.Seq), err
}

// ArchivistName is the name of the actor that NewArchivist makes.
func ArchivistName(id canvas.RegionID) string {
	return message.KindArchivist.String() + message.RegionName(id)[len(message.KindRegion.String()):]
}

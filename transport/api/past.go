package api

import (
	"context"
	"net/http"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/api/history"
	"pixelplayground/transport/auth"
)

// moment is when the canvas is looked at, in Unix milliseconds.
type moment int64

// live is now, as the owners of the regions have it. A moment of the past is 1 or more.
const live moment = 0

const (
	// pastWork is how many units of work finding out what a pixel was takes: that of a region of the
	// usual size, from the picture before it and what was drawn since, about 8 ms.
	pastWork = 8
	// pastPatience is how long one region of the past may take.
	pastPatience = 10 * time.Second
	// pastAhead is how many regions of the past are worked out at the same time for one answer: each
	// may take 5 MB.
	pastAhead = 4
)

func (m moment) time() time.Time { return time.UnixMilli(int64(m)) }

func (m moment) regionsAhead() int {
	if m == live {
		return regionsAhead
	}
	return pastAhead
}

// readAt reads a region, as it is or as it was.
func (s *server) readAt(ctx context.Context, region canvas.RegionID, at moment) (*canvas.Snapshot, error) {
	if at == live {
		return s.read(ctx, region)
	}
	ctx, cancel := context.WithTimeout(ctx, pastPatience)
	defer cancel()
	tile, _, err := s.Record.Tile(ctx, region, at.time())
	return tile, err
}

// settled reports whether nothing drawn later can change an image of the past.
func (s *server) settled(w http.ResponseWriter, r *http.Request, v view) (bool, error) {
	one, refused := s.job(w, r, 0)
	if refused != nil {
		return false, refused
	}
	defer s.jobs.end(one)
	for _, region := range s.Geometry.Within(v.area()) {
		ctx, cancel := context.WithTimeout(r.Context(), pastPatience)
		settled, err := s.Record.Settled(ctx, region, v.at.time())
		cancel()
		if err != nil || !settled {
			return false, err
		}
	}
	return true, nil
}

// newHistory makes the routes of the record, with the bounds of this API.
func (s *server) newHistory() *history.History {
	return history.New(history.Ports{
		Record: s.Record, Geometry: s.Geometry, Now: s.Now, Log: s.Log, Encode: s.slots.during,
		Begin: func(w http.ResponseWriter, r *http.Request, units int) (history.Job, bool) {
			one, refused := s.work(w, r, units)
			if refused != nil {
				refused.answer(w)
				return nil, false
			}
			return &pastJob{s, one, w, r}, true
		},
		Private: func() bool { return s.People != nil && s.People.MayWatch(auth.Shown{}) != nil },
	})
}

// pastJob is an answer of the record under way.
type pastJob struct {
	s   *server
	one *job
	w   http.ResponseWriter
	r   *http.Request
}

func (j *pastJob) Write(p []byte) (int, error) {
	_ = http.NewResponseController(j.w).SetWriteDeadline(time.Now().Add(answer.SendPatience))
	if j.one.cut.Load() { // checked after setting the deadline, because job.stop sets that, too
		return 0, errSlow
	}
	n, err := j.w.Write(p)
	j.one.sent.Add(int64(n))
	return n, err
}

// chargePause is how long a job that has to wait does so before it looks again.
const chargePause = 100 * time.Millisecond

func (j *pastJob) Charge(ctx context.Context, units int) error {
	for {
		wait, ok := j.s.costs.Take(answer.ClientOf(j.r), min(units, workBurst), j.s.Now())
		if ok {
			return nil
		}
		if j.one.cut.Load() {
			return errSlow
		}
		select {
		case <-time.After(min(wait, chargePause)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (j *pastJob) End() { j.s.jobs.end(j.one) }

// unknownNow says in an answer that the record could not be asked.
const unknownNow = "It can't be looked up right now who placed this"

// lookWork is what looking up who placed a pixel takes, in units of work: about 60 µs.
const lookWork = 4096

// placedBy is who placed the pixel at (x, y), of which the region's snapshot at a sequence number has a
// colour. If the record knows a later pixel, its colour takes that place. If it can't be asked, why
// says so: that is no reason not to answer with the colour.
func (s *server) placedBy(w http.ResponseWriter, r *http.Request, x, y int, seq uint64, color *canvas.Color) (who *history.Who, why string) {
	if s.past == nil {
		return nil, ""
	}
	if wait, ok := s.costs.Take(answer.ClientOf(r), lookWork, s.Now()); !ok {
		answer.RetryAfter(w, wait)
		return nil, unknownNow
	}
	who, latest, err := s.past.Placed(r, x, y)
	switch {
	case err != nil:
		answer.RetryAfter(w, time.Second)
		return nil, unknownNow
	case who == nil:
		return nil, ""
	case who.Seq > seq:
		*color = latest
	case *color != latest:
		return nil, "" // the record does not have what was placed last
	}
	return who, ""
}

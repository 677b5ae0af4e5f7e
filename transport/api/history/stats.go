package history

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/transport/api/answer"
)

// Limits of counts.
const (
	// statsWork is what counting takes, in units of work: about 60 ms. What it takes beyond that is charged
	// afterwards.
	statsWork  = 1 << 22
	mostHours  = 24 * 366
	statsFresh = 10 * time.Second // for how long counts that may change are kept
	keptStats  = 64               // counts that are kept, at most 500 KB each
)

// statsShown is the answer.
type statsShown struct {
	Pixels  uint64        `json:"pixels"`
	Users   []userShown   `json:"users"`   // the first hundred
	Hours   []hourShown   `json:"hours"`   // the last year's
	Regions []regionShown `json:"regions"` // that have any
	First   int64         `json:"first"`   // pixel of those; 0: there is none
	Last    int64         `json:"last"`
	Gaps    []gapShown    `json:"gaps"`

	settled bool
}

type userShown struct {
	User   string `json:"user"`
	Name   string `json:"name,omitempty"`
	Pixels uint64 `json:"pixels"`
}

type hourShown struct {
	Time   int64  `json:"time"` // its beginning
	Pixels uint64 `json:"pixels"`
}

type regionShown struct {
	Region canvas.RegionID `json:"region"`
	Pixels uint64          `json:"pixels"`
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func statsOf(s *record.Stats) *statsShown {
	all := &statsShown{
		Pixels: s.Pixels, Users: []userShown{}, Hours: []hourShown{}, Regions: []regionShown{},
		First: millis(s.Range.First), Last: millis(s.Range.Last), Gaps: gapsShown(s.Range.Gaps), settled: s.Immutable,
	}
	for _, u := range s.Users[:min(len(s.Users), record.MaxUsers)] {
		all.Users = append(all.Users, userShown{u.User.Text(), u.Name, u.Pixels})
	}
	for _, h := range s.Hours[max(0, len(s.Hours)-mostHours):] {
		all.Hours = append(all.Hours, hourShown{h.Time, h.Pixels})
	}
	for _, r := range s.Regions {
		all.Regions = append(all.Regions, regionShown{r.Region, r.Pixels})
	}
	return all
}

// getStats answers how much was drawn, by whom, when and where.
func (h *History) getStats(w http.ResponseWriter, r *http.Request) {
	q := ask(r, "from", "to")
	from, to := q.span()
	if q.answered(w) {
		return
	}
	counted, err := h.stats.get(r.Context(), period{from.UnixMilli(), to.UnixMilli()}, h.Now, func() (*statsShown, error) {
		job, ok := h.Begin(w, r, statsWork)
		if !ok {
			return nil, errAnswered
		}
		defer job.End()
		ctx, cancel := context.WithTimeout(r.Context(), statsPatience)
		defer cancel()
		var s *record.Stats
		err := h.charged(ctx, job, statsWork, func() (err error) {
			s, err = h.Record.Stats(ctx, behind(from), behind(to))
			return err
		})
		if err != nil {
			return nil, err
		}
		return statsOf(s), nil
	})
	switch {
	case err == errAnswered:
	case err != nil:
		h.Fail(w, r, err)
	default:
		h.Cacheable(w, counted.settled, to)
		give(w, r, counted)
	}
}

// errAnswered says that a request was answered already.
var errAnswered = errors.New("answered")

// period is what counts are about, in Unix milliseconds.
type period struct{ from, to int64 }

// tallies keeps counts for a while, and lets those who ask for the same at the same time share them.
type tallies struct {
	mu   *sync.Mutex // guards:
	kept map[period]*tally
}

type tally struct {
	shared answer.Shared[*statsShown]

	askers int       // guarded by tallies.mu
	until  time.Time // guarded by tallies.mu: the counts hold until then; zero: there are none
	last   *statsShown
}

func newTallies() tallies { return tallies{mu: new(sync.Mutex), kept: make(map[period]*tally)} }

func (t *tallies) get(ctx context.Context, of period, now func() time.Time, count func() (*statsShown, error)) (*statsShown, error) {
	one, known := t.enter(of, now())
	defer t.leave(of, one)
	if known != nil {
		return known, nil
	}
	return one.shared.Get(ctx, func(*statsShown) (*statsShown, error) {
		if known := t.fresh(one, now()); known != nil {
			return known, nil
		}
		counted, err := count()
		if err == nil {
			t.mu.Lock()
			one.last, one.until = counted, now().Add(statsFresh)
			t.mu.Unlock()
		}
		return counted, err
	}, nil)
}

func (t *tallies) fresh(one *tally, now time.Time) *statsShown {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Before(one.until) {
		return one.last
	}
	return nil
}

func (t *tallies) enter(of period, now time.Time) (one *tally, known *statsShown) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, old := range t.kept {
		if old.askers == 0 && !now.Before(old.until) {
			delete(t.kept, key)
		}
	}
	one = t.kept[of]
	if one == nil {
		one = &tally{shared: answer.NewShared[*statsShown]()}
		t.kept[of] = one
	}
	one.askers++
	if now.Before(one.until) {
		known = one.last
	}
	return one, known
}

// leave forgets counts for which there is no room.
func (t *tallies) leave(of period, one *tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if one.askers--; one.askers == 0 && (one.last == nil || len(t.kept) > keptStats) {
		delete(t.kept, of)
	}
}

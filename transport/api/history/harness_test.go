package history

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/history/historytest"
)

// small cuts regions off at both edges: 3 columns and 2 rows, the last ones 8 and 4 pixels.
var small = canvas.Geometry{Width: 40, Height: 20, Region: 16}

// noon is when tests take place.
var noon = time.Date(2026, 5, 4, 12, 0, 0, 7e6, time.UTC)

const noonText = "1777896000007"

// desk is the routes over a record in memory.
type desk struct {
	http.Handler
	history *History
	record  *historytest.Record // nil: another one is asked
	private bool
	refuses bool // Begin lets nobody in
	jobs    atomic.Int64
	charged atomic.Int64
	failing error // of Charge
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	known := historytest.New(small)
	d := newDeskOf(t, known)
	d.record = known
	return d
}

// newDeskOf is the routes over any record.
func newDeskOf(t testing.TB, known Record) *desk {
	t.Helper()
	d := new(desk)
	d.history = New(Ports{
		Record: known, Geometry: small, Begin: d.begin, Encode: func(f func()) { f() },
		Private: func() bool { return d.private }, Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler),
	})
	d.Handler = muxOf(d.history)
	return d
}

func muxOf(h *History) http.Handler {
	mux := http.NewServeMux()
	for path, m := range h.Routes() {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { m.For(r.Method)(w, r) })
	}
	return mux
}

func (d *desk) begin(w http.ResponseWriter, _ *http.Request, units int) (Job, bool) {
	if d.refuses {
		w.WriteHeader(http.StatusTooManyRequests)
		return nil, false
	}
	d.jobs.Add(1)
	d.charged.Add(int64(units))
	return &deskJob{d, w, false}, true
}

type deskJob struct {
	d     *desk
	w     http.ResponseWriter
	ended bool
}

func (j *deskJob) Write(p []byte) (int, error) { return j.w.Write(p) }

func (j *deskJob) Charge(ctx context.Context, units int) error {
	j.d.charged.Add(int64(units))
	return j.d.failing
}

func (j *deskJob) End() {
	if !j.ended {
		j.d.jobs.Add(-1)
	}
	j.ended = true
}

// ask sends one request; headers are pairs of name and value.
func (d *desk) ask(method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

// get asks for a target, which must be answered with a status, and returns the body.
func (d *desk) get(t *testing.T, status int, target string, headers ...string) string {
	t.Helper()
	w := d.ask("GET", target, headers...)
	if w.Code != status {
		t.Fatalf("%s: %d %s, want %d", target, w.Code, w.Body, status)
	}
	return strings.TrimSuffix(w.Body.String(), "\n")
}

const (
	ada = canvas.Author(0xABCDEF123456)
	bob = canvas.Author(7)
)

// draw makes a small past of the left upper region, and of the one beside it:
//
//	noon-60s  Ada paints (3,4) red
//	noon-50s  Bob, who has no name, paints (3,4) green
//	noon-50s  Bob paints (20,4), in region 1
//	noon-10s  Ada, now Countess, paints (3,4) blue and (0,0) black
func draw(r *historytest.Record) {
	before := func(s int) time.Time { return noon.Add(-time.Duration(s) * time.Second) }
	r.Draw(before(60), 3, 4, 0xFF0000, ada, "Ada")
	r.Draw(before(50), 3, 4, 0x00FF00, bob, "")
	r.Draw(before(50), 20, 4, 0x00FF00, bob, "")
	r.Draw(before(10), 3, 4, 0x0000FF, ada, "Countess")
	r.Draw(before(10), 0, 0, 0x000000, ada, "Countess")
}

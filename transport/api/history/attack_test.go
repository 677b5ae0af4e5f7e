package history

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/record"
	"pixelplayground/actors/telemetry/logtest"
	"pixelplayground/transport/quota"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func typeName(v any) string { return fmt.Sprintf("%T", v) }

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestAttack_Questions: what no honest client asks is answered with 400 and what is wrong with it, and
// the record is not asked.
func TestAttack_Questions(t *testing.T) {
	d := newDesk(t)
	draw(d.record)
	const place, aTime = "Coordinates out of bounds", "must be a time, in Unix milliseconds or like 2026-05-04T12:00:00Z"
	for target, want := range map[string]string{
		"/api/pixel/40/0/history":                               place,
		"/api/pixel/0/20/history":                               place,
		"/api/pixel/-1/0/history":                               place,
		"/api/pixel/0x3/4/history":                              place,
		"/api/pixel/1e1/4/history":                              place,
		"/api/pixel/3%2F4/4/history":                            place,
		"/api/pixel/..%2F..%2Fetc/passwd/history":               place,
		"/api/pixel/99999999999999999999/4/history":             place,
		"/api/pixel/3/4/history?limit=0":                        "limit must be a whole number from 1 to 100",
		"/api/pixel/3/4/history?limit=101":                      "limit must be a whole number from 1 to 100",
		"/api/pixel/3/4/history?limit=-1":                       "limit must be a whole number from 1 to 100",
		"/api/pixel/3/4/history?limit=1.5":                      "limit must be a whole number from 1 to 100",
		"/api/pixel/3/4/history?limit=18446744073709551617":     "limit must be a whole number from 1 to 100",
		"/api/pixel/3/4/history?limit=":                         "limit must be a whole number from 1 to 100",
		"/api/pixel/3/4/history?before=0":                       "before must be a whole number from 1 to 9223372036854775807",
		"/api/pixel/3/4/history?before=-5":                      "before must be a whole number from 1 to 9223372036854775807",
		"/api/pixel/3/4/history?before=9223372036854775808":     "before must be a whole number from 1 to 9223372036854775807",
		"/api/pixel/3/4/history?before=1&before=2":              "before must be given once",
		"/api/pixel/3/4/history?Before=1":                       `there is no parameter "Before", only before, limit`,
		"/api/pixel/3/4/history?" + strings.Repeat("a", 10_000): `there is no parameter "` + strings.Repeat("a", 40) + `…", only before, limit`,
		"/api/pixel/3/4/history?limit=%zz":                      "the parameters can't be read",
		"/api/pixel/3/4/history?a;b":                            "the parameters can't be read",
		"/api/history/6":                                        "the region must be a whole number from 0 to 5",
		"/api/history/-1":                                       "the region must be a whole number from 0 to 5",
		"/api/history/4294967296":                               "the region must be a whole number from 0 to 5",
		"/api/history/region-0000":                              "the region must be a whole number from 0 to 5",
		"/api/history/..%2Fcanvas.json":                         "the region must be a whole number from 0 to 5",
		"/api/history/%00":                                      "the region must be a whole number from 0 to 5",
		"/api/history/0?from=-1":                                "from " + aTime,
		"/api/history/0?from=yesterday":                         "from " + aTime,
		"/api/history/0?from=":                                  "from " + aTime,
		"/api/history/0?from=1e12":                              "from " + aTime,
		"/api/history/0?from=253402300800000":                   "from " + aTime,
		"/api/history/0?from=9223372036854775807":               "from " + aTime,
		"/api/history/0?from=99999999999999999999999":           "from " + aTime,
		"/api/history/0?from=1969-12-31T23:59:59Z":              "from " + aTime,
		"/api/history/0?to=2026-02-30T00:00:00Z":                "to " + aTime,
		"/api/history/0?to=2026-05-04":                          "to " + aTime,
		"/api/history/0?from=5&to=4":                            "to must not be before from",
		"/api/history/0?from=2026-05-04T12:00:00Z&to=1000":      "to must not be before from",
		"/api/history/0?limit=1000001":                          "limit must be a whole number from 1 to 1000000",
		"/api/history/0?after=0":                                "after must be a whole number from 1 to 9223372036854775807",
		"/api/history/0?to=5&to=6":                              "to must be given once",
		"/api/history/0?at=5":                                   `there is no parameter "at", only from, to, after, limit`,
		"/api/stats?from=x":                                     "from " + aTime,
		"/api/stats?from=6&to=5":                                "to must not be before from",
		"/api/stats?region=1":                                   `there is no parameter "region", only from, to`,
	} {
		w := d.ask("GET", target)
		want := fmt.Sprintf(`{"error":%q}`, want)
		if got := strings.TrimSpace(w.Body.String()); w.Code != 400 || got != want {
			t.Errorf("%.80s:\n got %d %s\nwant 400 %s", target, w.Code, got, want)
		}
	}
	for _, method := range []string{"Before", "Pixels", "Tile", "Settled", "Stats", "RangeOf"} {
		if n := d.record.Asked(method); n > 0 {
			t.Errorf("%s was asked %d times", method, n)
		}
	}
}

// TestAttack_Paths: no path leads anywhere else.
func TestAttack_Paths(t *testing.T) {
	d := newDesk(t)
	for _, target := range []string{
		"/api/history", "/api/history/", "/api/history/0/", "/api/history/0/canvas.json", "/api/history/../stats/x", "/api/pixel/3/4/history/1", "/api/stats/0",
	} {
		if w := d.ask("GET", target); w.Code == 200 {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

// TestAttack_Refused: who may not begin is not answered by the record.
func TestAttack_Refused(t *testing.T) {
	d := newDesk(t)
	d.refuses = true
	for _, target := range []string{"/api/pixel/3/4/history", "/api/history/0", "/api/painted/0", "/api/activity", "/api/stats"} {
		if w := d.ask("GET", target); w.Code != http.StatusTooManyRequests {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	if d.record.Asked("Before")+d.record.Asked("Pixels")+d.record.Asked("Stats") > 0 {
		t.Error("the record was asked all the same")
	}
}

// TestAttack_GoesAway: who goes away costs nothing any more.
func TestAttack_GoesAway(t *testing.T) {
	d := newDesk(t)
	draw(d.record)
	server := httptest.NewServer(d)
	defer server.Close()
	release := d.record.Hold()
	defer release()
	for _, target := range []string{"/api/pixel/3/4/history", "/api/history/0", "/api/stats", "/api/history/0?to=5"} {
		ctx, cancel := context.WithCancel(t.Context())
		var asking sync.WaitGroup
		asking.Go(func() {
			r, _ := http.NewRequestWithContext(ctx, "GET", server.URL+target, nil)
			if response, err := server.Client().Do(r); err == nil {
				response.Body.Close()
				t.Errorf("%s was answered: %d", target, response.StatusCode)
			}
		})
		eventually(t, target+" has begun", func() bool { return d.jobs.Load() == 1 })
		cancel()
		asking.Wait()
		eventually(t, target+" has ended", func() bool { return d.jobs.Load() == 0 })
	}
}

// TestFailures: each failure has its status, and says when to try again.
func TestFailures(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
		text   string
		retry  string
	}{
		{fmt.Errorf("read: %w", record.ErrUnavailable), 503, "The record can't be read right now", "5"},
		{fmt.Errorf("read: %w", context.DeadlineExceeded), 503, "The record takes too long to answer: ask for less, or again later", "5"},
		{fmt.Errorf("secret place: %w", record.ErrDamaged), 500, "A part of the record is damaged", ""},
		{record.ErrForeign, 500, "The record belongs to another canvas", ""},
		{fmt.Errorf("secret place"), 503, "The record can't be read right now", "5"},
	} {
		for _, target := range []string{"/api/pixel/3/4/history", "/api/history/0", "/api/history/0?to=5", "/api/stats"} {
			d := newDesk(t)
			d.record.Fail(test.err, 0)
			w := d.ask("GET", target)
			want := fmt.Sprintf(`{"error":%q}`, test.text)
			if got := strings.TrimSpace(w.Body.String()); w.Code != test.status || got != want || w.Header().Get("Retry-After") != test.retry || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s, %v: %d %s %v", target, test.err, w.Code, got, w.Header())
			}
		}
	}
}

// TestAttack_Log: however often is asked what can't be answered, the log gets a line a minute.
func TestAttack_Log(t *testing.T) {
	log := new(logtest.Lines)
	d := newDesk(t)
	now := noon
	d.history.Ports.Log = slog.New(slog.NewTextHandler(log, nil))
	d.history.told = quota.NewRefusals(d.history.Ports.Log, func() time.Time { return now })
	d.record.Fail(record.ErrUnavailable, 0)
	for range 50 {
		d.ask("GET", "/api/pixel/3/4/history")
		d.ask("GET", "/api/stats")
		if _, _, err := d.history.Placed(httptest.NewRequest("GET", "/api/pixel/3/4", nil), 3, 4); err == nil {
			t.Fatal("answered")
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Errorf("%d lines: %s", n, log)
	}
	now = now.Add(time.Minute)
	d.ask("GET", "/api/stats")
	if !strings.Contains(log.String(), "times=150") {
		t.Errorf("a minute later: %s", log)
	}
}

// TestAttack_LookUps: who asks who placed a pixel waits for others a second at the most, and the record
// is asked by so many at the same time.
func TestAttack_LookUps(t *testing.T) {
	d := newDesk(t)
	release := d.record.Hold()
	var all sync.WaitGroup
	look := func() error {
		_, _, err := d.history.Placed(httptest.NewRequest("GET", "/api/pixel/3/4", nil), 3, 4)
		return err
	}
	for range 3 * maxLooks {
		all.Go(func() {
			if err := look(); err == nil {
				t.Error("answered while the record does not")
			}
		})
	}
	eventually(t, "as many as may ask", func() bool { return d.record.Asked("Before") >= maxLooks })
	all.Wait() // since each gives up
	release()
	if err := look(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestOff(t *testing.T) {
	routes := muxOf(nil)
	for _, target := range []string{"/api/pixel/3/4/history", "/api/history/0", "/api/painted/0", "/api/activity", "/api/stats"} {
		w := httptest.NewRecorder()
		routes.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		if w.Code != 404 || !strings.Contains(w.Body.String(), "without --record") {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

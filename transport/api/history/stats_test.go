package history

import (
	"net/http"
	"sync"
	"testing"
	"time"
)

func TestStats(t *testing.T) {
	d := newDesk(t)
	draw(d.record)
	d.record.Lose(1, 3, noon)
	const gaps = `"gaps":[{"region":1,"from":1,"to":4,"why":"lost for a test","noted":` + noonText + `}]}`
	want := `{"pixels":5,"users":[{"user":"abcdef123456","name":"Countess","pixels":3},{"user":"000000000007","pixels":2}],` +
		`"hours":[{"time":1777892400000,"pixels":5}],"regions":[{"region":0,"pixels":2},{"region":1,"pixels":1},{"region":0,"pixels":2}],` +
		`"first":1777895940007,"last":1777895990007,` + gaps
	if got := d.get(t, 200, "/api/stats"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	want = `{"pixels":0,"users":[],"hours":[],"regions":[],"first":0,"last":0,` + gaps
	if got := d.get(t, 200, "/api/stats?from=1777895990007"); got != want {
		t.Errorf("after all: got %s\nwant %s", got, want)
	}
}

// TestStats_AreShared: who asks for the same at about the same time gets the same counts.
func TestStats_AreShared(t *testing.T) {
	d := newDesk(t)
	draw(d.record)
	release := d.record.Hold()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { d.get(t, 200, "/api/stats?to=1777895940007") })
	}
	eventually(t, "one asks", func() bool { return d.record.Asked("Stats") == 1 })
	release()
	all.Wait()
	if asked := d.record.Asked("Stats"); asked != 1 {
		t.Errorf("the record was asked %d times", asked)
	}
	d.get(t, 200, "/api/stats?to=1777895940008")
	if asked := d.record.Asked("Stats"); asked != 2 {
		t.Errorf("for another time it was asked %d times", asked-1)
	}
	w := d.ask("GET", "/api/stats?to=1777895940007")
	if w := d.ask("GET", "/api/stats?to=1777895940007", "If-None-Match", w.Header().Get("ETag")); w.Code != http.StatusNotModified {
		t.Errorf("unchanged: %d", w.Code)
	}
}

func TestStats_Bounds(t *testing.T) {
	stats := newTallies()
	now := noon
	for i := range 3 * keptStats {
		_, err := stats.get(t.Context(), period{int64(i), 0}, func() time.Time { return now }, func() (*statsShown, error) { return &statsShown{}, nil })
		if err != nil || len(stats.kept) > keptStats {
			t.Fatalf("%d are kept: %v", len(stats.kept), err)
		}
	}
	now = now.Add(statsFresh)
	if _, err := stats.get(t.Context(), period{}, func() time.Time { return now }, func() (*statsShown, error) { return nil, http.ErrAbortHandler }); err == nil || len(stats.kept) != 0 {
		t.Errorf("%d are kept: %v", len(stats.kept), err)
	}
}

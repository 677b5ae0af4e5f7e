package history

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/record"
)

func TestActivity(t *testing.T) {
	d := newDesk(t)
	draw(d.record)
	minute := noon.Add(-time.Minute).UnixMilli()
	for query, want := range map[string]string{
		fmt.Sprintf("from=%d&step=10000", minute):                                       fmt.Sprintf(`{"from":%d,"step":10000,"counts":[1,2,0,0,0,2,0]}`, minute),
		fmt.Sprintf("from=%d&step=10000&to=%d", minute, minute+15_000):                  fmt.Sprintf(`{"from":%d,"step":10000,"counts":[1,2]}`, minute),
		fmt.Sprintf("from=%d&step=10000&x=16&w=16&y=0&h=16", minute):                    fmt.Sprintf(`{"from":%d,"step":10000,"counts":[0,1,0,0,0,0,0]}`, minute),
		fmt.Sprintf("from=%d&step=10000&to=now&x=15&w=1", minute):                       fmt.Sprintf(`{"from":%d,"step":10000,"counts":[1,1,0,0,0,2,0]}`, minute),
		"from=2026-05-04T10:00:00Z":                                                     `{"from":1777888800000,"step":3600000,"counts":[0,5,0]}`,
		"from=2026-01-01T00:00:00Z&to=2026-01-01T12:00:00Z&step=86400000":               `{"from":1767225600000,"step":86400000,"counts":[0]}`,
		fmt.Sprintf("from=%d&to=%d", noon.UnixMilli(), noon.Add(time.Hour).UnixMilli()): fmt.Sprintf(`{"from":%d,"step":3600000,"counts":[0]}`, noon.UnixMilli()),
	} {
		if got := d.get(t, http.StatusOK, "/api/activity?"+query); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", query, got, want)
		}
	}
}

func TestActivity_Refuses(t *testing.T) {
	d := newDesk(t)
	for query, want := range map[string]string{
		"from=2026-05-04T13:00:00Z":                    "in the future",
		"from=2026-05-04T10:00:00Z&to=1":               "must not be after",
		"from=0&step=3600000":                          "more than 2000 steps",
		"from=2026-05-04T10:00:00Z&step=1000":          "more than 2000 steps",
		"from=2026-05-01T10:00:00Z&step=600000":        "whole hours",
		"from=2026-05-01T10:00:01Z&step=3600000":       "whole hours",
		"from=2026-05-04T10:00:00Z&step=999":           "from 1000 to",
		"from=2026-05-04T10:00:00Z&step=0":             "from 1000 to",
		"from=2026-05-04T10:00:00Z&x=40":               "x must be",
		"from=2026-05-04T10:00:00Z&x=39&w=2":           "w must be",
		"from=2026-05-04T10:00:00Z&h=21":               "h must be",
		"from=2026-05-04T10:00:00Z&region=1":           "no parameter",
		"from=yesterday":                               "must be a time",
		"from=2026-05-04T10:00:00Z&step=9223372036854": "from 1000 to",
	} {
		if got := d.get(t, http.StatusBadRequest, "/api/activity?"+query); !strings.Contains(got, want) {
			t.Errorf("%s: %s", query, got)
		}
	}
	d.record.Fail(record.ErrUnavailable, 0)
	if w := d.ask("GET", "/api/activity?from=2026-05-04T10:00:00Z"); w.Code != http.StatusServiceUnavailable || d.jobs.Load() != 0 {
		t.Errorf("%d, %d jobs", w.Code, d.jobs.Load())
	}
}

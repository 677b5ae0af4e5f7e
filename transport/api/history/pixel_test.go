package history

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"pixelplayground/actors/record"
)

func TestPixel_Past(t *testing.T) {
	d := newDesk(t)
	draw(d.record)
	const (
		blue  = `{"seq":3,"time":1777895990007,"color":"#0000FF","before":"#00FF00","user":"abcdef123456","name":"Countess"}`
		green = `{"seq":2,"time":1777895950007,"color":"#00FF00","before":"#FF0000","user":"000000000007"}`
		red   = `{"seq":1,"time":1777895940007,"color":"#FF0000","before":"#FFFFFF","user":"abcdef123456","name":"Ada"}`
		since = `"since":1777895940007,"gaps":[]}`
	)
	for _, test := range []struct{ target, want string }{
		{"/api/pixel/3/4/history", `{"x":3,"y":4,"pixels":[` + blue + `,` + green + `,` + red + `],"more":false,` + since},
		{"/api/pixel/3/4/history?limit=1", `{"x":3,"y":4,"pixels":[` + blue + `],"more":true,"next":3,` + since},
		{"/api/pixel/3/4/history?limit=1&before=3", `{"x":3,"y":4,"pixels":[` + green + `],"more":true,"next":2,` + since},
		{"/api/pixel/3/4/history?limit=100&before=2", `{"x":3,"y":4,"pixels":[` + red + `],"more":false,` + since},
		{"/api/pixel/3/4/history?before=1", `{"x":3,"y":4,"pixels":[],"more":false,` + since},
		{"/api/pixel/3/4/history?before=9223372036854775807&limit=1", `{"x":3,"y":4,"pixels":[` + blue + `],"more":true,"next":3,` + since},
		{"/api/pixel/5/5/history", `{"x":5,"y":5,"pixels":[],"more":false,` + since},
		{"/api/pixel/39/19/history", `{"x":39,"y":19,"pixels":[],"more":false,"since":0,"gaps":[]}`},
	} {
		if got := d.get(t, 200, test.target); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.target, got, test.want)
		}
	}
	w := d.ask("GET", "/api/pixel/3/4/history?limit=1")
	if got := w.Header().Get("Link"); got != `<?before=3&limit=1>; rel="next"` {
		t.Errorf("Link %q", got)
	}
	if d.jobs.Load() != 0 {
		t.Errorf("%d jobs are left", d.jobs.Load())
	}
}

// TestPixel_Gaps: what could not be kept is said, and what is not known is left out.
func TestPixel_Gaps(t *testing.T) {
	d := newDesk(t)
	d.record.Lose(0, 40, noon.Add(-time.Hour))
	draw(d.record)
	d.record.Change(func(drawn []record.Pixel) {
		drawn[0].Known, drawn[0].User, drawn[0].Name = false, 0, ""
		drawn[0].Cause = "rollback"
	})
	want := `{"x":3,"y":4,"pixels":[{"seq":41,"time":1777895940007,"color":"#FF0000","cause":"rollback"}],"more":false,"since":1777895940007,` +
		`"gaps":[{"region":0,"from":0,"to":40,"why":"lost for a test","noted":1777892400007}]}`
	if got := d.get(t, 200, "/api/pixel/3/4/history?before=42"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestPixel_ETag(t *testing.T) {
	d := newDesk(t)
	draw(d.record)
	first := d.ask("GET", "/api/pixel/3/4/history")
	tag := first.Header().Get("ETag")
	if tag == "" || first.Header().Get("Cache-Control") != "public, no-cache" {
		t.Errorf("headers %v", first.Header())
	}
	w := d.ask("GET", "/api/pixel/3/4/history", "If-None-Match", `"other", `+tag)
	if w.Code != http.StatusNotModified || w.Body.Len() != 0 || w.Header().Get("ETag") != tag {
		t.Errorf("unchanged: %d %s %v", w.Code, w.Body, w.Header())
	}
	d.record.Draw(noon, 3, 4, 0xABCDEF, bob, "")
	if w := d.ask("GET", "/api/pixel/3/4/history", "If-None-Match", tag); w.Code != 200 || w.Header().Get("ETag") == tag {
		t.Errorf("changed: %d %v", w.Code, w.Header())
	}
	d.private = true
	if w := d.ask("GET", "/api/pixel/3/4/history"); w.Header().Get("Cache-Control") != "private, no-cache" {
		t.Errorf("of members only: %v", w.Header())
	}
}

// TestWho_Cause: what the server placed for an act says so.
func TestWho_Cause(t *testing.T) {
	text, err := json.Marshal(whoOf(record.Pixel{Seq: 3, Time: 5, User: 1, Cause: "undo 4"}))
	if want := `{"seq":3,"time":5,"user":"000000000001","cause":"undo 4"}`; err != nil || string(text) != want {
		t.Errorf("%s, %v; want %s", text, err, want)
	}
}

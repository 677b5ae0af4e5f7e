package api

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/api/answer"
)

// TestPixels_Strokes: many pixels become few ops, each spelt alike, in the order sent.
func TestPixels_Strokes(t *testing.T) {
	big := canvas.Geometry{Width: 200, Height: 200, Region: 100}
	p := newPod(t, func(c *Config) { c.Geometry = big })
	var entries []string
	entry := func(x, y int, color string) {
		entries = append(entries, fmt.Sprintf(`{"x":%d,"y":%d,"color":%q}`, x, y, color))
	}
	for i := range 2*codec.MaxPlacePixels + 1 {
		entry(i%200, i/200, "#0000FF")
	}
	entry(0, 0, "#abcdef")
	entry(199, 199, "#abcdef")
	entry(0, 0, "#ABCDEF") // the last word on this pixel

	w := p.ask("PUT", "/api/pixels", `{"pixels":[`+strings.Join(entries, ",")+`]}`)
	if got := decode[struct{ Updated int }](t, w.Body); w.Code != 200 || got.Updated != len(entries) {
		t.Fatalf("got %d, %d updated; want 200 and %d", w.Code, got.Updated, len(entries))
	}
	var shape []string
	for _, one := range p.canvas.placed {
		shape = append(shape, fmt.Sprintf("%d%s", len(one.Dots), one.Spelling))
	}
	if got := strings.Join(shape, " "); got != "4096 4096 1 2#abcdef 1" {
		t.Errorf("got ops %s", got)
	}
	for i, d := range p.canvas.placed[0].Dots {
		if int(d.X) != i%200 || int(d.Y) != i/200 {
			t.Fatalf("pixel %d is %d,%d", i, d.X, d.Y)
		}
	}
}

// TestPixels_PartlyWritten: an answer that is no success still says how much was written.
func TestPixels_PartlyWritten(t *testing.T) {
	p := newPod(t)
	p.canvas.placeErr = func(call int) error {
		if call == 2 {
			return &actors.RefusedError{Why: canvas.RefusedUnavailable}
		}
		return nil
	}
	w := p.ask("PUT", "/api/pixels", `{"pixels":[{"x":1,"y":1,"color":"#aaaaaa"},{"x":2,"y":1,"color":"#bbbbbb"}]}`)
	if got := decode[answer.Failure](t, w.Body); w.Code != 503 || got.Updated != 1 {
		t.Errorf("got %d %+v, want 503 and one updated", w.Code, got)
	}
}

// The actors say what is left. What they refuse is 429 with the time to wait, or 413 if waiting is no use.
func TestPixels_Limited(t *testing.T) {
	p := newPod(t)
	one := `{"x":1,"y":2,"color":"#AABBCC"}`
	put := func(target, body string, want int, retry string) {
		t.Helper()
		w := p.ask("PUT", target, body)
		if w.Code != want || w.Header().Get("Retry-After") != retry {
			t.Fatalf("got %d, Retry-After %q; want %d, %q", w.Code, w.Header().Get("Retry-After"), want, retry)
		}
		said := `"left":0,"next":` + strconv.FormatInt(p.canvas.left.Next.Add(time.Millisecond-1).UnixMilli(), 10)
		if limited := want == 200 || want == 429; limited && (w.Header().Get("Allowance-Left") != "0" || !strings.Contains(w.Body.String(), said)) {
			t.Fatalf("%v %s, want %s", w.Header(), w.Body, said)
		}
	}
	p.canvas.limited, p.canvas.left.Next = true, p.now.Add(1500*time.Millisecond)
	long := `{"pixels":[` + one + strings.Repeat(" ", freeBody) + `]}`
	put("/api/pixel", `{"x":1,"y":2,"color":"bad"}`, 400, "")
	put("/api/pixel", one, 200, "")
	put("/api/pixels", `{"pixels":[`+one+`,`+one+`,`+one+`,7]}`, 200, "")
	put("/api/pixels", long, 429, "2") // not read
	p.canvas.refusal = &actors.RefusedError{Why: canvas.RefusedRate, Retry: 2100 * time.Millisecond}
	put("/api/pixel", one, 429, "3")
	put("/api/pixels", `{"pixels":[`+one+`]}`, 429, "3")
	p.canvas.refusal = &actors.RefusedError{Why: canvas.RefusedRate}
	put("/api/pixels", `{"pixels":[`+one+`]}`, 413, "")
	if len(p.canvas.placed) != 2 {
		t.Errorf("%d ops reached the canvas, want 2", len(p.canvas.placed))
	}
	p.canvas.refusal, p.canvas.limited = nil, false
	if w := p.ask("PUT", "/api/pixel", one); w.Header().Get("Allowance-Left") != "" || strings.Contains(w.Body.String(), "left") {
		t.Errorf("without a limit: %v %s", w.Header(), w.Body)
	}
}

// What moderators have decided is no fault of the server's, and whoever may come back is told when.
func TestPixels_AgainstTheRules(t *testing.T) {
	p := newPod(t)
	for _, test := range []struct {
		why    canvas.Refusal
		retry  time.Duration
		status int
		after  string
	}{
		{canvas.RefusedFrozen, 0, 403, ""},
		{canvas.RefusedFrozen, 90 * time.Second, 403, "90"},
		{canvas.RefusedProtected, 0, 403, ""},
		{canvas.RefusedColor, 0, 400, ""},
		{canvas.RefusedBanned, time.Hour, 403, "3600"},
		{canvas.RefusedRights, 0, 403, ""},
	} {
		p.canvas.refusal = &actors.RefusedError{Why: test.why, Retry: test.retry}
		for target, body := range map[string]string{
			"/api/pixel": `{"x":1,"y":2,"color":"#AABBCC"}`, "/api/pixels": `{"pixels":[{"x":1,"y":2,"color":"#AABBCC"}]}`,
		} {
			w := p.ask("PUT", target, body)
			if w.Code != test.status || w.Header().Get("Retry-After") != test.after || !strings.Contains(w.Body.String(), test.why.Text()) {
				t.Errorf("%s, %s: got %d, Retry-After %q, %s", target, test.why, w.Code, w.Header().Get("Retry-After"), w.Body)
			}
		}
	}
}

// FuzzPixels_Strokes: whatever is sent, only bounded strokes of pixels on the canvas come out.
func FuzzPixels_Strokes(f *testing.F) {
	f.Add(`{"pixels":[{"x":1,"y":2,"color":"#aabbcc"}]}`)
	f.Add(`{"pixels":[{"x":-1,"y":2.5,"color":"#aabbcc"},[[[]]],{"x":1e99,"y":0,"color":null}]}`)
	f.Add(`{"pixels":{"0":1}}`)
	s := &server{Config: Config{Geometry: small}}
	f.Fuzz(func(t *testing.T, body string) {
		strokes, valid, _, problem := s.strokes([]byte(body))
		dots := 0
		for _, one := range strokes {
			if len(one.Dots) == 0 || len(one.Dots) > codec.MaxPlacePixels {
				t.Errorf("a stroke of %d pixels", len(one.Dots))
			}
			for _, d := range one.Dots {
				if dots++; !small.Contains(int(d.X), int(d.Y)) || d.Color > 0xFFFFFF {
					t.Errorf("%+v is not a pixel", d)
				}
			}
		}
		if dots > valid || problem != "" && dots > 0 || problem == "" && !json.Valid([]byte(body)) {
			t.Errorf("%d pixels of %d valid entries, problem %q", dots, valid, problem)
		}
	})
}

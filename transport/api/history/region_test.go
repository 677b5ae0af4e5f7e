package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/codec"
)

func TestRegion_Lines(t *testing.T) {
	d := newDesk(t)
	draw(d.record)
	const (
		red   = `{"x":3,"y":4,"seq":1,"time":1777895940007,"color":"#FF0000","before":"#FFFFFF","user":"abcdef123456","name":"Ada"}`
		green = `{"x":3,"y":4,"seq":2,"time":1777895950007,"color":"#00FF00","before":"#FF0000","user":"000000000007"}`
		blue  = `{"x":3,"y":4,"seq":3,"time":1777895990007,"color":"#0000FF","before":"#00FF00","user":"abcdef123456","name":"Countess"}`
		black = `{"x":0,"y":0,"seq":4,"time":1777895990007,"color":"#000000","before":"#FFFFFF","user":"abcdef123456","name":"Countess"}`
	)
	for _, test := range []struct {
		target string
		want   []string
	}{
		{"/api/history/0", []string{red, green, blue, black}},
		{"/api/history/0?from=1777895940007&to=1777895950007", []string{green}},
		{"/api/history/0?from=1777895940006&to=1777895950006", []string{red}},
		{"/api/history/0?from=2026-05-04T11:59:00.007Z&to=2026-05-04T13:59:10.007%2B02:00", []string{green}},
		{"/api/history/0?from=now", nil},
		{"/api/history/0?after=2", []string{blue, black}},
		{"/api/history/0?limit=2", []string{red, green, `{"more":true,"after":2,"from":1777895950007}`}},
		{"/api/history/0?after=2&from=1777895950007&limit=1", []string{blue, `{"more":true,"after":3,"from":1777895990007}`}},
		{"/api/history/0?after=3&from=1777895990007&limit=1", []string{black}},
		{"/api/history/5", nil},
	} {
		got := d.get(t, 200, test.target, "Accept", "application/x-ndjson")
		if want := strings.Join(test.want, "\n"); got != want {
			t.Errorf("%s:\n got %s\nwant %s", test.target, got, want)
		}
	}
	w := d.ask("GET", "/api/history/0", "Accept", "text/html, application/x-ndjson;q=0.9")
	if w.Header().Get("Content-Type") != lines || w.Header().Get("Vary") != "Accept" {
		t.Errorf("headers %v", w.Header())
	}
}

// messages reads a whole answer.
func messages(t *testing.T, answer io.Reader) (all []codec.PastMessage) {
	t.Helper()
	for {
		m, err := codec.NextPast(answer)
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	if _, ended := all[len(all)-1].(codec.PastEnd); !ended {
		t.Fatalf("no END, but %#v", all[len(all)-1])
	}
	return all
}

// replay is what a client has of a region after an answer.
func replay(t *testing.T, g canvas.Geometry, region canvas.RegionID, all []codec.PastMessage) (canvas.Tile, uint64) {
	t.Helper()
	_, _, width, height := g.Bounds(region)
	var tile canvas.Tile
	var seq uint64
	for _, m := range all {
		switch m := m.(type) {
		case codec.PastSnapshot:
			var err error
			if tile, err = codec.DecompressTile(m.Data, width, height); err != nil {
				t.Fatal(err)
			}
			seq = m.Mark.Position.Seq
		case codec.PastPixels:
			if m.From != seq {
				t.Fatalf("PIXELS from %d after %d", m.From, seq)
			}
			for _, p := range m.Pixels {
				tile.Set(p.Pos, p.Color)
			}
			seq += uint64(len(m.Pixels))
		case codec.PastEnd:
			if m.Seq != seq {
				t.Fatalf("END at %d after %d", m.Seq, seq)
			}
		}
	}
	return tile, seq
}

func TestRegion_Frames(t *testing.T) {
	d := newDesk(t)
	draw(d.record)
	w := d.ask("GET", "/api/history/0?from=1777895940007")
	if w.Code != 200 || w.Header().Get("Content-Type") != frames {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	all := messages(t, w.Body)
	first, ok := all[0].(codec.PastSnapshot)
	if !ok || first.Mark.Position != (canvas.Position{Epoch: 1, Seq: 1}) || first.Time.UnixMilli() != 1777895940007 {
		t.Errorf("begins with %#v", all[0])
	}
	second := all[1].(codec.PastPixels)
	if len(all) != 3 || len(second.Pixels) != 3 || second.Pixels[0].User != bob || second.Pixels[2].Time != 1777895990007 {
		t.Errorf("goes on with %#v", all[1:])
	}
	if names := []canvas.User{{Author: ada, Name: "Countess"}}; !slices.Equal(second.Names, names) {
		t.Errorf("names %v", second.Names)
	}
	if end := all[2].(codec.PastEnd); end != (codec.PastEnd{Seq: 4, Time: time.UnixMilli(noon.UnixMilli())}) {
		t.Errorf("ends with %#v", end)
	}
	tile, _ := replay(t, small, 0, all)
	want, _, _ := d.record.Tile(t.Context(), 0, noon)
	if !bytes.Equal(tile, want.Tile) {
		t.Error("the replay is not what the region is now")
	}
}

// TestRegion_Names: each name is said before the first pixel that was placed under it, and a message
// has one name for each user.
func TestRegion_Names(t *testing.T) {
	d := newDesk(t)
	for i, name := range []string{"", "Ada", "Ada", "Countess", "", ""} {
		d.record.Draw(noon.Add(time.Duration(i)*time.Second), 1, 1, 0, ada, name)
	}
	var said []string
	var sizes []int
	for _, m := range messages(t, d.ask("GET", "/api/history/0").Body) {
		if p, ok := m.(codec.PastPixels); ok {
			sizes = append(sizes, len(p.Pixels))
			for _, u := range p.Names {
				said = append(said, u.Name)
			}
		}
	}
	if !slices.Equal(sizes, []int{1, 2, 1, 2}) || !slices.Equal(said, []string{"Ada", "Countess", ""}) {
		t.Errorf("messages of %v pixels say %q", sizes, said)
	}
}

// TestRegion_Long: an answer is cut into messages and, by limit, into pages that fit together.
func TestRegion_Long(t *testing.T) {
	d := newDesk(t)
	const n = 3*codec.MaxPastPixels + 17
	for i := range n {
		at := noon.Add(time.Duration(i/1000) * time.Second) // many of the same millisecond
		d.record.Draw(at, i%16, i/16%16, canvas.Color(i), canvas.Author(1+i%3), "")
	}
	d.record.Change(func(drawn []record.Pixel) {
		for i := range drawn {
			drawn[i].Epoch = 1 + uint64(i/5000)
		}
	})
	want, _, _ := d.record.Tile(t.Context(), 0, Now())
	whole := messages(t, d.ask("GET", "/api/history/0").Body)
	if tile, seq := replay(t, small, 0, whole); seq != n || !bytes.Equal(tile, want.Tile) {
		t.Errorf("whole: up to %d", seq)
	}
	var pages []codec.PastMessage
	target := "/api/history/0?limit=1700"
	for count := 0; ; count++ {
		page := messages(t, d.ask("GET", target).Body)
		end := page[len(page)-1].(codec.PastEnd)
		if !end.More {
			pages = append(pages, page...)
			break
		}
		pages = append(pages, page[:len(page)-1]...)
		target = "/api/history/0?limit=1700&from=" + itoa(end.Time.UnixMilli()) + "&after=" + itoa(int64(end.Seq))
		if count > 10 {
			t.Fatal("does not end")
		}
	}
	if tile, seq := replay(t, small, 0, pages); seq != n || !bytes.Equal(tile, want.Tile) {
		t.Errorf("in pages: up to %d", seq)
	}
	if d.charged.Load() < n {
		t.Errorf("%d units were charged", d.charged.Load())
	}
}

// TestRegion_Gap: behind a gap comes a snapshot, also if nothing was drawn since.
func TestRegion_Gap(t *testing.T) {
	d := newDesk(t)
	draw(d.record)
	d.record.Lose(0, 100, noon.Add(-5*time.Second))
	all := messages(t, d.ask("GET", "/api/history/0").Body)
	if _, seq := replay(t, small, 0, all); seq != 104 {
		t.Errorf("ends at %d", seq)
	}
	d.record.Draw(noon, 1, 1, 0x123456, bob, "")
	d.record.Draw(noon.Add(1), 1, 2, 0x123456, bob, "")
	d.record.Draw(noon.Add(time.Second), 1, 3, 0x123456, bob, "")
	all = messages(t, d.ask("GET", "/api/history/0").Body)
	tile, seq := replay(t, small, 0, all)
	want, _, _ := d.record.Tile(t.Context(), 0, Now())
	if seq != 107 || !bytes.Equal(tile, want.Tile) {
		t.Errorf("ends at %d", seq)
	}
	var kinds []string
	for _, m := range all {
		kinds = append(kinds, strings.TrimPrefix(typeName(m), "codec.Past"))
	}
	if !slices.Equal(kinds, []string{"Snapshot", "Pixels", "Pixels", "Snapshot", "Pixels", "End"}) {
		t.Errorf("messages %v", kinds)
	}
	// What lies before the gap does not show it.
	all = messages(t, d.ask("GET", "/api/history/0?to=1777895990007").Body)
	if _, seq := replay(t, small, 0, all); seq != 4 {
		t.Errorf("before the gap: ends at %d", seq)
	}
}

func TestRegion_Caching(t *testing.T) {
	d := newDesk(t)
	draw(d.record)
	d.record.Settle(noon.Add(-30 * time.Second))
	const immutable, short = "public, max-age=31536000, immutable", "public, no-cache"
	for _, test := range []struct {
		target, want string
		tagged       bool
	}{
		{"/api/history/0?to=1777895940007", immutable, true}, // a minute ago
		{"/api/history/0?to=1777895940008", short, true},     // recorded, but a failover might lose it
		{"/api/history/0?to=1777895990007", short, false},    // not recorded
		{"/api/history/0", short, false},
		{"/api/history/0?from=1777895940000&to=now", short, false},
	} {
		w := d.ask("GET", test.target)
		if got := w.Header().Get("Cache-Control"); got != test.want || (w.Header().Get("ETag") != "") != test.tagged {
			t.Errorf("%s: Cache-Control %q, want %q; ETag %q", test.target, got, test.want, w.Header().Get("ETag"))
		}
	}
	const settled = "/api/history/0?to=1777895940007"
	tag := d.ask("GET", settled).Header().Get("ETag")
	read := d.record.Asked("Pixels")
	if w := d.ask("GET", settled, "If-None-Match", tag); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
		t.Errorf("known: %d %s", w.Code, w.Body)
	}
	if w := d.ask("HEAD", settled); w.Code != 200 || w.Body.Len() > 0 || w.Header().Get("ETag") != tag || w.Header().Get("Content-Type") != frames {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	if d.record.Asked("Pixels") != read {
		t.Error("pixels were read for nothing")
	}
	if w := d.ask("GET", settled, "Accept", lines); w.Header().Get("ETag") == tag {
		t.Error("lines and frames have one tag")
	}
	d.private = true
	if w := d.ask("GET", settled); w.Header().Get("Cache-Control") != "private, max-age=31536000, immutable" {
		t.Errorf("of members only: %v", w.Header())
	}
}

// TestRegion_BreaksOff: what fails before the first byte is a status; afterwards the connection ends, so
// that nobody takes the answer for complete.
func TestRegion_BreaksOff(t *testing.T) {
	d := newDesk(t)
	draw(d.record)
	d.record.Fail(record.ErrUnavailable, 0)
	for _, accept := range []string{frames, lines} {
		w := d.ask("GET", "/api/history/0", "Accept", accept)
		if w.Code != 503 || w.Header().Get("Retry-After") != "5" || w.Header().Get("Cache-Control") != "no-store" || strings.TrimSpace(w.Body.String()) != `{"error":"The record can't be read right now"}` {
			t.Errorf("%s: %d %v %s", accept, w.Code, w.Header(), w.Body)
		}
	}
	d.record.Fail(nil, 0)
	d.failing = errors.New("made room for another request")
	if w := d.ask("GET", "/api/history/0"); w.Code != 503 {
		t.Errorf("cut off before anything was sent: %d", w.Code)
	}
	d.failing = nil
	for i := range 30_000 {
		d.record.Draw(noon, i%16, i/16%16, canvas.Color(i), canvas.Author(i+1), "")
	}
	for what, fail := range map[string]func(w *failsLater){
		"the client goes":   func(w *failsLater) { w.writes = 1 },
		"the record breaks": func(*failsLater) { d.record.Fail(record.ErrUnavailable, 29_000) },
	} {
		func() {
			defer func() {
				if fault := recover(); fault != http.ErrAbortHandler {
					t.Errorf("%s: recovered %v", what, fault)
				}
				d.record.Fail(nil, 0)
			}()
			w := &failsLater{httptest.NewRecorder(), 1000}
			fail(w)
			r := httptest.NewRequest("GET", "/api/history/0", nil)
			r.Header.Set("Accept", lines) // which needs no snapshot
			d.ServeHTTP(w, r)
			t.Errorf("%s: ended as if it were complete", what)
		}()
	}
	if d.jobs.Load() != 0 {
		t.Errorf("%d jobs are left", d.jobs.Load())
	}
}

// failsLater is a client that goes after some writes.
type failsLater struct {
	*httptest.ResponseRecorder
	writes int
}

func (f *failsLater) Write(p []byte) (int, error) {
	if f.writes--; f.writes < 0 {
		return 0, errors.New("gone")
	}
	return f.ResponseRecorder.Write(p)
}

// TestRegion_LinesAreJSON: lines are what encoding/json makes of the same pixels.
func TestRegion_LinesAreJSON(t *testing.T) {
	p := record.Pixel{Seq: 9, Epoch: 2, Time: 1777895990007, X: 3, Y: 400, Color: 0x00AB0F, Before: 0xFFFFFF, Known: true, User: ada, Name: "Ada"}
	odd := p
	odd.Name, odd.Known, odd.Cause = "\"\\\n<\u2028\xff", false, "rollback \"7\""
	unknown := record.Pixel{Seq: 1 << 62, Name: "Ada"}
	all := []record.Pixel{p, p, odd, unknown, p, {Seq: 1}, {Seq: 2}}
	var want []byte
	for i := range all {
		line, err := json.Marshal(struct {
			X uint16 `json:"x"`
			Y uint16 `json:"y"`
			pixelShown
		}{all[i].X, all[i].Y, shown(&all[i])})
		if err != nil {
			t.Fatal(err)
		}
		want = append(append(want, line...), '\n')
	}
	if got := new(lineWriter).pixels(nil, all); !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

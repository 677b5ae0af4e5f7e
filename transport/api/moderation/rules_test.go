package moderation

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/rules"
)

func TestRules_AreToldAndKept(t *testing.T) {
	o := newOffice(t)
	w := o.ask("guest", "GET", "rules", "")
	if w.Code != 200 || w.Body.String() != `{"version":0,"state":"open","until":0,"palette":[],"phases":[],"areas":[],"appeal":""}`+"\n" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	first := w.Header().Get("ETag")
	o.act("owner", `{"do":"palette","colors":["#FF0000","#00FF00"]}`)
	o.act("owner", `{"do":"appeal","text":"help@example.org"}`)
	o.act("moderator", `{"do":"ban","target":{"user":"0000000000aa"},"why":"secret reason"}`)
	o.act("moderator", `{"do":"protect","area":{"name":"<script>","x":1,"y":2,"width":3,"height":4,"least":"member"}}`)
	end := noon.Add(time.Hour)
	o.act("moderator", `{"do":"freeze","until":`+jsonOf(end.UnixMilli())+`}`)
	w = o.ask("", "GET", "rules", "", "If-None-Match", first)
	said := told[rules.Shown](t, w)
	if w.Code != 200 || said.Version != 5 || said.State != rules.Frozen || said.Until != end.UnixMilli() || len(said.Palette) != 2 || len(said.Areas) != 1 || said.Areas[0].Act != 4 || said.Appeal != "help@example.org" {
		t.Errorf("%d %+v", w.Code, said)
	}
	if strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "0000000000aa") {
		t.Errorf("who is banned is told: %s", w.Body)
	}
	tag := w.Header().Get("ETag")
	if w := o.ask("", "GET", "rules", "", "If-None-Match", tag); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
		t.Errorf("asked again: %d %s", w.Code, w.Body)
	}
	if w := o.ask("", "HEAD", "rules", ""); w.Code != 200 || w.Body.Len() > 0 || w.Header().Get("ETag") != tag {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	o.later(time.Hour) // freezing ends by itself, without an act
	w = o.ask("", "GET", "rules", "", "If-None-Match", tag)
	if said := told[rules.Shown](t, w); w.Code != 200 || said.State != rules.Open || said.Version != 5 {
		t.Errorf("an hour later: %d %+v", w.Code, said)
	}
	if policy := w.Header().Get("Cache-Control"); policy != "no-cache" {
		t.Errorf("Cache-Control %q", policy)
	}
}

// TestRules_ArePackedOnce: all who ask get the same bytes, packed for those who unpack.
func TestRules_ArePackedOnce(t *testing.T) {
	o := newOffice(t)
	for range 20 {
		o.act("operator", `{"do":"protect","area":{"name":"flag","x":1,"y":2,"width":3,"height":4,"least":"member"}}`)
	}
	plain := o.ask("", "GET", "rules", "").Body.String()
	w := o.ask("", "GET", "rules", "", "Accept-Encoding", "gzip, br")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Body.Len() >= len(plain) || w.Header().Get("Vary") != "Accept-Encoding" {
		t.Fatalf("%v, %d bytes of %d", w.Header(), w.Body.Len(), len(plain))
	}
	unpacked, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(unpacked); err != nil || string(text) != plain {
		t.Errorf("%v: %s", err, text)
	}
	made := o.public.latest.Load()
	for range 1000 {
		o.ask("", "GET", "rules", "")
	}
	if o.public.latest.Load() != made {
		t.Error("it was made again")
	}
	r := httptest.NewRequest("GET", "/api/rules", nil)
	if n := testing.AllocsPerRun(100, func() { o.getRules(discarded{}, r, caller{}) }); n > 12 {
		t.Errorf("%v allocations for an answer", n)
	}
}

// discarded is an answer that goes nowhere.
type discarded struct{}

func (discarded) Header() http.Header         { return http.Header{} }
func (discarded) WriteHeader(int)             {}
func (discarded) Write(p []byte) (int, error) { return len(p), nil }

func jsonOf(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

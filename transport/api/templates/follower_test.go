package templates

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// picture is a PNG of one colour.
func picture(t *testing.T, width, height int, grey uint8) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = grey
	}
	img.SetGray(0, 0, color.Gray{})
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// host is where an operator has a list.
type host struct {
	*httptest.Server

	mu    sync.Mutex // guards:
	files map[string][]byte
	asked map[string]int // times, by path; those answered with 304 are not counted
}

func newHost(t *testing.T) *host {
	h := &host{files: make(map[string][]byte), asked: make(map[string]int)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		content, ok := h.files[r.URL.Path]
		tag := fmt.Sprintf(`"%x"`, sha256.Sum256(content))
		switch {
		case strings.HasPrefix(r.URL.Path, "/moved"):
			h.asked[r.URL.Path]++
			http.Redirect(w, r, "/a/list.json", http.StatusFound)
		case !ok:
			h.asked[r.URL.Path]++
			http.NotFound(w, r)
		case r.Header.Get("If-None-Match") == tag:
			w.WriteHeader(http.StatusNotModified)
		default:
			h.asked[r.URL.Path]++
			w.Header().Set("ETag", tag)
			_, _ = w.Write(content)
		}
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *host) put(path string, content []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.files[path] = content
}

func (h *host) count(path string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked[path]
}

// follow makes a follower of a path of the host.
func (h *host) follow(t *testing.T, path string, changed func()) *Follower {
	t.Helper()
	at, err := url.Parse(h.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	return New(at, changed, slog.New(slog.DiscardHandler))
}

// shown is what a follower answers with.
func shown(t *testing.T, f *Follower) (said struct {
	Name      string
	Templates []listed
}) {
	t.Helper()
	w := httptest.NewRecorder()
	f.GetList(w, httptest.NewRequest("GET", "/api/templates", nil))
	if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return said
}

func (f *Follower) get(name, tag string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/api/templates/"+name, nil)
	r.SetPathValue("picture", name)
	r.Header.Set("If-None-Match", tag)
	f.GetPicture(w, r)
	return w
}

// Goal: a list and its pictures come through, beside it and in it; unchanged ones are not fetched again, changed ones are
// told once.
func TestFollower_ShowsTheList(t *testing.T) {
	h, changes := newHost(t), 0
	flag, inside := picture(t, 6, 4, 90), picture(t, 3, 3, 200)
	h.put("/a/pictures/flag.png", flag)
	list := func(x int) []byte {
		return fmt.Appendf(nil, `{"name": " The  team ", "colour": 1, "templates": [
			{"name": "Flag", "x": %d, "y": -2, "width": 12, "picture": "pictures/flag.png", "layer": 3},
			{"name": "Sign", "picture": "data:image/png;base64,%s"}]}`, x, base64.StdEncoding.EncodeToString(inside))
	}
	h.put("/a/list.json", list(7))
	f, now := h.follow(t, "/a/list.json", func() { changes++ }), time.Now()
	if said := shown(t, f); len(said.Templates) != 0 {
		t.Errorf("before: %+v", said)
	}
	look := func(after time.Duration, wantChanges int) {
		t.Helper()
		if err := f.look(t.Context(), now.Add(after)); err != nil || changes != wantChanges {
			t.Fatalf("%v, %d changes, want %d", err, changes, wantChanges)
		}
	}
	look(0, 1)
	said := shown(t, f)
	if said.Name != "The team" || len(said.Templates) != 2 {
		t.Fatalf("%+v", said)
	}
	if got := said.Templates[0]; got.Name != "Flag" || got.X != 7 || got.Y != -2 || got.Width != 12 || got.Trouble != "" {
		t.Errorf("%+v", got)
	}
	if said.Templates[1].Width != 3 {
		t.Errorf("%+v", said.Templates[1])
	}
	for i, want := range [][]byte{flag, inside} {
		w := f.get(strings.TrimPrefix(said.Templates[i].Picture, "api/templates/"), "")
		if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), want) || w.Header().Get("Content-Type") != "image/png" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("picture %d: %d %v", i, w.Code, w.Header())
		}
	}
	look(time.Second, 1)
	if n := h.count("/a/pictures/flag.png"); n != 1 {
		t.Errorf("the picture was fetched %d times", n)
	}
	h.put("/a/list.json", list(12345))
	look(2*time.Second, 2)
	if got := shown(t, f).Templates[0].X; got != 12345 {
		t.Errorf("x is %d", got)
	}
	before := shown(t, f).Templates[0].Picture
	h.put("/a/pictures/flag.png", picture(t, 7, 5, 3))
	look(3*time.Second, 2)
	look(40*time.Second, 3) // in its turn
	if after := shown(t, f).Templates[0].Picture; after == before || f.get(strings.TrimPrefix(before, "api/templates/"), "").Code != 404 {
		t.Errorf("the picture is still %s", after)
	}
}

// Goal: a list that can't be used changes nothing, and says why; one template that can't is named, and the others are shown.
func TestFollower_Refuses(t *testing.T) {
	h := newHost(t)
	other := newHost(t)
	other.put("/a/flag.png", picture(t, 2, 2, 1))
	h.put("/a/flag.png", picture(t, 2, 2, 1))
	h.put("/secret.png", picture(t, 2, 2, 1))
	h.put("/a/text.png", []byte("no picture"))
	h.put("/a/huge.png", picture(t, 2001, 2001, 9))
	h.put("/a/long.png", append(picture(t, 2, 2, 1), make([]byte, maxPicture)...))
	f := h.follow(t, "/a/list.json", func() {})
	good := []byte(`{"templates": [{"name": "Flag", "picture": "flag.png"}]}`)
	h.put("/a/list.json", good)
	if err := f.look(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	for body, why := range map[string]string{
		"nothing":              "no such list",
		`[]`:                   "no such list",
		`{}`:                   `no "templates"`,
		`{"templates": [{}]}`:  "has no name",
		`{"templates": [null]`: "no such list",
		`{"templates": [{"name": "a"}, {"name": " a "}]}`:                           "two templates",
		`{"templates": [` + strings.Repeat(`{"name": "a"},`, 64) + `{"name":"b"}]}`: "at most 64",
		strings.Repeat(" ", maxList+1):                                              "more than 4 MiB",
	} {
		h.put("/a/list.json", []byte(body))
		if err := f.look(t.Context(), time.Now()); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%.40s: %v", body, err)
		}
		if said := shown(t, f); len(said.Templates) != 1 || said.Templates[0].Picture == "" {
			t.Errorf("%.40s: %+v", body, said)
		}
	}
	for one, why := range map[string]string{
		`"picture": "gone.png"`:                                  "404",
		`"picture": "text.png"`:                                  "no PNG",
		`"picture": "huge.png"`:                                  "4 million",
		`"picture": "flag.png", "width": 3000`:                   "4 million",
		`"picture": "flag.png", "width": -1`:                     "width",
		`"picture": "flag.png", "x": 100000`:                     "x and y",
		`"picture": "flag.png", "y": -9223372036854775808`:       "x and y",
		`"picture": "long.png"`:                                  "2 MiB",
		`"picture": ""`:                                          "must be the address",
		`"picture": "data:image/png;base64,###"`:                 "no base64",
		`"picture": "data:text/html;base64,aaaa"`:                "folder of the list",
		`"picture": "` + other.URL + `/a/flag.png"`:              "folder of the list",
		`"picture": "//` + other.Listener.Addr().String() + `/"`: "folder of the list",
		`"picture": "../secret.png"`:                             "folder of the list",
		`"picture": "%2e%2e/secret.png"`:                         "folder of the list",
		`"picture": "/a/../secret.png"`:                          "folder of the list",
		`"picture": "file:///etc/passwd"`:                        "folder of the list",
		`"picture": "` + h.URL + `/a/moved.png"`:                 "404",
	} {
		h.put("/a/list.json", fmt.Appendf(nil, `{"templates": [{"name": "Flag", "picture": "flag.png"}, {"name": "Odd", %s}]}`, one))
		if err := f.look(t.Context(), time.Now()); err != nil {
			t.Fatalf("%s: %v", one, err)
		}
		said := shown(t, f)
		if len(said.Templates) != 2 || said.Templates[0].Picture == "" || said.Templates[1].Picture != "" || !strings.Contains(said.Templates[1].Trouble, why) {
			t.Errorf("%s: %+v", one, said)
		}
	}
	if other.count("/a/flag.png")+other.count("/")+h.count("/secret.png") > 0 {
		t.Error("it has asked for what is none of its business")
	}
	moved := h.follow(t, "/moved/list.json", func() {})
	if err := moved.look(t.Context(), time.Now()); err == nil || !strings.Contains(err.Error(), "302") {
		t.Errorf("a redirection: %v", err)
	}
}

// Goal: a picture whose host is away stays; pictures that are too many together are named.
func TestFollower_Bounds(t *testing.T) {
	h := newHost(t)
	f := h.follow(t, "/list.json", func() {})
	h.put("/list.json", []byte(`{"templates": [{"name": "Flag", "picture": "flag.png"}]}`))
	h.put("/flag.png", picture(t, 4, 4, 1))
	now := time.Now()
	if err := f.look(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	h.mu.Lock()
	delete(h.files, "/flag.png")
	h.mu.Unlock()
	if err := f.look(t.Context(), now.Add(time.Minute)); err != nil || shown(t, f).Templates[0].Picture == "" {
		t.Errorf("%v %+v", err, shown(t, f))
	}
	h.put("/big.png", picture(t, 2000, 2000, 1))
	var many []string
	for i := range 6 {
		many = append(many, fmt.Sprintf(`{"name": "%d", "picture": "big.png"}`, i))
	}
	h.put("/list.json", []byte(`{"templates": [`+strings.Join(many, ",")+`]}`))
	if err := f.look(t.Context(), now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for i, each := range shown(t, f).Templates {
		if (each.Picture != "") != (i < 4) {
			t.Errorf("%+v", each)
		}
	}
	if h.count("/big.png") != 1 {
		t.Errorf("fetched %d times", h.count("/big.png"))
	}
}

// Goal: whatever a host says in the head of an answer, people are told a few words of it.
func TestFollower_LongAnswers(t *testing.T) {
	long := strings.Repeat("A", 8<<10)
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/list.json":
			_, _ = w.Write([]byte(`{"templates": [{"name": "a", "picture": "reason.png"}, {"name": "b", "picture": "head.png"}]}`))
		case "/reason.png":
			connection, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = connection.Write([]byte("HTTP/1.1 499 " + long + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
			_ = connection.Close()
		case "/head.png":
			w.Header().Set("ETag", `"`+strings.Repeat(long, 3)+`"`)
			_, _ = w.Write(picture(t, 2, 2, 1))
		}
	}))
	defer host.Close()
	at, err := url.Parse(host.URL + "/list.json")
	if err != nil {
		t.Fatal(err)
	}
	f := New(at, func() {}, slog.New(slog.DiscardHandler))
	if err := f.look(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	said := shown(t, f).Templates
	if want := "no picture: the answer is 499"; said[0].Trouble != want {
		t.Errorf("%.100s, want %s", said[0].Trouble, want)
	}
	if said[1].Picture != "" || len(said[1].Trouble) > 100 {
		t.Errorf("%+v", said[1])
	}
}

// Goal: Run tells of a list soon, goes on after failures, and ends when it is told to.
func TestFollower_Runs(t *testing.T) {
	h, changed := newHost(t), make(chan struct{}, 10)
	f := h.follow(t, "/list.json", func() { changed <- struct{}{} })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Run(ctx)
	}()
	h.put("/list.json", []byte(`{"templates": [{"name": "Flag", "picture": "flag.png"}]}`))
	h.put("/flag.png", picture(t, 4, 4, 1))
	select {
	case <-changed:
	case <-time.After(30 * time.Second):
		t.Error("nothing has changed")
	}
	cancel()
	<-done
	if pause := f.note(fmt.Errorf("away"), 20*time.Second); pause != longestPause {
		t.Errorf("a pause of %v", pause)
	}
	if pause := f.note(nil, longestPause); pause != listAgain {
		t.Errorf("a pause of %v", pause)
	}
}

package answer

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func TestPreferred(t *testing.T) {
	for accepted, want := range map[string]string{
		"":                                "",
		"gzip, deflate, br, zstd":         "br",
		"gzip, deflate":                   "gzip",
		"BR;Q=0.5":                        "br",
		"br;q=0, gzip":                    "gzip",
		"br;q=0.000,gzip;q=0.0":           "",
		"br;q=0.2, gzip;q=0.8":            "gzip",
		"*":                               "br",
		"*;q=0":                           "",
		"gzip;q=0, *":                     "br",
		"identity":                        "",
		"identity, gzip;q=0.5":            "",
		"identity;q=0.2, gzip;q=0.5":      "gzip",
		"x-gzip":                          "gzip",
		"br;q=nonsense, gzip;q=2":         "",
		"br ; q=1 , gzip":                 "br",
		"brotli":                          "",
		",;,=;q":                          "",
		strings.Repeat("gzip;q=0,", 5000): "",
	} {
		if got := preferred(accepted); got != want {
			t.Errorf("%.40q: %q, want %q", accepted, got, want)
		}
	}
}

func TestFile_Send(t *testing.T) {
	content := []byte(strings.Repeat("const pixel = 1;\n", 500))
	f := NewFile("assets/main.js", content)
	ask := func(method string, headers ...string) *httptest.ResponseRecorder {
		r, w := httptest.NewRequest(method, "/", nil), httptest.NewRecorder()
		for i := 0; i < len(headers); i += 2 {
			r.Header.Add(headers[i], headers[i+1])
		}
		f.Send(w, r)
		return w
	}
	decode := map[string]func(io.Reader) (io.Reader, error){
		"":     func(r io.Reader) (io.Reader, error) { return r, nil },
		"br":   func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	}
	tags := map[string]bool{}
	for coding, decoder := range decode {
		w := ask("GET", "Accept-Encoding", coding)
		plain, err := decoder(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(plain)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%q: %d bytes, %v", coding, len(got), err)
		}
		tag := w.Header().Get("ETag")
		if tags[tag] || w.Header().Get("Content-Encoding") != coding || w.Header().Get("Vary") != "Accept-Encoding" || w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" {
			t.Errorf("%q: %v", coding, w.Header())
		}
		tags[tag] = true
		head := ask("HEAD", "Accept-Encoding", coding)
		if head.Body.Len() > 0 || head.Header().Get("Content-Length") != w.Header().Get("Content-Length") || head.Header().Get("ETag") != tag {
			t.Errorf("HEAD %q: %d bytes, %v, GET %v", coding, head.Body.Len(), head.Header(), w.Header())
		}
		again := ask("GET", "Accept-Encoding", coding, "If-None-Match", `"other", `+tag)
		if again.Code != http.StatusNotModified || again.Body.Len() > 0 || again.Header().Get("ETag") != tag || again.Header().Get("Vary") == "" {
			t.Errorf("%q again: %d %v", coding, again.Code, again.Header())
		}
	}
	if w := ask("GET", "Accept-Encoding", "br", "If-None-Match", ask("HEAD").Header().Get("ETag")); w.Code != http.StatusOK {
		t.Errorf("the tag of another coding: %d", w.Code)
	}
	part := ask("GET", "Accept-Encoding", "br", "Range", "bytes=6-10")
	if part.Code != http.StatusPartialContent || part.Body.String() != "pixel" || part.Header().Get("Content-Encoding") != "" {
		t.Errorf("a part: %d %q %v", part.Code, part.Body, part.Header())
	}
	tiny := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept-Encoding", "br")
	NewFile("a.svg", []byte("<svg/>")).Send(tiny, r)
	if tiny.Header().Get("Content-Encoding") != "" || tiny.Header().Get("Content-Type") != "image/svg+xml" || tiny.Body.String() != "<svg/>" {
		t.Errorf("a tiny file: %v %q", tiny.Header(), tiny.Body)
	}
}

// A file that strangers can have made takes little memory to compress, however many they ask for at once.
func TestFile_CompressesInLittleMemory(t *testing.T) {
	const most = 4 << 20 // bytes, allocated in all
	content := []byte(strings.Repeat("<p class=\"told\">A page</p>\n", 1000))
	for _, coding := range []string{"br", "gzip"} {
		f, r := NewFile("a.html", content), httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Encoding", coding)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		w := httptest.NewRecorder()
		f.Send(w, r)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > most || w.Header().Get("Content-Encoding") != coding {
			t.Errorf("%s: %d bytes are allocated, at most %d: %v", coding, took, most, w.Header())
		}
	}
}

// Files that take much memory to compress are compressed in turn; those that are compressed wait for no other.
func TestFile_CompressesInTurn(t *testing.T) {
	turn := new(turns)
	f, r := newFile("a.html", []byte(strings.Repeat("<p>A page</p>\n", 100)), brotliLastingLevel, turn), httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept-Encoding", "br")
	for range 2 {
		f.Send(httptest.NewRecorder(), r)
	}
	if turn.taken != 1 || turn.left != 1 {
		t.Errorf("the turn was taken %d times and left %d times, want once", turn.taken, turn.left)
	}
}

// turns counts how often a turn was taken and left.
type turns struct{ taken, left int }

func (t *turns) Lock()   { t.taken++ }
func (t *turns) Unlock() { t.left++ }

package answer

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
)

// File is content that never changes. It is sent compressed to those who take it so.
type File struct {
	name, kind string
	content    []byte
	sum        string
	encoded    map[string]func() []byte // by content coding; made when it is first asked for
}

// Levels of compression. Brotli's fifth takes 1.5 MB and 1.5 ms for a page, the ninth 34 MB and many times as long, for one
// hundredth less: strangers can have a page made for each of their links. Its highest saves another twelfth.
const (
	brotliLevel        = 5
	brotliLastingLevel = 11
	gzipLevel          = gzip.BestCompression
)

// worthIt is from how many bytes on content is compressed. Less fits into one packet anyway.
const worthIt = 512

// NewFile makes a file. The end of its name says what kind it is.
func NewFile(name string, content []byte) *File {
	return newFile(name, content, brotliLevel, new(sync.Mutex))
}

// NewLastingFiles makes files that are sent to all who come, and so worth more of the time that it takes to make them small. Whoever asks for
// all of them at once must wait for one after the other: side by side, those of the page took up to 970 MB of memory, in turn 137.
func NewLastingFiles(contents map[string][]byte) map[string]*File {
	files, turn := make(map[string]*File, len(contents)), new(sync.Mutex)
	for name, content := range contents {
		files[name] = newFile(name, content, brotliLastingLevel, turn)
	}
	return files
}

// newFile makes a file that Brotli compresses at a level while it has the turn.
func newFile(name string, content []byte, level int, turn sync.Locker) *File {
	sum := sha256.Sum256(content)
	f := &File{name: name, content: content, sum: hex.EncodeToString(sum[:12])}
	switch path.Ext(name) {
	case ".webmanifest":
		f.kind = "application/manifest+json"
	case ".yaml":
		f.kind = "application/yaml; charset=utf-8"
	case ".ts":
		f.kind = "text/typescript; charset=utf-8" // for MIME it is a film
	default:
		f.kind = mime.TypeByExtension(path.Ext(name))
	}
	if len(content) >= worthIt && (strings.HasPrefix(f.kind, "text/") || strings.Contains(f.kind, "json") || strings.Contains(f.kind, "xml") || strings.Contains(f.kind, "yaml")) {
		f.encoded = map[string]func() []byte{
			"br": sync.OnceValue(func() []byte {
				turn.Lock()
				defer turn.Unlock()
				return compressed(content, func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, level) })
			}),
			"gzip": sync.OnceValue(func() []byte {
				return compressed(content, func(w io.Writer) io.WriteCloser {
					z, _ := gzip.NewWriterLevel(w, gzipLevel) // fails only for a level that there isn't
					return z
				})
			}),
		}
	}
	return f
}

// compressed never fails, since memory doesn't.
func compressed(content []byte, coder func(io.Writer) io.WriteCloser) []byte {
	var small bytes.Buffer
	w := coder(&small)
	_, _ = w.Write(content)
	_ = w.Close()
	return small.Bytes()
}

// Send answers GET and HEAD. A part that is asked for is one of the content as it is.
func (f *File) Send(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	if f.kind != "" {
		header.Set("Content-Type", f.kind)
	}
	coding := ""
	if f.encoded != nil {
		header.Add("Vary", "Accept-Encoding")
		if r.Header.Get("Range") == "" {
			coding = preferred(strings.Join(r.Header.Values("Accept-Encoding"), ","))
		}
	}
	if coding == "" {
		header.Set("ETag", `"`+f.sum+`"`)
		http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(f.content))
		return
	}
	tag := `"` + f.sum + "-" + coding + `"`
	header.Set("ETag", tag)
	if Matches(r.Header.Get("If-None-Match"), tag) {
		header.Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.encoded[coding]()
	header.Set("Content-Encoding", coding)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // who has gone away needs no answer
	}
}

// preferred is the content coding to answer with, by an Accept-Encoding header (RFC 9110, 12.5.3); empty: none. Of those
// that a client likes best, Brotli's is the smaller.
func preferred(accepted string) string {
	weights := map[string]float64{}
	for one := range strings.SplitSeq(accepted, ",") {
		coding, parameters, _ := strings.Cut(one, ";")
		weight := 1.0
		for parameter := range strings.SplitSeq(parameters, ";") {
			if name, value, _ := strings.Cut(strings.TrimSpace(parameter), "="); strings.EqualFold(name, "q") {
				var err error
				if weight, err = strconv.ParseFloat(value, 64); err != nil || !(weight >= 0 && weight <= 1) {
					weight = 0
				}
			}
		}
		weights[strings.ToLower(strings.TrimSpace(coding))] = weight
	}
	weight := func(coding string) float64 {
		if own, named := weights[coding]; named {
			return own
		}
		return weights["*"]
	}
	br, gz := weight("br"), max(weight("gzip"), weights["x-gzip"])
	plain := weights["identity"] // plainly preferred only if it is named
	switch {
	case br > 0 && br >= gz && br >= plain:
		return "br"
	case gz > 0 && gz >= plain:
		return "gzip"
	}
	return ""
}

// Same reports whether two files have the same content.
func Same(a, b *File) bool { return a.sum == b.sum }

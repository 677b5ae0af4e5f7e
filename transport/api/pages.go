package api

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"pixelplayground/transport/api/answer"
)

// pages serves the drawing page and what it loads.
type pages struct {
	files  fs.FS
	tags   map[string]string // ETag by file
	people People            // nil: nobody is anybody in particular
}

// policy restricts the pages to what this server sends. Inline styles are allowed because
// scripts position elements. Scripts may also make pictures.
const policy = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'"

// indexPage is the drawing page itself.
const indexPage = "index.html"

func newPages(files fs.FS, people People) (*pages, error) {
	p := &pages{files: files, tags: make(map[string]string), people: people}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		sum := sha256.Sum256(content)
		p.tags[name] = `"` + hex.EncodeToString(sum[:12]) + `"`
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read pages: %w", err)
	}
	return p, nil
}

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "Method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if strings.HasSuffix(r.URL.Path, "/") {
		name = path.Join(name, indexPage)
	}
	tag, ok := p.tags[name]
	if !ok {
		http.Error(w, "There is no such page. The canvas is at /", http.StatusNotFound)
		return
	}
	header.Set("ETag", tag)
	header.Set("Cache-Control", "no-cache") // browsers may keep it, but must ask whether it is still current
	if name == indexPage && p.people != nil {
		header.Set("Cache-Control", "private, no-cache") // a cache that many share must not share the cookie
		p.people.Greet(w, r, answer.Secure(r))
	}
	http.ServeFileFS(w, r, p.files, name)
}

package api

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
	"pixelplayground/web/bundle"
)

// pages serves the drawing page and what it loads. Browsers get the page bundled; its sources are there too, as they are,
// and with ?sources so is a page that loads them.
type pages struct {
	sources map[string]*answer.File
	people  People                      // nil: nobody is anybody in particular
	shown   *previews                   // what links to the page are shown as; nil: as nothing in particular
	framed  string                      // the policy of a page that other sites may frame
	bundled func() (bundledPage, error) // made when it is first asked for: most processes of a cluster never are
}

// bundledPage is what web/bundle makes, ready to be sent.
type bundledPage struct {
	*bundle.Bundle
	page   *answer.File
	text   string // of the page
	files  map[string]*answer.File
	client string // which of the files is the client
}

// policy restricts the pages to what this server sends. Inline styles are allowed because
// scripts position elements. Scripts may also make pictures. No other page may frame this one, which
// could then have its visitors click on what they don't see. With ?embed there is nothing to click on but the canvas, which then
// can only be looked at, so that page may be framed by the sites that an operator names.
const policy = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; " +
	"base-uri 'none'; form-action 'self'; object-src 'none'; frame-ancestors 'self'"

// elsewherePage is what the page shows in a frame to ask other hosts for the picture of a template, once the user
// has agreed. It may ask any, so it has nothing else: no origin, so neither cookies nor storage, and only its own script.
const (
	elsewherePage   = "js/templates/elsewhere.html"
	elsewherePolicy = "default-src 'none'; script-src 'self'; connect-src http: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts"
)

// What browsers may do with a file.
const (
	askAgain = "no-cache"                            // keep it, but ask whether it is still current
	forEver  = "public, max-age=31536000, immutable" // its name says what is in it
)

// indexPage is the drawing page itself.
const indexPage = "index.html"

func newPages(files fs.FS, people People, shown *previews, frames []string, g canvas.Geometry) (*pages, error) {
	framed := strings.Join(append([]string{policy}, frames...), " ")
	p := &pages{sources: make(map[string]*answer.File), people: people, shown: shown, framed: framed}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		p.sources[name] = answer.NewFile(name, content)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read pages: %w", err)
	}
	p.bundled = sync.OnceValues(func() (bundledPage, error) { return bundled(files, g) })
	return p, nil
}

// bundled bundles the page, and writes the canvas's size into it: so the page can ask for the canvas before it has been told.
func bundled(files fs.FS, g canvas.Geometry) (bundledPage, error) {
	made, err := bundle.Make(files)
	if err != nil {
		return bundledPage{}, fmt.Errorf("bundle page: %w", err)
	}
	size := fmt.Appendf(nil, `<meta name="canvas" content="%d %d %d">`, g.Width, g.Height, g.Region)
	all := bundledPage{Bundle: made, files: answer.NewLastingFiles(made.Files)}
	page := bytes.Replace(made.Page, []byte(`<meta name="canvas">`), size, 1)
	all.page, all.text = answer.NewFile(indexPage, page), string(page)
	return all, all.addClient(files)
}

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header, query := w.Header(), r.URL.Query()
	embedded := query.Has("embed")
	header.Set("Content-Security-Policy", policy)
	if embedded {
		header.Set("Content-Security-Policy", p.framed)
	}
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
	file, caching, err := p.find(r, name, query.Has("sources"))
	if err != nil {
		http.Error(w, "The page could not be made", http.StatusInternalServerError)
		return
	}
	if file == nil {
		http.Error(w, "There is no such page. The canvas is at /", http.StatusNotFound)
		return
	}
	if name == elsewherePage {
		header.Set("Content-Security-Policy", elsewherePolicy)
	}
	header.Set("Cache-Control", caching)
	if name == indexPage && p.people != nil && !embedded { // who only looks on from another site is nobody in particular
		header.Set("Cache-Control", "private, no-cache") // a cache that many share must not share the cookie
		p.people.Greet(w, r, answer.Secure(r))
	}
	if isClient(name) {
		p.offerClient(header, name)
	}
	file.Send(w, r)
}

// find gives a file, and what browsers may do with it; nil: there is none.
func (p *pages) find(r *http.Request, name string, asSource bool) (file *answer.File, caching string, err error) {
	if name != indexPage && name != clientModule && !strings.HasPrefix(name, bundle.Folder) || asSource {
		return p.sources[name], askAgain, nil
	}
	all, err := p.bundled()
	switch {
	case err != nil:
		return nil, "", err
	case name == indexPage && p.shown != nil:
		return p.shown.page(r, all.page, all.text), askAgain, nil
	case name == indexPage:
		return all.page, askAgain, nil
	case name == clientModule:
		return all.files[all.client], askAgain, nil
	case all.files[name] != nil:
		return all.files[name], forEver, nil
	}
	// While servers of two versions run side by side, the page may be from the other one. What it begins with is here in this
	// version, which fits as well as it ever did; but nobody may keep it under that name.
	if isClient(name) {
		return all.files[all.client], "no-store", nil
	}
	return all.files[all.Entry(name)], "no-store", nil
}

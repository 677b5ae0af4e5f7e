package admin

import (
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"

	"pixelplayground/transport/api/answer"
	"pixelplayground/web/bundle"
)

// pages are the dashboard and what it loads. The dashboard is bundled as the drawing page is; its sources are there too, as they are,
// and with ?sources so is a page that loads them.
type pages struct {
	sources map[string]*answer.File
	bundled func() (bundled, error) // made when somebody first asks for it
}

type bundled struct {
	*bundle.Bundle
	files map[string]*answer.File // index.html, and what it loads
}

const (
	dashboard = "index.html"
	loginForm = "login.html"
	bundles   = "/admin/" + bundle.Folder
)

// newPages reads the files; one that can't be read is left out. nil: there are none.
func newPages(files fs.FS) *pages {
	if files == nil {
		return nil
	}
	p := &pages{sources: make(map[string]*answer.File)}
	_ = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil
		}
		if content, err := fs.ReadFile(files, name); err == nil {
			p.sources[name] = answer.NewFile(name, content)
		}
		return nil
	})
	p.bundled = sync.OnceValues(func() (bundled, error) {
		made, err := bundle.Make(files)
		if err != nil {
			return bundled{}, fmt.Errorf("bundle dashboard: %w", err)
		}
		all := bundled{Bundle: made, files: map[string]*answer.File{dashboard: answer.NewFile(dashboard, made.Page)}}
		for name, content := range made.Files {
			all.files[name] = answer.NewFile(name, content)
		}
		return all, nil
	})
	return p
}

// page answers with a file as it is.
func (a *Handler) page(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { a.send(w, r, a.pages.sources[name]) }
}

// dashboard answers with the dashboard, which nobody keeps: who has logged out gets the login form in its place.
func (a *Handler) dashboard(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("sources") {
		a.send(w, r, a.pages.sources[dashboard])
		return
	}
	all, err := a.pages.bundled()
	if err != nil {
		a.Log.Error("the dashboard could not be made", "err", err)
		answer.Fail(w, http.StatusInternalServerError, "The page could not be made")
		return
	}
	a.send(w, r, all.files[dashboard])
}

// bundledFile answers with what the dashboard loads. Its name says what is in it; what a pod of another version names is this one's,
// which nobody may keep.
func (a *Handler) bundledFile(w http.ResponseWriter, r *http.Request) {
	all, err := a.pages.bundled()
	name := strings.TrimPrefix(r.URL.Path, "/admin/")
	file := all.files[name]
	if err == nil && file == nil {
		file = all.files[all.Entry(name)]
	} else {
		w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	a.send(w, r, file)
}

// loginInstead answers with the login form where something is asked for that needs a login.
func (a *Handler) loginInstead(w http.ResponseWriter) {
	if a.Pages == nil {
		answer.Fail(w, http.StatusNotFound, "This server has no pages for operators")
		return
	}
	content, err := fs.ReadFile(a.Pages, loginForm)
	if err != nil {
		answer.Fail(w, http.StatusInternalServerError, "The page is missing")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = w.Write(content) // a client that is gone has nobody to tell
}

func (a *Handler) send(w http.ResponseWriter, r *http.Request, file *answer.File) {
	if file == nil {
		w.Header().Set("Cache-Control", "no-store")
		answer.Fail(w, http.StatusNotFound, "There is no such page")
		return
	}
	file.Send(w, r)
}

// addPages adds what pages there are.
func (a *Handler) addPages() {
	if a.pages == nil {
		return
	}
	a.routes["/admin/"] = answer.Methods{"GET": a.dashboard}
	a.routes["/admin/login"] = answer.Methods{"GET": a.page(loginForm), "POST": a.login}
	for name := range a.pages.sources {
		if path := "/admin/" + name; !strings.HasSuffix(name, ".html") {
			a.routes[path] = answer.Methods{"GET": a.kept(path, a.page(name))}
		}
	}
}

// kept lets browsers keep a file that only those see who are logged in; they ask each time whether it has changed.
func (a *Handler) kept(path string, handle http.HandlerFunc) http.HandlerFunc {
	if slices.Contains(openPaths(), path) {
		return handle
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "private, no-cache")
		handle(w, r)
	}
}

package web

import (
	"cmp"
	"embed"
	"io"
	"io/fs"
	"slices"
)

//go:embed admin/index.html admin/login.html admin/css admin/js
var adminPage embed.FS

// Files that the admin page shares with other pages, under the same names as here.
//
//go:embed favicon.svg css/tokens.css vendor/uplot
var adminShared embed.FS

// Admin returns the operator's page, with index.html and login.html at its root. The page asks for
// its files by addresses relative to its own, where transport/api serves them, and loads nothing
// from elsewhere. login.html needs css/tokens.css, css/login.css and favicon.svg, which hold no
// secret; everything else may stay behind the login.
func Admin() fs.FS { return layers{mustSub(adminPage, "admin"), adminShared} }

// mustSub panics only for an invalid name; the names here are valid constants.
func mustSub(files fs.FS, folder string) fs.FS {
	sub, err := fs.Sub(files, folder)
	if err != nil {
		panic(err)
	}
	return sub
}

// layers is file systems laid over each other. A folder has the entries that it has in any of them;
// a file comes from the first that has it.
type layers []fs.FS

func (l layers) Open(name string) (file fs.File, err error) {
	for _, layer := range l {
		if file, err = layer.Open(name); err == nil {
			break
		}
	}
	if entries, failed := l.ReadDir(name); err == nil && failed == nil {
		return &folder{file, entries}, nil
	}
	return file, err
}

// ReadDir implements fs.ReadDirFS.
func (l layers) ReadDir(name string) ([]fs.DirEntry, error) {
	var all []fs.DirEntry
	var failed error
	for _, layer := range l {
		entries, err := fs.ReadDir(layer, name)
		all, failed = append(all, entries...), cmp.Or(err, failed)
	}
	if len(all) == 0 {
		return nil, failed
	}
	byName := func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) }
	slices.SortStableFunc(all, byName)
	return slices.CompactFunc(all, func(a, b fs.DirEntry) bool { return byName(a, b) == 0 }), nil
}

// folder is an open folder of layers.
type folder struct {
	fs.File
	entries []fs.DirEntry // not yet read
}

// ReadDir implements fs.ReadDirFile.
func (f *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(f.entries) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(f.entries) {
		n = len(f.entries)
	}
	read := f.entries[:n]
	f.entries = f.entries[n:]
	return read, nil
}

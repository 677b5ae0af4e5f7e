// Package bundle makes of the drawing page's plain modules and style sheets what a browser loads
// quickly: one script and one style sheet, and a few more that are loaded when they are used. Their
// names say what is in them, so browsers may keep them for ever. transport/api serves what it makes.
package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
)

// Folder is where all that Make makes is, except for the page itself. Proxies pass what is below /js.
const Folder = "js/bundle/"

// Bundle is a page and what it loads.
type Bundle struct {
	Page  []byte            // index.html
	Files map[string][]byte // by name, which begins with Folder
}

// Entry gives the file that is called name but for its hash, if the page itself names it or it is a catalogue; empty: there is
// none. A page that another version of the server has sent asks for it.
func (b *Bundle) Entry(name string) string {
	kind, ok := unhashed(name)
	for own := range b.Files {
		if one, _ := unhashed(own); ok && one == kind && (bytes.Contains(b.Page, []byte(own)) || path.Ext(own) == ".json") {
			return own
		}
	}
	return ""
}

// unhashed is the name of a file without its hash.
func unhashed(name string) (string, bool) {
	parts := strings.Split(name, ".")
	if len(parts) != 3 || !strings.HasPrefix(name, Folder) {
		return "", false
	}
	return parts[0] + "." + parts[2], true
}

var (
	styleLinks = regexp.MustCompile(`(?m)(?:^ *<link rel="stylesheet" href="[^"]+">\n)+`)
	styleName  = regexp.MustCompile(`href="([^"]+)"`)
	preloads   = regexp.MustCompile(`(?m)^ *<link rel="modulepreload" [^>]*>\n`)
	scripts    = regexp.MustCompile(`(<script type="module"[^>]* src=")([^"]+)(")`)
)

// Make bundles the page index.html. Its modules and style sheets must be among the files.
func Make(files fs.FS) (*Bundle, error) {
	page, err := fs.ReadFile(files, "index.html")
	if err != nil {
		return nil, err
	}
	b := &Bundle{Files: make(map[string][]byte)}
	var failed error
	page = preloads.ReplaceAll(page, nil)
	page = scripts.ReplaceAllFunc(page, func(tag []byte) []byte {
		parts := scripts.FindSubmatch(tag)
		l := &linker{files: files, add: func(name string, content []byte) string { return b.add(name+".js", content) }}
		l.style = func(name string) (string, error) { return b.style(files, name) }
		l.words = func(name string) (string, error) { return b.words(files, name) }
		address, err := l.link(string(parts[2]))
		if err != nil {
			failed = err
		}
		return bytes.Join([][]byte{parts[1], []byte(address), parts[3]}, nil)
	})
	page = styleLinks.ReplaceAllFunc(page, func(links []byte) []byte {
		var names []string
		for _, match := range styleName.FindAllSubmatch(links, -1) {
			names = append(names, string(match[1]))
		}
		address, err := b.style(files, names...)
		if err != nil {
			failed = err
		}
		return fmt.Appendf(nil, "  <link rel=\"stylesheet\" href=\"%s\">\n", address)
	})
	b.Page = page
	return b, failed
}

// Module makes one module of a module and those that it needs, which exports the same.
func Module(files fs.FS, name string) (content []byte, err error) {
	alone := func(other string) (string, error) { return "", fmt.Errorf("%s can't be in one module", other) }
	l := &linker{files: files, exports: true, style: alone, words: alone, add: func(_ string, made []byte) string {
		content = made
		return name
	}}
	if _, err = l.link(name); err != nil {
		return nil, err
	}
	if len(l.lazyRoots()) > 0 {
		return nil, fmt.Errorf("%s: in one module nothing can be loaded when it is used", name)
	}
	return content, nil
}

// Hashed is a name below Folder that says what is in a file.
func Hashed(name string, content []byte) string {
	sum := sha256.Sum256(content)
	kind := path.Ext(name)
	return Folder + strings.TrimSuffix(name, kind) + "." + hex.EncodeToString(sum[:6]) + kind
}

// style makes one of style sheets that follow each other, and gives its address.
func (b *Bundle) style(files fs.FS, names ...string) (string, error) {
	var all, small bytes.Buffer
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return "", err
		}
		all.Write(content)
	}
	if err := css.Minify(minify.New(), &small, &all, nil); err != nil {
		return "", fmt.Errorf("%s: %w", names[0], err)
	}
	name := "page.css"
	if len(names) == 1 {
		name = path.Base(names[0])
	}
	return b.add(name, small.Bytes()), nil
}

// words makes one of a language's catalogue, and gives its address.
func (b *Bundle) words(files fs.FS, name string) (string, error) {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return "", err
	}
	var small bytes.Buffer
	if err := json.Compact(&small, content); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return b.add(path.Base(name), small.Bytes()), nil
}

// add keeps a file under a name that says what is in it, and gives its address.
func (b *Bundle) add(name string, content []byte) string {
	name = Hashed(name, content)
	b.Files[name] = content
	return name
}

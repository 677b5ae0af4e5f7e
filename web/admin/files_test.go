// Package admin_test checks what of this folder is served.
package admin_test

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pixelplayground/web"
)

func TestAdmin_IsAFileSystem(t *testing.T) {
	if err := fstest.TestFS(web.Admin(), "index.html", "login.html", "favicon.svg", "css/tokens.css", "js/main.js", "vendor/uplot/LICENSE"); err != nil {
		t.Fatal(err)
	}
}

func TestAdmin_HoldsWhatItsPagesLoad(t *testing.T) {
	for _, page := range []string{"index.html", "login.html"} {
		links := regexp.MustCompile(`<(?:link|script|img)[^>]*\s(?:href|src)="([^"]+)"`).FindAllStringSubmatch(read(t, page), -1)
		if len(links) == 0 {
			t.Fatalf("%s loads nothing", page)
		}
		for _, link := range links {
			if strings.HasPrefix(link[1], "/") || strings.Contains(link[1], ":") {
				t.Errorf("%s loads %s, which may be another's when a proxy serves it below a path", page, link[1])
				continue
			}
			read(t, link[1])
		}
	}
}

// TestAdmin_AddressesAreRelative: a token must never be sent to whatever has the root of a
// host that is shared.
func TestAdmin_AddressesAreRelative(t *testing.T) {
	absolute := regexp.MustCompile("(?:href|src|action)=\"/|[\"'`(]/admin|fetch\\([\"'`]/|url\\([\"']?/")
	err := fs.WalkDir(web.Admin(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !strings.HasPrefix(name, "vendor/") {
			if found := absolute.FindString(read(t, name)); found != "" {
				t.Errorf("%s has %s", name, found)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAdmin_HoldsWhatModulesImport(t *testing.T) {
	imports := regexp.MustCompile(`(?m)^(?:import|export)\s(?:[^"]*\sfrom\s)?"(\.[^"]+)";$`)
	found := 0
	err := fs.WalkDir(web.Admin(), "js", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		for _, match := range imports.FindAllStringSubmatch(read(t, name), -1) {
			read(t, path.Join(path.Dir(name), match[1]))
			found++
		}
		return nil
	})
	if err != nil || found == 0 {
		t.Fatalf("%d imports found: %v", found, err)
	}
}

func TestAdmin_HoldsNothingElse(t *testing.T) {
	err := fs.WalkDir(web.Admin(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && slices.Contains([]string{".go", ".png"}, path.Ext(name)) {
			t.Errorf("%s is served", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := fs.ReadFile(web.Admin(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

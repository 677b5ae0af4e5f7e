package web_test

import (
	"cmp"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"

	"pixelplayground/web"
)

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := fs.ReadFile(web.Files(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestFiles_HoldsWhatThePageLoads(t *testing.T) {
	links := regexp.MustCompile(`<(?:link|script|img)[^>]*\s(?:href|src)="([^"]+)"`).FindAllStringSubmatch(read(t, "index.html"), -1)
	if len(links) == 0 {
		t.Fatal("index.html loads nothing")
	}
	for _, link := range links {
		read(t, link[1])
	}
}

func TestFiles_HoldsWhatModulesImport(t *testing.T) {
	imports := regexp.MustCompile(`(?m)^(?:import|export)\s(?:[^"]*\sfrom\s)?"([^"]+)";$|\bimport\("([^"]+)"\)`)
	found := 0
	for _, name := range names(t) {
		if path.Ext(name) != ".js" {
			continue
		}
		for _, match := range imports.FindAllStringSubmatch(read(t, name), -1) {
			imported := cmp.Or(match[1], match[2])
			if !strings.HasPrefix(imported, ".") {
				t.Errorf("%s imports %q, which no browser finds", name, imported)
				continue
			}
			read(t, path.Join(path.Dir(name), imported))
			found++
		}
	}
	if found == 0 {
		t.Fatal("no module imports another")
	}
}

func TestFiles_HoldsNothingElse(t *testing.T) {
	for _, name := range names(t) {
		switch path.Ext(name) {
		case ".html", ".css", ".js", ".json", ".svg", ".webmanifest":
		default:
			t.Errorf("%s is served", name)
		}
		if strings.Contains(name, "test") {
			t.Errorf("%s is served, and is a test", name)
		}
	}
}

func names(t *testing.T) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(web.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

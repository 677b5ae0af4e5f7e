package web_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"image/png"
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
		case ".html", ".css", ".js", ".ts", ".json", ".svg", ".png", ".webmanifest":
		default:
			t.Errorf("%s is served", name)
		}
		if strings.Contains(name, "test") {
			t.Errorf("%s is served, and is a test", name)
		}
	}
}

// Goal: the icons of an installed page are the page's own. Method: of each, the size that the manifest says, the four colours of
// favicon.svg where they belong, and corners as the purpose wants them.
func TestFiles_IconsAreThePagesOwn(t *testing.T) {
	var manifest struct {
		Icons []struct{ Src, Sizes, Type, Purpose string }
	}
	if err := json.Unmarshal([]byte(read(t, "app.webmanifest")), &manifest); err != nil {
		t.Fatal(err)
	}
	icons := append(manifest.Icons, struct{ Src, Sizes, Type, Purpose string }{"icons/touch-180.png", "180x180", "image/png", "maskable"})
	favicon := read(t, "favicon.svg")
	for _, icon := range icons {
		if icon.Type != "image/png" {
			continue
		}
		picture, err := png.Decode(strings.NewReader(read(t, icon.Src)))
		if err != nil {
			t.Fatalf("%s: %v", icon.Src, err)
		}
		size := picture.Bounds().Dx()
		if got := fmt.Sprintf("%dx%d", size, picture.Bounds().Dy()); got != icon.Sizes || len(read(t, icon.Src)) > 2<<10 {
			t.Errorf("%s is %s, %d bytes", icon.Src, got, len(read(t, icon.Src)))
		}
		for _, at := range [][2]int{{3, 3}, {5, 3}, {3, 5}, {5, 5}} { // eighths
			r, g, b, _ := picture.At(at[0]*size/8, at[1]*size/8).RGBA()
			colour := fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
			if want := fmt.Sprintf(`fill="%s" d="M%d %d`, colour, (at[0]-1)/2*2, (at[1]-1)/2*2); !strings.Contains(favicon, want) {
				t.Errorf("%s: favicon.svg has no %s", icon.Src, want)
			}
		}
		if _, _, _, opaque := picture.At(0, 0).RGBA(); (opaque > 0) != (icon.Purpose == "maskable") {
			t.Errorf("%s is %s, with corners of opacity %d", icon.Src, icon.Purpose, opaque)
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

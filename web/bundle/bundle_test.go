package bundle_test

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"pixelplayground/web"
	"pixelplayground/web/bundle"
)

// Goal: the page that is served is whole and light. Method: all it names, and all its scripts name, is there.
func TestMake_ThePage(t *testing.T) {
	b, err := bundle.Make(web.Files())
	if err != nil {
		t.Fatal(err)
	}
	again, err := bundle.Make(web.Files())
	if err != nil || string(again.Page) != string(b.Page) || len(again.Files) != len(b.Files) {
		t.Errorf("the same files make another page (%v): two servers would not share what browsers keep", err)
	}
	named := regexp.MustCompile(`(?:js/bundle/|\./)[a-z_]+\.[0-9a-f]{12}\.(?:json|js|css)`)
	page := named.FindAllString(string(b.Page), -1)
	if len(page) != 3 { // early_connect.js, main.js, one style sheet
		t.Errorf("the page loads %v", page)
	}
	found, begins := map[string]bool{}, 0
	for _, name := range page {
		begins += len(b.Files[name])
	}
	for _, content := range append([]string{string(b.Page)}, contents(b)...) {
		for _, name := range named.FindAllString(content, -1) {
			name = bundle.Folder + strings.TrimPrefix(strings.TrimPrefix(name, bundle.Folder), "./")
			found[name] = true
			if b.Files[name] == nil {
				t.Errorf("%s is named, and not there", name)
			}
		}
	}
	for name, content := range b.Files {
		if !found[name] {
			t.Errorf("nothing loads %s", name)
		}
		if strings.HasSuffix(name, ".js") && regexp.MustCompile(`\bimport[ {]|from ?"|"css/|"js/words/`).Match(content) {
			t.Errorf("%s imports what a bundle doesn't have", name)
		}
	}
	if begins > 160<<10 {
		t.Errorf("the page begins with %d bytes of script and style, at most 160 KB: load parts when they are used", begins)
	}
}

func contents(b *bundle.Bundle) (all []string) {
	for _, content := range b.Files {
		all = append(all, string(content))
	}
	return all
}

func page(modules map[string]string) fstest.MapFS {
	files := fstest.MapFS{"index.html": {Data: []byte(`<script type="module" src="js/main.js"></script>`)}}
	for name, source := range modules {
		files[name] = &fstest.MapFile{Data: []byte(source)}
	}
	return files
}

// Goal: what the linker can't do is refused, and never made wrong.
func TestMake_Refuses(t *testing.T) {
	for says, modules := range map[string]map[string]string{
		"circle":          {"js/main.js": `import { a } from "./a.js"; a();`, "js/a.js": `import { b } from "./b.js"; export const a = b;`, "js/b.js": `import { a } from "./a.js"; export const b = a;`},
		"default exports": {"js/main.js": `export default 1;`},
		"default imports": {"js/main.js": `import a from "./a.js"; a();`, "js/a.js": `export const a = 1;`},
		"may change":      {"js/main.js": `export let a = 1;`},
		"another module":  {"js/main.js": `export { a } from "./a.js";`, "js/a.js": `export const a = 1;`},
		"does not exist":  {"js/main.js": `import { a } from "./a.js"; a();`},
		"unexpected":      {"js/main.js": `const = 1`},
		"pattern":         {"js/main.js": `export const { a } = { a: 1 };`},
	} {
		if _, err := bundle.Make(page(modules)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// Goal: a module may wait before those run that import it, and what it loads has a name that says what is in it.
func TestMake_Waits(t *testing.T) {
	files := page(map[string]string{
		"js/main.js":       `import { words } from "./words.js"; say(words.text); import("./lazy.js");`,
		"js/words.js":      `export const words = {}; async function learn() { words.text = await fetch("js/words/de.json"); } await learn();`,
		"js/lazy.js":       `export const a = 1;`,
		"js/words/de.json": "{\n \"Hello\": \"Hallo\"\n}\n",
	})
	b, err := bundle.Make(files)
	if err != nil {
		t.Fatal(err)
	}
	var script, catalogue, address string
	for name, content := range b.Files {
		switch {
		case strings.HasPrefix(name, bundle.Folder+"main."):
			script = string(content)
		case strings.HasPrefix(name, bundle.Folder+"de."):
			catalogue, address = string(content), name
		}
	}
	if catalogue != `{"Hello":"Hallo"}` || !strings.Contains(script, address) || strings.Index(script, "await(async") > strings.Index(script, "say(") {
		t.Errorf("%q at %q, loaded by %s", catalogue, address, script)
	}
	if older := bundle.Folder + "de.0123456789ab.json"; b.Entry(older) != address {
		t.Errorf("a page of another version asks for %s, and gets %q", older, b.Entry(older))
	}
	files["js/lazy.js"].Data = []byte(`await fetch("late");`)
	if _, err := bundle.Make(files); err == nil || !strings.Contains(err.Error(), "may wait") {
		t.Errorf("what is loaded later waits: %v", err)
	}
}

// Goal: what several chunks share is loaded once, and what the page has is in no chunk.
func TestMake_Chunks(t *testing.T) {
	b, err := bundle.Make(page(map[string]string{
		"js/main.js":   `import { own } from "./own.js"; own(() => import("./one.js"), () => import("./two.js"));`,
		"js/own.js":    `export const own = (...all) => all.forEach((run) => run()); // "own body"`,
		"js/one.js":    `import { own } from "./own.js"; import { shared } from "./shared.js"; export const one = [own, shared, () => import("./deep.js")];`,
		"js/two.js":    `import * as all from "./shared.js"; export const two = all.shared;`,
		"js/shared.js": `export const shared = "shared body";`,
		"js/deep.js":   `import { shared as other } from "./shared.js"; export class Deep { name = other; }`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	kinds, bodies := map[string]int{}, 0
	for name, content := range b.Files {
		kinds[strings.Split(name, ".")[0]]++
		bodies += strings.Count(string(content), "shared body")
	}
	if bodies != 1 || len(b.Files) != 5 || kinds["js/bundle/shared"] != 1 {
		t.Errorf("%d times in %v", bodies, kinds)
	}
}

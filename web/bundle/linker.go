package bundle

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/js"
)

// linker makes one script of the modules that a page needs, and others of those that it loads when they are used.
type linker struct {
	files   fs.FS
	modules map[string]*module
	order   []string // names of modules, each behind those that it imports
	exports bool     // the script is itself a module, with the exports of the one that it begins with
	style   func(name string) (string, error)
	words   func(name string) (string, error)
	add     func(name string, content []byte) string // gives the address of a file
}

// link gives the address of the script that begins with a module.
func (l *linker) link(entry string) (string, error) {
	l.modules, l.order = make(map[string]*module), nil
	if err := l.visit(entry, nil); err != nil {
		return "", err
	}
	roots := l.lazyRoots()
	l.assign(entry, "")
	for _, root := range roots {
		l.assign(root, root)
	}
	// A module that the page has already belongs to no chunk. One that several chunks need gets into a chunk of its own.
	groups := make(map[string][]string)
	for _, name := range l.order {
		groups[l.modules[name].group()] = append(groups[l.modules[name].group()], name)
	}
	addresses := make(map[string]string, len(groups))
	// The address of a chunk stands in the code that loads it. So those are written first that load nothing, or what is written.
	for range groups {
		for _, group := range slices.Sorted(maps.Keys(groups)) {
			if addresses[group] != "" || !l.known(groups[group], groups, addresses) {
				continue
			}
			code, err := l.write(group, groups[group], groups, addresses)
			if err != nil {
				return "", err
			}
			addresses[group] = l.add(fileName(entry, group), code)
		}
	}
	if addresses[""] == "" {
		return "", fmt.Errorf("%s: modules load each other in a circle", entry)
	}
	return addresses[""], nil
}

// visit reads a module and those that it needs, and puts it behind them.
func (l *linker) visit(name string, above []string) error {
	if slices.Contains(above, name) {
		return fmt.Errorf("%s: modules import each other in a circle: %s", name, strings.Join(above, ", "))
	}
	if l.modules[name] != nil {
		return nil
	}
	m, err := read(l.files, name)
	if err != nil {
		return err
	}
	for _, other := range m.imports {
		if err := l.visit(other, append(above, name)); err != nil {
			return err
		}
	}
	m.number = len(l.order)
	l.modules[name] = m
	l.order = append(l.order, name)
	for _, other := range m.lazily {
		if err := l.visit(other, nil); err != nil {
			return err
		}
	}
	return nil
}

// lazyRoots are the modules that are loaded when they are used.
func (l *linker) lazyRoots() []string {
	var roots []string
	for _, name := range l.order {
		roots = append(roots, l.modules[name].lazily...)
	}
	slices.Sort(roots)
	return slices.Compact(roots)
}

// assign marks what a root needs. Whatever the page itself needs is there already.
func (l *linker) assign(name, root string) {
	m := l.modules[name]
	if m.chunk[""] || m.chunk[root] {
		return
	}
	m.chunk[root] = true
	for _, other := range m.imports {
		l.assign(other, root)
	}
}

// group names the chunk a module is in; empty: the page itself.
func (m *module) group() string { return strings.Join(slices.Sorted(maps.Keys(m.chunk)), " ") }

// chunks are the groups that a lazily loaded module needs, those first that others build on.
func chunks(root string, groups map[string][]string) []string {
	var needed []string
	for group := range groups {
		if slices.Contains(strings.Fields(group), root) {
			needed = append(needed, group)
		}
	}
	slices.SortFunc(needed, func(a, b string) int {
		if d := strings.Count(b, " ") - strings.Count(a, " "); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return needed
}

// known reports whether the addresses of all that these modules load are known.
func (l *linker) known(names []string, groups map[string][]string, addresses map[string]string) bool {
	for _, name := range names {
		for _, root := range l.modules[name].lazily {
			for _, group := range chunks(root, groups) {
				if addresses[group] == "" {
					return false
				}
			}
		}
	}
	return true
}

// Modules stand in a list. What loads others gets the list, so that no chunk has to know the address of the page's script.
const (
	opening = `(async () => {
const $modules = [];
const $load = (number, ...addresses) => Promise.all(addresses.map((address) => import(address))).then((chunks) => {
  for (const { default: run } of chunks) run($modules, $load);
  return $modules[number];
});
`
	closing      = "})();\n"
	waiting      = "$modules[%d] = await (async () => {\n"
	chunkOpening = "export default ($modules, $load) => {\n"
	chunkClosing = "};\n"
)

// What scripts load besides modules.
var (
	styles     = regexp.MustCompile(`"css/[a-z_]+\.css"`)
	catalogues = regexp.MustCompile(`"js/words/[a-z]+\.json"`)
)

// write gives the script of a group.
func (l *linker) write(group string, names []string, groups map[string][]string, addresses map[string]string) (script []byte, err error) {
	var code bytes.Buffer
	before, behind, place := opening, closing, "$modules[%d] = (() => {\n"
	switch last := l.modules[names[len(names)-1]]; {
	case group != "":
		before, behind, place = chunkOpening, chunkClosing, "$modules[%d] ??= (() => {\n"
	case l.exports:
		before, behind = "const $modules = [];\n", fmt.Sprintf("export const {%s} = $modules[%d];\n", strings.Join(last.exports, ", "), last.number)
	}
	code.WriteString(before)
	for _, name := range names {
		m := l.modules[name]
		if m.waits && group != "" {
			return nil, fmt.Errorf("%s: only what the page begins with may wait", name)
		}
		if m.waits {
			fmt.Fprintf(&code, waiting, m.number)
		} else {
			fmt.Fprintf(&code, place, m.number)
		}
		body := imported.ReplaceAllFunc(m.code.Bytes(), func(call []byte) []byte {
			root := path.Join(path.Dir(name), string(imported.FindSubmatch(call)[1]))
			instead := fmt.Sprintf("$load(%d", l.modules[root].number)
			for _, needed := range chunks(root, groups) {
				instead += fmt.Sprintf(", %q", "./"+path.Base(addresses[needed]))
			}
			return []byte(instead + ")")
		})
		addressed := func(of func(string) (string, error)) func([]byte) []byte {
			return func(quoted []byte) []byte {
				address, failed := of(strings.Trim(string(quoted), `"`))
				if failed != nil {
					err = fmt.Errorf("%s: %w", name, failed)
				}
				return strconv.AppendQuote(nil, address)
			}
		}
		body = styles.ReplaceAllFunc(body, addressed(l.style))
		body = catalogues.ReplaceAllFunc(body, addressed(l.words))
		code.Write(l.numbered(body, m))
		code.WriteString("})();\n")
	}
	code.WriteString(behind)
	if err != nil {
		return nil, err
	}
	var small bytes.Buffer
	if err := js.Minify(minify.New(), &small, &code, nil); err != nil {
		return nil, fmt.Errorf("%s: %w", names[0], err)
	}
	return small.Bytes(), nil
}

// numbered writes the numbers of modules instead of their names.
func (l *linker) numbered(body []byte, m *module) []byte {
	for _, other := range m.imports {
		body = bytes.ReplaceAll(body, fmt.Appendf(nil, "$modules[%q]", other), fmt.Appendf(nil, "$modules[%d]", l.modules[other].number))
	}
	return body
}

// fileName is what the file of a group is called, before its hash.
func fileName(entry, group string) string {
	if roots := strings.Fields(group); len(roots) > 1 {
		return "shared"
	} else if len(roots) == 1 {
		entry = roots[0]
		if name := strings.TrimSuffix(path.Base(entry), ".js"); name == "parts" { // there is one in each room
			return path.Base(path.Dir(entry))
		}
	}
	return strings.TrimSuffix(path.Base(entry), ".js")
}

package bundle

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"regexp"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
)

// module is one source file.
type module struct {
	number  int             // in the order in which modules run
	code    bytes.Buffer    // the body of a function that gives what the module exports
	imports []string        // names of the modules that it needs before it runs
	lazily  []string        // names of those that it loads when they are used
	exports []string        // what it exports
	chunk   map[string]bool // by which lazily loaded modules it is needed; none: by the page itself
	waits   bool            // for a promise, as a statement of its own, and so do those that import it
}

// imported are calls of import() with the name of a module of this page. Comments are gone when it is used.
var imported = regexp.MustCompile(`\bimport\("(\.[^"]+)"\)`)

// read parses a module and writes it as a function's body. What no module here uses is an error: default exports,
// exported variables that may change, modules of elsewhere.
func read(files fs.FS, name string) (*module, error) {
	source, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	tree, err := js.Parse(parse.NewInputBytes(source), js.Options{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	m := &module{chunk: make(map[string]bool)}
	var exports [][2]string // name outside, name inside
	for _, statement := range tree.List {
		switch s := statement.(type) {
		case *js.ImportStmt:
			if s.Default != nil {
				return nil, fmt.Errorf("%s: default imports are not bundled: name what is imported", name)
			}
			m.need(name, s.Module, s.List)
		case *js.ExportStmt:
			names, err := m.export(name, s)
			if err != nil {
				return nil, err
			}
			exports = append(exports, names...)
		case *js.Comment:
		default:
			m.waits = m.waits || isAwait(statement)
			statement.JS(&m.code)
			m.code.WriteString(";\n")
		}
	}
	m.code.WriteString("return {")
	for _, export := range exports {
		m.exports = append(m.exports, export[0])
		fmt.Fprintf(&m.code, "%s: %s, ", export[0], export[1])
	}
	m.code.WriteString("};\n")
	for _, match := range imported.FindAllSubmatch(m.code.Bytes(), -1) {
		m.lazily = append(m.lazily, path.Join(path.Dir(name), string(match[1])))
	}
	return m, nil
}

// need takes names from another module. Until all modules have a number, it stands there by its name.
func (m *module) need(name string, quoted []byte, list []js.Alias) {
	other := path.Join(path.Dir(name), string(bytes.Trim(quoted, `"'`)))
	m.imports = append(m.imports, other)
	if len(list) == 0 {
		return
	}
	if string(list[0].Name) == "*" {
		fmt.Fprintf(&m.code, "const %s = $modules[%q];\n", list[0].Binding, other)
		return
	}
	m.code.WriteString("const {")
	for _, alias := range list {
		if outside := alias.Name; outside != nil {
			fmt.Fprintf(&m.code, "%s: ", outside)
		}
		fmt.Fprintf(&m.code, "%s, ", alias.Binding)
	}
	fmt.Fprintf(&m.code, "} = $modules[%q];\n", other)
}

// export writes a declaration, and gives the names it has outside and inside the module.
func (m *module) export(name string, s *js.ExportStmt) (names [][2]string, err error) {
	switch declared := s.Decl.(type) {
	case nil:
		if s.Module != nil {
			return nil, fmt.Errorf("%s: exports of another module are not bundled: import them first", name)
		}
		for _, alias := range s.List {
			inside := alias.Name
			if inside == nil {
				inside = alias.Binding
			}
			names = append(names, [2]string{string(alias.Binding), string(inside)})
		}
		return names, nil
	case *js.FuncDecl:
		names = append(names, same(declared.Name.Data))
	case *js.ClassDecl:
		names = append(names, same(declared.Name.Data))
	case *js.VarDecl:
		if declared.TokenType != js.ConstToken {
			return nil, fmt.Errorf("%s: a variable that may change is not bundled: export functions that read it", name)
		}
		for _, one := range declared.List {
			variable, ok := one.Binding.(*js.Var)
			if !ok {
				return nil, fmt.Errorf("%s: an exported pattern is not bundled: export its names one by one", name)
			}
			names = append(names, same(variable.Data))
		}
	}
	if s.Default || len(names) == 0 {
		return nil, fmt.Errorf("%s: default exports are not bundled: give it a name", name)
	}
	s.Decl.JS(&m.code)
	m.code.WriteString(";\n")
	return names, nil
}

func isAwait(statement js.IStmt) bool {
	s, ok := statement.(*js.ExprStmt)
	if !ok {
		return false
	}
	unary, ok := s.Value.(*js.UnaryExpr)
	return ok && unary.Op == js.AwaitToken
}

func same(name []byte) [2]string { return [2]string{string(name), string(name)} }

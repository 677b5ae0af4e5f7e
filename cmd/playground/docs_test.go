package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDocs_ExplainEveryMetric: every metric that a server shows is explained.
func TestDocs_ExplainEveryMetric(t *testing.T) {
	r := start(t, "--data", t.TempDir(), "--record", "on")
	_, shown := r.ask(t, "GET", "/metrics", "")
	r.terminate(t)
	text, metrics := page(t, "METRICS.md"), regexp.MustCompile(`(?m)^# TYPE pixelplayground_(\S+)`).FindAllStringSubmatch(shown, -1)
	if len(metrics) < 30 {
		t.Fatalf("only %v", metrics)
	}
	for _, m := range metrics {
		if !strings.Contains(text, "`"+m[1]+"`") {
			t.Errorf("%s is not explained", m[1])
		}
	}
}

// logged lists what the server's packages log at a level that operators see by default, by place in
// the code.
func logged(t *testing.T) map[string]string {
	t.Helper()
	lines := make(map[string]string)
	for _, root := range []string{"../../actors", "../../cluster", "../../transport", "."} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && slices.Contains([]string{"client", "e2e", "testdata"}, entry.Name()):
				return fs.SkipDir
			case filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			tree, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if line := lineOf(call); line != "" {
						lines[path+": "+line] = line
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return lines
}

// lineOf is what a call logs; "": nothing, or something that only developers see.
func lineOf(call *ast.CallExpr) string {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 {
		return ""
	}
	name := ""
	switch x := method.X.(type) {
	case *ast.Ident:
		name = x.Name
	case *ast.SelectorExpr:
		name = x.Sel.Name
	}
	if !strings.EqualFold(name, "log") || !slices.Contains([]string{"Info", "Warn", "Error", "Log"}, method.Sel.Name) {
		return ""
	}
	for _, arg := range call.Args {
		if sum, ok := arg.(*ast.BinaryExpr); ok { // the rest of the text is only known at run time
			arg = sum.X
		}
		if literal, ok := arg.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			line, _ := strconv.Unquote(literal.Value)
			return line
		}
	}
	return ""
}

// TestDocs_ExplainEveryLogLine: every line at INFO and above is explained.
func TestDocs_ExplainEveryLogLine(t *testing.T) {
	text, lines := page(t, "LOGS.md"), logged(t)
	if len(lines) < 30 {
		t.Fatalf("only %v", lines)
	}
	for where, line := range lines {
		if !strings.Contains(text, "`"+line) {
			t.Errorf("not explained: %s", where)
		}
	}
}

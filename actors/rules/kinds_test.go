package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"
)

// TestKinds_AreAll: what is enumerated by Kinds, such as who may do what, leaves none out.
func TestKinds_AreAll(t *testing.T) {
	listed := make(map[Kind]bool)
	for _, kind := range Kinds() {
		listed[kind] = true
	}
	file, err := parser.ParseFile(token.NewFileSet(), "act.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if named, ok := spec.Type.(*ast.Ident); !ok || named.Name != "Kind" {
			return true
		}
		declared++
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil || !listed[Kind(text)] {
			t.Errorf("%s is not in Kinds", spec.Names[0])
		}
		return true
	})
	if declared != len(listed) || declared == 0 {
		t.Errorf("%d kinds are declared, %d listed", declared, len(listed))
	}
}

package k8s

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// known is the settings of the server.
type known struct {
	flags     []string // without dashes
	variables []string
}

// serverSettings asks the server itself.
func serverSettings(t *testing.T) known {
	t.Helper()
	help := exec.Command("go", "run", "../cmd/playground", "--help")
	text, err := help.CombinedOutput()
	if err != nil {
		t.Fatalf("playground --help: %v\n%s", err, text)
	}
	var k known
	for _, m := range regexp.MustCompile(`(?m)^ +(?:-\w, )?--([a-z][a-z0-9-]+)`).FindAllSubmatch(text, -1) {
		k.flags = append(k.flags, string(m[1]))
	}
	for _, m := range regexp.MustCompile(`\$(PLAYGROUND_[A-Z0-9_]+)`).FindAllSubmatch(text, -1) {
		k.variables = append(k.variables, string(m[1]))
	}
	if !slices.Contains(k.flags, "listen") || !slices.Contains(k.variables, "PLAYGROUND_LISTEN") {
		t.Fatalf("playground --help is not understood: %q in\n%s", k, text)
	}
	return k
}

// serverTexts returns the string literals of the packages that name routes and metrics.
func serverTexts(t *testing.T) (texts []string) {
	t.Helper()
	answering, err := filepath.Glob("../transport/api/*.go")
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := filepath.Glob("../transport/api/metrics/*.go")
	if err != nil {
		t.Fatal(err)
	}
	wiring, err := filepath.Glob("../cmd/playground/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Concat(answering, metrics, wiring) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				texts = append(texts, text)
			}
			return true
		})
	}
	return texts
}

// serverRoutes is the paths that the server answers.
func serverRoutes(t *testing.T) (routes []string) {
	t.Helper()
	for _, text := range serverTexts(t) {
		if strings.HasPrefix(text, "/") {
			routes = append(routes, text)
		}
	}
	return routes
}

func TestServer_HasTheMetric(t *testing.T) {
	texts := serverTexts(t)
	for _, part := range []string{"pixelplayground", "connections"} {
		if !slices.Contains(texts, part) {
			t.Errorf("nothing in the server is called %q: is the metric pixelplayground_connections gone?", part)
		}
	}
}

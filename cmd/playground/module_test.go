package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// output is what a command prints.
func output(t *testing.T, dir string, command ...string) string {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off") // as everything else is compiled
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, out)
	}
	return string(out)
}

// Goal: one command gives the module another path. Method: a copy of the tree is renamed; all its packages are found, with
// all they import, under the new path, and nothing has the old one.
func TestModule_Rename(t *testing.T) {
	const to = "example.com/somebody/canvas"
	root, tree := filepath.Join("..", ".."), t.TempDir()
	for _, name := range strings.Fields(output(t, root, "git", "ls-files", "--cached", "--others", "--exclude-standard")) {
		content, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted, and not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(tree, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o644)
		if strings.HasPrefix(name, ".ci/") {
			mode = 0o755
		}
		if err := os.WriteFile(filepath.Join(tree, name), content, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, wrong := range []string{"", "two words", "https://example.com/canvas", "example.com/"} {
		if out, err := exec.Command(filepath.Join(tree, ".ci/rename"), wrong).CombinedOutput(); err == nil || !strings.Contains(string(out), "must be a module path") {
			t.Errorf("rename %q: %v %s", wrong, err, out)
		}
	}
	output(t, tree, ".ci/rename", to)
	packages := strings.Fields(output(t, tree, "go", "list", "-tags", "e2e", "-deps", "./..."))
	if !slices.Contains(packages, to+"/transport/client") || !slices.Contains(packages, to+"/cmd/playground") {
		t.Errorf("%d packages, none under the new path", len(packages))
	}
	for _, path := range packages {
		if strings.HasPrefix(path, "pixelplayground") {
			t.Errorf("%s has the old path", path)
		}
	}
	if out := output(t, tree, "gofmt", "-l", "transport", "actors", "cmd", "cluster", "codec", "web", "k8s"); out != "" {
		t.Errorf("gofmt would change %s", out)
	}
	err := filepath.WalkDir(tree, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		for _, room := range []string{"actors", "cluster", "cmd", "codec", "k8s", "transport", "web"} {
			if bytes.Contains(content, []byte("pixelplayground/"+room+"/")) && !strings.HasSuffix(name, "module_test.go") {
				t.Errorf("%s has the old path of %s", name, room)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Goal: who imports the client gets little with it. Method: of all that it needs, nothing is of the libraries that servers
// are made of.
func TestModule_ClientIsLight(t *testing.T) {
	heavy := []string{"protoactor", "redis", "memberlist", "prometheus", "parquet", "minio", "grpc", "protobuf", "opentelemetry", "k8s.io", "bbolt", "pixelplayground/cluster"}
	for _, path := range strings.Fields(output(t, filepath.Join("..", ".."), "go", "list", "-deps", "./transport/client")) {
		for _, name := range heavy {
			if strings.Contains(path, name) {
				t.Errorf("the client needs %s", path)
			}
		}
	}
}

// Goal: another module can import the client. Method: one does, by a replace directive.
func TestModule_ClientFromElsewhere(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"go.mod":  fmt.Sprintf("module elsewhere\n\ngo 1.26.0\n\nrequire pixelplayground v0.0.0\n\nreplace pixelplayground => %s\n", root),
		"go.sum":  string(sums),
		"main.go": "package main\n\nimport \"pixelplayground/transport/client\"\n\nfunc main() { _, _ = client.New(client.Config{}) }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	output(t, dir, "go", "build", "-mod=mod", "-o", os.DevNull, ".")
}

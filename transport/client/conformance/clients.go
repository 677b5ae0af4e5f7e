package conformance

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pixelplayground/transport/client/javascript"
)

// Client is a client that the suite judges.
type Client struct {
	Name    string
	Command []string // starts its driver
}

// Clients are the clients of this repository or, if the variable CLIENT has a command, that one. What they need to
// run is made below folder.
func Clients(t testing.TB, folder string) []Client {
	t.Helper()
	if command := strings.Fields(os.Getenv("CLIENT")); len(command) > 0 {
		return []Client{{"client", command}}
	}
	return []Client{
		{"go", []string{goDriver(t, folder)}},
		{"javascript", []string{"node", javascriptDriver(t, folder)}},
		{"python", []string{Python(t), filepath.Join(root(t), "transport/client/python/driver.py")}},
	}
}

// root is the folder of this module.
func root(t testing.TB) string {
	t.Helper()
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		t.Fatalf("go env: %v", err)
	}
	return filepath.Dir(strings.TrimSpace(string(mod)))
}

func goDriver(t testing.TB, folder string) string {
	t.Helper()
	program := filepath.Join(folder, "godriver")
	build := exec.Command("go", "build", "-o", program, "./transport/client/conformance/godriver")
	build.Dir = root(t)
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // else much would be compiled once more for the race detector's tests
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

func javascriptDriver(t testing.TB, folder string) string {
	t.Helper()
	folder = filepath.Join(folder, "javascript")
	if err := javascript.Write(folder, "0.0.0"); err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(root(t), "transport/client/javascript/driver.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	driver := filepath.Join(folder, "driver.mjs")
	if err := os.WriteFile(driver, source, 0o644); err != nil {
		t.Fatal(err)
	}
	return driver
}

// python is found once: asking takes a tenth of a second.
var python = sync.OnceValue(func() string {
	for _, program := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(program, "-c", "import websockets, msgpack").Run() == nil {
			return program
		}
	}
	return ""
})

// Python is a Python that has what its client needs.
func Python(t testing.TB) string {
	t.Helper()
	if python() == "" {
		t.Fatal("no Python has the packages websockets and msgpack: on Debian, install python3-websockets and python3-msgpack")
	}
	return python()
}

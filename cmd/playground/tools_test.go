package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTools_SayWhatIsTooOld: `make test` begins with .ci/tools, which must not go on with a program
// that is too old.
func TestTools_SayWhatIsTooOld(t *testing.T) {
	debian12 := map[string]string{"cc": "", "node": "v18.20.4", "redis-server": "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0",
		"promtool": "promtool, version 2.42.0+ds (branch: debian/sid)", "chromium": "156.0.8078.108", "firefox-esr": "",
		"nginx": "nginx version: nginx/1.22.1", "haproxy": "HAProxy version 2.6.12-1+deb12u3 2025/10/03 - https://haproxy.org/", "caddy": "2.6.2"}
	for name, test := range map[string]struct {
		change map[string]string // empty: the program is missing
		says   string            // empty: all is well
	}{
		"Debian 12":     {},
		"newer":         {change: map[string]string{"node": "v24.1.0", "redis-server": "Redis server v=8.2.1", "promtool": "promtool, version 3.10.0"}},
		"old Node":      {map[string]string{"node": "v16.20.2"}, "node is 16.20.2, 18.0 or later is needed; needs nodejs "},
		"two":           {map[string]string{"redis-server": "Redis server v=6.0.16", "promtool": ""}, "redis-server is 6.0.16, 6.2 or later is needed; needs redis-server prometheus "},
		"no compiler":   {map[string]string{"cc": ""}, "needs gcc libc6-dev "},
		"no Firefox":    {map[string]string{"firefox-esr": ""}, "needs firefox-esr "},
		"says nothing":  {map[string]string{"chromium": "?"}, "chromium is of no known version, 111.0 or later is needed; needs chromium "},
		"an old proxy":  {map[string]string{"haproxy": "HA-Proxy version 2.2.9-2 2021/01/15", "caddy": ""}, "haproxy is 2.2.9, 2.4 or later is needed; needs haproxy caddy "},
		"numbers order": {map[string]string{"node": "v9.11.2"}, "node is 9.11.2, 18.0 or later"},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir() // without apt-get
			for _, program := range []string{"bash", "grep", "head", "id", "sort", "tr"} {
				at, err := exec.LookPath(program)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(at, filepath.Join(path, program)); err != nil {
					t.Fatal(err)
				}
			}
			for program, version := range debian12 {
				if changed, ok := test.change[program]; ok {
					if version = changed; changed == "" {
						continue
					}
				}
				script := fmt.Sprintf("#!%s\necho '%s'\n", filepath.Join(path, "bash"), version)
				if err := os.WriteFile(filepath.Join(path, program), []byte(script), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			for _, args := range [][]string{{"../../.ci/tools"}, {"../../.ci/tools", "able"}} {
				tools := exec.Command(filepath.Join(path, "bash"), args...)
				tools.Env = []string{"PATH=" + path}
				said, err := tools.CombinedOutput()
				if (err != nil) != (test.says != "") || !strings.Contains(string(said), test.says) {
					t.Errorf("%v: %v, it says %q, want %q", args, err, said, test.says)
				}
			}
		})
	}
}

// TestCompile_SaysWhatTakesTime: `make run` is never silent for minutes. When there is nothing to
// compile, it says nothing.
func TestCompile_SaysWhatTakesTime(t *testing.T) {
	script, err := os.ReadFile("../../.ci/compile")
	if err != nil {
		t.Fatal(err)
	}
	tree := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(tree, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(tree, name), []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(".ci/compile", string(script))
	compile := func(path string) (string, error) {
		cmd := exec.Command(filepath.Join(tree, ".ci/compile"), "-w", "playground", "pixelctl")
		cmd.Env = []string{"PATH=" + path}
		said, err := cmd.CombinedOutput()
		return string(said), err
	}
	path := filepath.Join(tree, "path") + ":" + os.Getenv("PATH")
	write("path/go", "#!/bin/sh\necho go \"$@\"\n") // in place of Go: prints how it was called
	const asked = "go build -ldflags -w -o bin/ ./cmd/playground ./cmd/pixelctl\n"
	if said, err := compile(path); err != nil || said != "compiling for the first time, which takes a minute or two ...\n"+asked {
		t.Errorf("the first time: %q, %v", said, err)
	}
	write("bin/playground", "")
	if said, err := compile(path); err != nil || said != asked {
		t.Errorf("with all compiled: %q, %v", said, err)
	}
	if err := exec.Command("mkfifo", filepath.Join(tree, "say")).Run(); err != nil {
		t.Fatal(err)
	}
	write("path/go", "#!/bin/sh\nexec 3<say\nread line <&3\nexit 7\n") // compiles until told, then fails
	cmd := exec.Command(filepath.Join(tree, ".ci/compile"), "-w", "playground")
	cmd.Env = []string{"PATH=" + path}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(stderr).ReadString('\n')
	if err := os.WriteFile(filepath.Join(tree, "say"), []byte("fail\n"), 0); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); line != "compiling what has changed ...\n" || cmd.ProcessState.ExitCode() != 7 {
		t.Errorf("while it compiles: %q, %v", line, err)
	}
	empty := filepath.Join(tree, "empty")
	write("empty/dirname", "#!/bin/sh\nexec /usr/bin/dirname \"$@\"\n")
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	without := exec.Command(bash, filepath.Join(tree, ".ci/compile"), "-w", "playground")
	without.Env = []string{"PATH=" + empty}
	if said, err := without.CombinedOutput(); err == nil || !strings.Contains(string(said), "Go 1.26 or later is needed") {
		t.Errorf("without Go: %q, %v", said, err)
	}
}

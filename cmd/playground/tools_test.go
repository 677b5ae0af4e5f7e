package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTools_SayWhatIsTooOld: `make test` begins with .ci/tools, which must not go on with a program that can't do.
func TestTools_SayWhatIsTooOld(t *testing.T) {
	debian12 := map[string]string{"cc": "", "node": "v18.20.4", "redis-server": "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0",
		"promtool": "promtool, version 2.42.0+ds (branch: debian/sid)", "chromium": "156.0.8078.108"}
	for name, test := range map[string]struct {
		change map[string]string // empty: it is not there
		says   string            // empty: all is well
	}{
		"Debian 12":     {},
		"newer":         {change: map[string]string{"node": "v24.1.0", "redis-server": "Redis server v=8.2.1", "promtool": "promtool, version 3.10.0"}},
		"old Node":      {map[string]string{"node": "v16.20.2"}, "node is 16.20.2, 18.0 or later is needed; needs nodejs "},
		"two":           {map[string]string{"redis-server": "Redis server v=6.0.16", "promtool": ""}, "redis-server is 6.0.16, 6.2 or later is needed; needs redis-server prometheus "},
		"no compiler":   {map[string]string{"cc": ""}, "needs gcc libc6-dev "},
		"says nothing":  {map[string]string{"chromium": "?"}, "chromium is of no known version, 111.0 or later is needed; needs chromium "},
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
			tools := exec.Command(filepath.Join(path, "bash"), "../../.ci/tools")
			tools.Env = []string{"PATH=" + path}
			said, err := tools.CombinedOutput()
			if (err != nil) != (test.says != "") || !strings.Contains(string(said), test.says) {
				t.Errorf("%v, it says %q, want %q", err, said, test.says)
			}
		})
	}
}

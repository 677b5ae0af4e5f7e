//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pixelplayground/k8s/manifest"
)

// folders holds what a container finds of Secrets and ConfigMaps, in a folder on this machine. It
// changes as a kubelet changes it: all files of a mount at once.
type folders struct {
	t       *testing.T
	dir     string
	written int // how many versions have been written
}

// here returns a replacer that turns the container's paths, and its other paths, into paths on this
// machine.
func (f *folders) here(mounts []manifest.Mount, others ...string) *strings.Replacer {
	for _, m := range mounts {
		others = append(others, m.Path)
	}
	var paths []string
	for _, path := range others {
		for _, end := range []string{"/", "\n"} { // with an end, since one path may be the beginning of another
			paths = append(paths, path+end, f.dir+path+end)
		}
	}
	return strings.NewReplacer(paths...)
}

// write writes the files that mounts describe, after edit has adapted them to this machine.
func (f *folders) write(mounts []manifest.Mount, edit func(name, text string) string) {
	f.t.Helper()
	f.written++
	for _, m := range mounts {
		folder, version := f.dir+m.Path, fmt.Sprintf("..%d", f.written)
		must := func(err error) {
			f.t.Helper()
			if err != nil {
				f.t.Fatal(err)
			}
		}
		must(os.MkdirAll(filepath.Join(folder, version), 0o700))
		for name, text := range m.Files {
			must(os.WriteFile(filepath.Join(folder, version, name), []byte(edit(name, text)), 0o600))
		}
		must(os.Symlink(version, filepath.Join(folder, "..tmp")))
		must(os.Rename(filepath.Join(folder, "..tmp"), filepath.Join(folder, "..data")))
		for name := range m.Files {
			if _, err := os.Lstat(filepath.Join(folder, name)); err != nil {
				must(os.Symlink(filepath.Join("..data", name), filepath.Join(folder, name)))
			}
		}
		links, err := os.ReadDir(folder)
		must(err)
		for _, link := range links {
			if _, still := m.Files[link.Name()]; !still && !strings.HasPrefix(link.Name(), "..") {
				must(os.Remove(filepath.Join(folder, link.Name())))
			}
		}
	}
}

func unedited(_, text string) string { return text }

// heard counts what a process logs about secrets, and passes the log on.
type heard struct {
	to io.Writer

	mu    sync.Mutex // guards:
	rest  []byte     // the beginning of a line that is not whole yet
	anew  map[string]int
	wrong []string // lines
	still int      // how often the machine did not let the process run
}

func (h *heard) Write(text []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rest = append(h.rest, text...)
	for {
		line, rest, whole := bytes.Cut(h.rest, []byte("\n"))
		if !whole {
			break
		}
		h.line(string(line))
		h.rest = bytes.Clone(rest)
	}
	return h.to.Write(text)
}

func (h *heard) line(line string) {
	switch {
	case strings.Contains(line, "secret read anew"):
		if h.anew == nil {
			h.anew = make(map[string]int)
		}
		for _, setting := range []string{"gossip-key-file", "redis-password-file", "admin-token-file", "peer-cert"} {
			if strings.Contains(line, setting) {
				h.anew[setting]++
			}
		}
	case strings.Contains(line, "this process was stopped or starved"):
		h.still++
	case strings.Contains(line, "secret can't be read anew"):
		h.wrong = append(h.wrong, line)
	}
}

// of returns how often the setting was read anew.
func (h *heard) of(setting string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.anew[setting]
}

func (h *heard) faults() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.wrong
}

func (h *heard) starved() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.still > 0
}

// linesWith counts the lines of a file that have a text.
func linesWith(file, text string) (n int) {
	content, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for lines := bufio.NewScanner(bytes.NewReader(content)); lines.Scan(); {
		if strings.Contains(lines.Text(), text) {
			n++
		}
	}
	return n
}

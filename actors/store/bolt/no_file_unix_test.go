//go:build unix

package bolt

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestOpen_NoFile: a path that is not a file, or leads to none, is never taken for the beginning of
// a canvas, and Open does not wait for it.
func TestOpen_NoFile(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "canvas of a disk that is not mounted")
	for name, tt := range map[string]struct {
		make func(path string) error
		want error
	}{
		"link to nothing":  {func(path string) error { return os.Symlink(elsewhere, path) }, errNotThere},
		"link to itself":   {func(path string) error { return os.Symlink(path, path) }, syscall.ELOOP},
		"pipe":             {func(path string) error { return syscall.Mkfifo(path, 0o600) }, errDamaged},
		"directory":        {func(path string) error { return os.Mkdir(path, 0o700) }, syscall.EISDIR},
		"link to a folder": {func(path string) error { return os.Symlink(filepath.Dir(path), path) }, syscall.EISDIR},
		"device":           {func(path string) error { return os.Symlink("/dev/zero", path) }, errDamaged},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, fileName)
		if err := tt.make(path); err != nil {
			t.Fatal(err)
		}
		before, _ := os.Lstat(path)
		s, err := Open(testConfig(dir))
		if err == nil {
			_ = s.Close()
		}
		if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
			t.Errorf("%s: it was replaced", name)
		}
	}
}

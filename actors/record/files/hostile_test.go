//go:build unix

package files

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pixelplayground/actors/disk"
	"pixelplayground/actors/record"
)

// TestDirectory_Links: the directory, or the folder of a region, may be a link to another disk. What is
// there is listed; a link that leads nowhere, or back to where it is, harms nobody.
func TestDirectory_Links(t *testing.T) {
	where := t.TempDir()
	for _, real := range []string{"disk", "other"} {
		if err := os.Mkdir(filepath.Join(where, real), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(where, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("disk", "record")
	link("../other", "disk/region-0001")
	d := open(t, filepath.Join(where, "record"))
	for _, name := range []string{"region-0000/a", "region-0001/b"} {
		if err := d.Put(t.Context(), name, []byte("abc")); err != nil {
			t.Fatal(err)
		}
	}
	link("absent", "disk/region-0000/c")
	link(".", "disk/region-0000/loop")
	for prefix, want := range map[string]string{"region-": "region-0000/a region-0001/b", "region-0001/": "region-0001/b", "region-0000/a": "region-0000/a"} {
		all, err := d.List(t.Context(), prefix)
		var names []string
		for _, f := range all {
			if !strings.Contains(f.Name, "loop") {
				names = append(names, f.Name)
			}
		}
		if got := strings.Join(names, " "); err != nil || got != want || len(all) > 10 {
			t.Errorf("%s: %d files, %s, want %s; %v", prefix, len(all), got, want, err)
		}
	}
}

// TestDirectory_NoFile: what has a file's name and is a pipe, a device or longer than any file of the
// record is damaged, and takes up neither time nor memory.
func TestDirectory_NoFile(t *testing.T) {
	d := open(t, t.TempDir())
	at := func(name string) string { return filepath.Join(d.path, name) }
	if err := errors.Join(syscall.Mkfifo(at("pipe"), 0o600), os.Symlink("/dev/zero", at("endless")), os.WriteFile(at("large"), nil, 0o600), os.Truncate(at("large"), largest+1)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pipe", "endless", "large"} {
		if content, err := d.Get(t.Context(), name); !errors.Is(err, record.ErrDamaged) || len(content) > 0 {
			t.Errorf("%s: %d bytes, %v", name, len(content), err)
		}
	}
}

// TestDirectory_Hangs: of a directory that does not answer nobody waits for long, however many ask, and
// no more calls wait for it than there is room for. When it answers again all is as before.
func TestDirectory_Hangs(t *testing.T) {
	d := open(t, t.TempDir())
	answer, asked := make(chan struct{}), make(chan struct{}, 2*mostCalls)
	d.room = func(path string) (uint64, uint64) {
		asked <- struct{}{}
		<-answer
		return disk.Room(path)
	}
	ended, end := context.WithCancelCause(t.Context())
	done := make(chan error)
	for range 2 * mostCalls {
		go func() { done <- d.Put(ended, "a", []byte("abc")) }()
	}
	for range mostCalls {
		<-asked
	}
	impatient := *d
	impatient.calls.patience = time.Millisecond
	_, get := impatient.Get(t.Context(), "a")
	_, list := impatient.List(t.Context(), "a")
	for what, err := range map[string]error{"get": get, "list": list, "put": impatient.Put(t.Context(), "a", nil), "remove": impatient.Remove(t.Context(), "a")} {
		if !errors.Is(err, record.ErrUnavailable) || !strings.Contains(err.Error(), d.path+": it has not answered for 1ms") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if other, err := d.open(time.Millisecond); other == nil || err != nil {
		t.Errorf("a server starts without: %v", err)
	}
	stopped := errors.New("the server stops")
	end(stopped)
	for range 2 * mostCalls {
		if err := <-done; !errors.Is(err, stopped) {
			t.Errorf("put: %v", err)
		}
	}
	if n := len(asked); n > 0 {
		t.Errorf("%d calls were under way, want %d", mostCalls+n, mostCalls)
	}
	close(answer)
	if err := d.Put(t.Context(), "b", []byte("b")); err != nil {
		t.Errorf("it answers again: %v", err)
	}
	for range mostCalls { // those that nobody waited for end, too
		d.calls.room <- struct{}{}
	}
}

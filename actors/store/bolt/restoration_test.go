package bolt

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/storetest"
)

// restored puts a canvas into a directory, on which only one pixel is painted.
func restored(t *testing.T, dir string, replace bool, color canvas.Color) (aside string, err error) {
	t.Helper()
	r, err := Restore(testConfig(dir), replace)
	if err != nil {
		return "", err
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := storetest.Refill(t.Context(), r, color); err != nil {
		t.Fatal(err)
	}
	return r.Finish(t.Context())
}

func painted(t *testing.T, dir string) canvas.Color {
	t.Helper()
	r, err := NewReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Geometry != storetest.Geometry() {
		t.Errorf("it is %v", r.Geometry)
	}
	c, err := r.Read(t.Context(), 0)
	if err != nil || c.Damage != nil {
		t.Fatal(err, c.Damage)
	}
	return c.Tile.At(0)
}

// TestRestore_OnlyWhereNothingIsDrawn: a canvas is not replaced unless that is asked for, and then it
// stays beside the new one.
func TestRestore_OnlyWhereNothingIsDrawn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if _, err := NewReader(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no canvas: %v", err)
	}
	if aside, err := restored(t, dir, false, 1); err != nil || aside != "" || painted(t, dir) != 1 {
		t.Fatalf("where there is none: %q, %v", aside, err)
	}
	if _, err := restored(t, dir, false, 2); !errors.Is(err, ErrDrawn) || painted(t, dir) != 1 {
		t.Errorf("where one is: %v", err)
	}
	aside, err := restored(t, dir, true, 2)
	if err != nil || painted(t, dir) != 2 {
		t.Fatalf("to replace it: %v", err)
	}
	if err := os.Rename(aside, filepath.Join(dir, fileName)); err != nil || painted(t, dir) != 1 {
		t.Errorf("the one before: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
	s, err := Open(testConfig(dir))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := restored(t, dir, true, 3); !errors.Is(err, ErrInUse) {
		t.Errorf("under a running server: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	blank := t.TempDir()
	storetest.RestoresWhereNothingIsDrawn(t, storetest.Restoring{
		Open: func() (store.Store, error) { return Open(testConfig(blank)) }, ErrDrawn: ErrDrawn,
		Restore: func(g canvas.Geometry, replace bool, fill func(storetest.Target) error) error {
			cfg := testConfig(blank)
			cfg.Geometry = g
			r, err := Restore(cfg, replace)
			if err != nil {
				return err
			}
			if err := fill(r); err != nil {
				return errors.Join(err, r.Close())
			}
			_, err = r.Finish(t.Context())
			return errors.Join(err, r.Close())
		},
	})
}

// TestRestore_BrokenOff: an unfinished restoration leaves no canvas, and meanwhile no server starts
// on the existing one.
func TestRestore_BrokenOff(t *testing.T) {
	dir := t.TempDir()
	if _, err := restored(t, dir, false, 1); err != nil {
		t.Fatal(err)
	}
	r, err := Restore(testConfig(dir), true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(testConfig(dir)); err == nil || !strings.Contains(err.Error(), "another playground process") {
		t.Errorf("a server starts meanwhile: %v", err)
	}
	if _, err := Restore(testConfig(dir), true); !errors.Is(err, ErrInUse) {
		t.Errorf("another restore: %v", err)
	}
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Error(err)
	}
	if painted(t, dir) != 1 {
		t.Error("a restore that was broken off has changed the canvas")
	}
	// A restoration that was killed leaves its folder behind.
	if err := errors.Join(os.Mkdir(filepath.Join(dir, restoreDir), 0o750), os.WriteFile(filepath.Join(dir, restoreDir, fileName), []byte("half"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := restored(t, dir, true, 2); err != nil || painted(t, dir) != 2 {
		t.Errorf("after one that was killed: %v", err)
	}
}

// TestRestore_AlwaysLeavesACanvas: a server that starts where there is no file begins with a blank
// canvas. So the previous file keeps its name until the new one takes it over.
func TestRestore_AlwaysLeavesACanvas(t *testing.T) {
	dir := t.TempDir()
	if _, err := restored(t, dir, false, 1); err != nil {
		t.Fatal(err)
	}
	r, err := Restore(testConfig(dir), true)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, restoreDir, fileName)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Finish(t.Context()); err == nil {
		t.Error("it has finished without a file")
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if painted(t, dir) != 1 {
		t.Error("the canvas before is gone from its place")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}

// TestRestore_WhereALinkLeadsNowhere: the canvas is on a disk that is not mounted, and not replaced by the way.
func TestRestore_WhereALinkLeadsNowhere(t *testing.T) {
	dir, disk := t.TempDir(), filepath.Join(t.TempDir(), "disk")
	if err := os.Symlink(disk, filepath.Join(dir, fileName)); err != nil {
		t.Fatal(err)
	}
	if _, err := restored(t, dir, false, 1); !errors.Is(err, errNotThere) {
		t.Errorf("not asked to replace it: %v", err)
	}
	aside, err := restored(t, dir, true, 1)
	if err != nil || painted(t, dir) != 1 {
		t.Fatal(err)
	}
	if to, err := os.Readlink(aside); err != nil || to != disk {
		t.Errorf("the link before: %q, %v", to, err)
	}
}

// TestRestore_OverADamagedFile: replacing a damaged file is what backups are for.
func TestRestore_OverADamagedFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, fileName)
	if err := os.WriteFile(path, []byte("no canvas"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := restored(t, dir, false, 1); !errors.Is(err, errDamaged) {
		t.Errorf("not asked to replace it: %v", err)
	}
	aside, err := restored(t, dir, true, 1)
	if err != nil || painted(t, dir) != 1 {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(aside); err != nil || string(content) != "no canvas" {
		t.Errorf("the file before: %q, %v", content, err)
	}
}

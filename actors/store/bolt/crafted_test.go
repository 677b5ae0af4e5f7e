package bolt

import (
	"bytes"
	"errors"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/disk"
)

// resealed changes both meta pages of a file and corrects their checksums: no disk produces such a
// file, but a tool or a person may.
func resealed(file []byte, change func(meta []byte)) []byte {
	file = bytes.Clone(file)
	for page := range 2 {
		m := file[page*os.Getpagesize()+pageHead:][:metaBytes]
		change(m)
		sum := fnv.New64a()
		_, _ = sum.Write(m[:metaBytes-8]) // never fails
		order.PutUint64(m[metaBytes-8:], sum.Sum64())
	}
	return file
}

// rewritten returns a file as bbolt writes it after a change that is not made by our code.
func rewritten(t *testing.T, file []byte, change func(tx *bbolt.Tx) error) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err == nil {
		err = errors.Join(db.Update(change), db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	file, err = os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestOpen_Crafted: what a file says about itself is believed only as far as it is true. No such
// file panics, makes Open take memory for data that it does not have, or passes for a canvas.
func TestOpen_Crafted(t *testing.T) {
	sound := drawnFile(t)
	pages := func(n uint64) []byte { return resealed(sound, func(m []byte) { order.PutUint64(m[40:], n) }) }
	nothing := func(*bbolt.Tx) error { return nil }
	large := func(tx *bbolt.Tx) error { return tx.Bucket([]byte(aboutBucket)).Put([]byte("x"), make([]byte, 1<<16)) }
	none := func(tx *bbolt.Tx) error { return tx.Bucket([]byte(aboutBucket)).Delete([]byte("x")) }
	for name, file := range map[string][]byte{
		"pages whose sum is 0":       pages(1 << 52),
		"pages whose sum overflows":  pages(1<<52 + 1),
		"pages whose sum is below 0": pages(1 << 51),
		"one page too many":          pages(uint64(len(sound)/os.Getpagesize()) + 1),
		"a root that is no page":     resealed(sound, func(m []byte) { order.PutUint64(m[16:], 1<<40) }),
		"a list of free pages that is none": resealed(sound, func(m []byte) {
			order.PutUint64(m[32:], order.Uint64(m[16:]))
		}),
		"a bucket where a region should be": rewritten(t, sound, func(tx *bbolt.Tx) error {
			_, err := tx.Bucket([]byte(regionsBucket)).CreateBucket([]byte{0, 0, 0, 200})
			return err
		}),
		"buckets in buckets": rewritten(t, sound, func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte(aboutBucket))
			for range 2 * maxDepth {
				var err error
				if b, err = b.CreateBucket([]byte("x")); err != nil {
					return err
				}
			}
			return nil
		}),
		"a page in use that is said to be free": freed(rewritten(t, sound, nothing), func(list []byte, root uint64) { order.PutUint64(list, root) }),
		"a free page beyond the end":            freed(rewritten(t, sound, nothing), func(list []byte, _ uint64) { order.PutUint64(list, 1<<40) }),
		"a page that is free twice":             freed(rewritten(t, rewritten(t, sound, large), none), func(list []byte, _ uint64) { copy(list[8:], list[:8]) }),
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, fileName)
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(testConfig(dir)); !errors.Is(err, errDamaged) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
			if err == nil {
				_ = s.Close()
			}
		}
	}
}

// freed changes the list of free pages of a file.
func freed(file []byte, change func(list []byte, root uint64)) []byte {
	m, err := readMeta(bytes.NewReader(file))
	if err != nil || m.freeList == noFreeList {
		panic("there is no such list")
	}
	change(file[int64(m.freeList)*m.pageSize+pageHead:], m.root)
	return file
}

// A file that bbolt's own tools have written has a list of free pages. It is still a canvas.
func TestOpen_WithAListOfFreePages(t *testing.T) {
	cfg := testConfig(t.TempDir())
	path := filepath.Join(cfg.Dir, fileName)
	if err := os.WriteFile(path, rewritten(t, drawnFile(t), func(*bbolt.Tx) error { return nil }), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, cfg)
	claim := claimed(t, s, 0)
	if err := s.Commit(t.Context(), dot(0, claim.Epoch, claim.Position.Seq), claim.Token); err != nil || claim.Damage != nil {
		t.Errorf("%v, %v", err, claim.Damage)
	}
}

// A link to a canvas counts as a canvas, and stays a link.
func TestOpen_ByALink(t *testing.T) {
	real, linked := testConfig(t.TempDir()), testConfig(t.TempDir())
	for range 2 {
		s := open(t, real)
		claim := claimed(t, s, 0)
		if err := errors.Join(s.Commit(t.Context(), dot(0, claim.Epoch, claim.Position.Seq), claim.Token), s.Close()); err != nil {
			t.Fatal(err)
		}
		if real != linked {
			if err := os.Symlink(filepath.Join(real.Dir, fileName), filepath.Join(linked.Dir, fileName)); err != nil {
				t.Fatal(err)
			}
			real = linked
		}
	}
	if to, err := os.Readlink(filepath.Join(linked.Dir, fileName)); err != nil {
		t.Errorf("it leads to %q: %v", to, err)
	}
	if got := claimed(t, open(t, linked), 0).Position.Seq; got != 2 {
		t.Errorf("two pixels were drawn, it is at %d", got)
	}
}

// TestOpen_ExchangedMeanwhile: the file that was checked is the one that is written and later
// looked for, whenever another file takes its place.
func TestOpen_ExchangedMeanwhile(t *testing.T) {
	for exchanged := range 3 {
		dir := t.TempDir()
		path := filepath.Join(dir, fileName)
		for _, name := range []string{path, path + ".other"} {
			if err := os.WriteFile(name, drawnFile(t), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		opened := 0
		db, j, id, err := openFile(testConfig(dir), func(name string, flag int, perm os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flag, perm)
			if opened++; opened == exchanged {
				err = errors.Join(err, os.Rename(path+".other", path))
			}
			return f, err
		})
		at, lost := disk.IDOf(path)
		switch {
		case lost != nil:
			t.Fatal(lost)
		case exchanged == 1 && !errors.Is(err, errExchanged):
			t.Errorf("exchanged after it was checked: %v", err)
		case exchanged != 1 && err != nil:
			t.Errorf("exchanged at %d: %v", exchanged, err)
		case err == nil && at.Same(id) != (exchanged == 0):
			t.Errorf("exchanged at %d: what is at the path is taken for what is open: %t", exchanged, at.Same(id))
		}
		if err == nil {
			if err := errors.Join(db.Close(), j.file.Close()); err != nil {
				t.Error(err)
			}
		}
	}
}

// A file that vanishes while it is being opened is not created anew.
func TestOpen_VanishesMeanwhile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, fileName)
	if err := os.WriteFile(path, drawnFile(t), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, _, err := openFile(testConfig(dir), func(name string, flag int, perm os.FileMode) (*os.File, error) {
		f, err := os.OpenFile(name, flag, perm)
		return f, errors.Join(err, os.Rename(path, path+".away"))
	})
	if _, none := os.Lstat(path); err == nil || !errors.Is(none, os.ErrNotExist) {
		t.Errorf("%v, and there is a file: %v", err, none)
	}
}

package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"pixelplayground/actors/disk"
	"pixelplayground/actors/record"
)

const (
	// unfinished is the folder of files that are being written. They are renamed when they are on the
	// disk, so it must be on the same one.
	unfinished = ".unfinished"
	// unfinishedFor is how long a file may take to write. What is older was left by a process that
	// ended.
	unfinishedFor = time.Hour
	// reserve is how much room the record leaves on its disk, in bytes, but at most a twentieth of the
	// disk: the canvas itself may be there, and whoever draws must not have to stop for the record.
	reserve = 256 << 20
)

// directory is a directory of files, which pods may share.
type directory struct {
	path  string
	room  func(path string) (free, all uint64) // of its disk, in bytes
	calls calls

	copied bool // it may be a copy, which has no folder of unfinished files
}

func newDirectory(where string) *directory {
	d := &directory{path: filepath.Clean(where), room: disk.Room}
	d.calls = newCalls(d.path, directoryTime)
	return d
}

// openDirectory makes the directory. One that does not answer is made when it does: until then there is
// no folder of unfinished files, and nothing can be written.
func openDirectory(where string) (*directory, error) {
	return newDirectory(where).open(openTime)
}

func (d *directory) open(patience time.Duration) (*directory, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := within(ctx, d.calls, func(context.Context) (struct{}, error) {
		if err := d.folder(filepath.Join(d.path, unfinished)); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, d.removeLeft(time.Now())
	})
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	return d, nil
}

func (d *directory) String() string { return d.path }

// Put implements record.Files. The file gets its name when all of it is on the disk.
func (d *directory) Put(ctx context.Context, name string, content []byte) error {
	target, err := d.at(ctx, name)
	if err != nil {
		return err
	}
	_, err = within(ctx, d.calls, func(context.Context) (struct{}, error) { return struct{}{}, d.put(target, content) })
	if err != nil {
		return unavailable(advised(fmt.Errorf("write %s: %w", target, cause(err))))
	}
	return nil
}

func (d *directory) put(target string, content []byte) error {
	if free, all := d.room(d.path); free < uint64(len(content))+min(reserve, all/20) {
		return syscall.ENOSPC
	}
	if err := d.removeLeft(time.Now()); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Join(d.path, unfinished), "*")
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Chmod(0o640), file.Sync(), file.Close())
	if err == nil {
		err = d.folder(filepath.Dir(target))
	}
	if err == nil {
		err = os.Rename(file.Name(), target)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // else it goes with what is left by others
		return err
	}
	return syncFolder(filepath.Dir(target))
}

// folder makes a folder, and those that it is in, durably.
func (d *directory) folder(name string) error {
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	if err := os.MkdirAll(name, 0o750); err != nil {
		return err
	}
	for name != d.path {
		name = filepath.Dir(name)
		if err := syncFolder(name); err != nil {
			return err
		}
	}
	return syncFolder(filepath.Dir(name))
}

func syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// removeLeft deletes what processes that ended have left half-written.
func (d *directory) removeLeft(now time.Time) error {
	left, err := os.ReadDir(filepath.Join(d.path, unfinished))
	for _, file := range left {
		if info, gone := file.Info(); gone == nil && now.Sub(info.ModTime()) > unfinishedFor {
			_ = os.Remove(filepath.Join(d.path, unfinished, file.Name())) // else with the next file that is written
		}
	}
	return err
}

// Get implements record.Files.
func (d *directory) Get(ctx context.Context, name string) ([]byte, error) {
	target, err := d.at(ctx, name)
	if err != nil {
		return nil, err
	}
	content, err := within(ctx, d.calls, func(context.Context) ([]byte, error) { return get(target) })
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %s", record.ErrNotExist, target)
	case errors.Is(err, record.ErrDamaged):
		return nil, err
	}
	return content, unavailable(err)
}

// get reads a file, unless it is none of the record's: of a pipe or a device there may be no end.
func get(target string) ([]byte, error) {
	info, err := os.Stat(target)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, &fs.PathError{Op: "read", Path: target, Err: syscall.EISDIR}
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: %s is no file", record.ErrDamaged, target)
	}
	file, err := os.Open(target)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return read(file, info.Size(), target)
}

// List implements record.Files.
func (d *directory) List(ctx context.Context, prefix string) ([]record.File, error) {
	folder, _ := path.Split(prefix)
	folder = path.Clean("./" + folder)
	if _, err := d.at(ctx, folder); err != nil {
		return nil, err
	}
	list, err := within(ctx, d.calls, func(ctx context.Context) ([]record.File, error) {
		w := walk{d: d, prefix: prefix}
		err := w.folder(ctx, folder, 1)
		if err == nil && len(w.list) == 0 && !d.copied { // what is away, a volume that is not mounted, must not seem empty
			_, err = os.Stat(filepath.Join(d.path, unfinished))
		}
		slices.SortFunc(w.list, func(a, b record.File) int { return strings.Compare(a.Name, b.Name) })
		return w.list, err
	})
	return list, unavailable(err)
}

// walk lists files. It follows links, since the directory or a region's folder may be on another disk.
type walk struct {
	d      *directory
	prefix string
	list   []record.File
}

// deepest is how many folders may lie within each other. The record's files lie in one; a link may lead
// back to where it is.
const deepest = 4

func (w *walk) folder(ctx context.Context, inside string, depth int) error {
	entries, err := os.ReadDir(filepath.Join(w.d.path, filepath.FromSlash(inside)))
	if err != nil {
		return unlessGone(err)
	}
	for _, entry := range entries {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		name := path.Join(inside, entry.Name())
		if within := name + "/"; entry.Name() == unfinished || !strings.HasPrefix(within, w.prefix) && !strings.HasPrefix(w.prefix, within) {
			continue
		}
		if err := w.entry(ctx, name, depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) entry(ctx context.Context, name string, depth int) error {
	info, err := os.Stat(filepath.Join(w.d.path, filepath.FromSlash(name)))
	switch {
	case err != nil:
		return unlessGone(err)
	case info.IsDir() && depth < deepest:
		return w.folder(ctx, name, depth+1)
	case !info.IsDir() && strings.HasPrefix(name, w.prefix):
		w.list = append(w.list, record.File{Name: name, Size: info.Size()})
	}
	return nil
}

// unlessGone leaves out what was removed meanwhile.
func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Remove implements record.Files.
func (d *directory) Remove(ctx context.Context, name string) error {
	target, err := d.at(ctx, name)
	if err != nil {
		return err
	}
	_, err = within(ctx, d.calls, func(context.Context) (struct{}, error) { return struct{}{}, os.Remove(target) })
	return unavailable(unlessGone(err))
}

// at is where a file is, unless ctx is over.
func (d *directory) at(ctx context.Context, name string) (string, error) {
	if ctx.Err() != nil {
		return "", unavailable(context.Cause(ctx))
	}
	if !fs.ValidPath(name) {
		return "", unavailable(fmt.Errorf("%s: no file can have the name %q", d, name))
	}
	return filepath.Join(d.path, filepath.FromSlash(name)), nil
}

// cause is an error without the name of the file that was to be renamed.
func cause(err error) error {
	var onPath *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &onPath):
		return onPath.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// advised adds to an error what would help.
func advised(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: make room, or bound the record with --record-keep", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: this user must be able to write there", err)
	}
	return err
}

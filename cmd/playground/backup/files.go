package backup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"pixelplayground/actors/store/backup"
)

// unfinishedEnd is the end of a file's name until the backup in it is whole.
const unfinishedEnd = ".unfinished"

// keepBackup writes a backup to a file, or to a new file in a directory, whose oldest backups it
// then deletes. The file gets its name only when it is whole, is on the disk, and has been read
// back.
func keepBackup(ctx context.Context, from source, to string, keep int) (path string, size int64, s backup.Summary, err error) {
	path = to
	if info, err := os.Stat(to); err == nil && info.IsDir() {
		path = filepath.Join(to, time.Now().UTC().Format(backupName))
	} else if keep > 0 {
		return "", 0, s, fmt.Errorf("--keep %d: %s is no directory", keep, to)
	}
	unfinished := path + unfinishedEnd // always the same name for a file, so an interrupted attempt is overwritten
	size, s, err = finish(ctx, from, unfinished)
	if err == nil {
		err = os.Rename(unfinished, path)
	}
	if err != nil {
		return "", 0, s, errors.Join(err, remove(unfinished))
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return "", 0, s, err
	}
	if keep > 0 {
		err = prune(ctx, directory(filepath.Dir(path)), keep)
	}
	return path, size, s, err
}

// finish writes a backup and reads it back.
func finish(ctx context.Context, from source, path string) (size int64, s backup.Summary, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, s, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	buffer := bufio.NewWriterSize(file, 1<<20)
	if _, err := writeBackup(ctx, from, buffer); err != nil {
		return 0, s, err
	}
	if err := errors.Join(buffer.Flush(), file.Sync()); err != nil {
		return 0, s, err
	}
	if size, err = file.Seek(0, io.SeekCurrent); err != nil {
		return 0, s, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, s, err
	}
	if s, err = backup.Check(file); err != nil {
		return 0, s, fmt.Errorf("read what was written to %s: %w", path, err)
	}
	return size, s, nil
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// newestFile returns path if it is a backup, or the last backup in it if it is a directory.
func newestFile(ctx context.Context, path string) (string, error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return path, err
	}
	name, err := newest(ctx, directory(path))
	return filepath.Join(path, name), err
}

package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Backups on a shelf are named after the time they began, so sorting the names sorts the backups.
const (
	backupName    = "canvas-20060102T150405.000Z.backup"
	backupPattern = "canvas-[0-9]*T[0-9]*Z.backup"
)

// shelf is where several backups are kept: a directory, or a folder of a bucket.
type shelf interface {
	fmt.Stringer
	// List returns the names that match a pattern, in order.
	List(ctx context.Context, pattern string) ([]string, error)
	// RemoveUnfinished deletes what interrupted backups have left, of names that match a pattern.
	RemoveUnfinished(ctx context.Context, pattern string) error
	remove(ctx context.Context, name string) error
}

// prune deletes all backups except the last ones, and the leftovers of interrupted backups.
func prune(ctx context.Context, s shelf, keep int) error {
	all, err := s.List(ctx, backupPattern)
	if err != nil {
		return err
	}
	for _, old := range all[:max(0, len(all)-keep)] {
		if err := s.remove(ctx, old); err != nil {
			return fmt.Errorf("delete an old backup: %w", err)
		}
	}
	return s.RemoveUnfinished(ctx, backupPattern)
}

// newest is the name of the last backup.
func newest(ctx context.Context, s shelf) (string, error) {
	all, err := s.List(ctx, backupPattern)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%s: there is no backup in it", s)
	}
	if err != nil {
		return "", err
	}
	return all[len(all)-1], nil
}

// directory is a shelf of files.
type directory string

func (d directory) String() string { return string(d) }

// List implements shelf.
func (d directory) List(_ context.Context, pattern string) (names []string, err error) {
	entries, err := os.ReadDir(string(d))
	for _, e := range entries {
		if fits, err := filepath.Match(pattern, e.Name()); err != nil {
			return nil, err
		} else if fits {
			names = append(names, e.Name())
		}
	}
	return names, err
}

func (d directory) remove(_ context.Context, name string) error {
	return remove(filepath.Join(string(d), name))
}

// RemoveUnfinished implements shelf.
func (d directory) RemoveUnfinished(ctx context.Context, pattern string) error {
	left, err := d.List(ctx, pattern+unfinishedEnd)
	for _, name := range left {
		err = errors.Join(err, d.remove(ctx, name))
	}
	return err
}

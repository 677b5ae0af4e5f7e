package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"pixelplayground/actors/store/backup"
	"pixelplayground/actors/store/bucket"
	"pixelplayground/cmd/commandline/s3"
	"pixelplayground/cmd/playground/settings"
)

// stored is a backup in a bucket, or a folder of them, which is a shelf.
type stored struct{ *bucket.Place }

// openStored returns what a file's name says is in a bucket; nil: the file is not in one. It does
// nothing if the settings are refused anyway.
func openStored(cfg settings.Config, name string, refused error) (*stored, error) {
	if refused != nil || !strings.HasPrefix(name, bucket.Scheme) {
		return nil, refused
	}
	place, err := bucket.Open(name, s3.Config(cfg.Record.S3Endpoint))
	if err != nil {
		return nil, err
	}
	return &stored{place}, nil
}

// keepBackup writes a backup to the object, or to a new one in the folder, whose oldest backups it
// then deletes. The object appears when it is whole. Then it is read back.
func (s *stored) keepBackup(ctx context.Context, from source, _ string, keep int) (url string, size int64, summary backup.Summary, err error) {
	object := s.Place
	if s.Folder() {
		object = s.In(time.Now().UTC().Format(backupName))
	}
	size, err = object.Put(ctx, func(to io.Writer) error {
		_, err := writeBackup(ctx, from, to)
		return err
	})
	if err != nil {
		return "", 0, summary, err
	}
	err = object.Get(ctx, func(from io.Reader) (err error) {
		summary, err = backup.Check(from)
		return err
	})
	if errors.Is(err, backup.ErrDamaged) {
		err = errors.Join(err, object.Remove(ctx))
	}
	if err != nil {
		return "", 0, summary, fmt.Errorf("check what was written: %w", err)
	}
	if keep > 0 {
		err = prune(ctx, s, keep)
	}
	return object.String(), size, summary, err
}

func (s *stored) remove(ctx context.Context, name string) error { return s.In(name).Remove(ctx) }

// newest returns the object, or the last backup in the folder.
func (s *stored) newest(ctx context.Context) (*stored, error) {
	if !s.Folder() {
		return s, nil
	}
	name, err := newest(ctx, s)
	return &stored{s.In(name)}, err
}

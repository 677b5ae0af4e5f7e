package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pixelplayground/actors/store/backup"
	"pixelplayground/actors/store/bucket"
	"pixelplayground/cmd/playground/settings"
)

// bucketOptions say how an S3 server is reached. Keys, region and endpoint come from the variables
// that the tools of S3 have in common, too.
type bucketOptions struct {
	S3Endpoint string `name:"s3-endpoint" env:"PLAYGROUND_S3_ENDPOINT" placeholder:"URL" help:"S3 server for s3:// files, for example https://s3.example.org. Default: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, else Amazon's. The keys are AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, if they are for a while only, AWS_SESSION_TOKEN, else in the file AWS_SHARED_CREDENTIALS_FILE. Without AWS_REGION the server is asked for it."`
}

// stored is a backup in a bucket, or a folder of them, which is a shelf.
type stored struct{ *bucket.Place }

// open returns what a file's name says is in a bucket; nil: the file is not in one. It does
// nothing if the settings are refused anyway.
func (o bucketOptions) open(name string, refused error) (*stored, error) {
	if refused != nil || !strings.HasPrefix(name, bucket.Scheme) {
		return nil, refused
	}
	place, err := bucket.Open(name, bucket.Config{
		Endpoint:     cmp.Or(o.S3Endpoint, os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL")),
		Region:       cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")),
		AccessKey:    os.Getenv("AWS_ACCESS_KEY_ID"),
		SecretKey:    os.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken: os.Getenv("AWS_SESSION_TOKEN"),
		KeysFile:     keysFile(),
		Profile:      os.Getenv("AWS_PROFILE"),
	})
	if err != nil {
		return nil, err
	}
	return &stored{place}, nil
}

// keysFile is where AWS' tools keep keys, if there is such a file.
func keysFile() string {
	if named := os.Getenv("AWS_SHARED_CREDENTIALS_FILE"); named != "" {
		return named
	}
	home, err := os.UserHomeDir()
	path := filepath.Join(home, ".aws", "credentials")
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		return "" // the user has none
	}
	return path
}

// keepBackup writes a backup to the object, or to a new one in the folder, whose oldest backups it
// then deletes. The object appears when it is whole. Then it is read back.
func (s *stored) keepBackup(ctx context.Context, cfg settings.Config, _ string, keep int) (url string, size int64, summary backup.Summary, err error) {
	object := s.Place
	if s.Folder() {
		object = s.In(time.Now().UTC().Format(backupName))
	}
	size, err = object.Put(ctx, func(to io.Writer) error {
		_, err := writeBackup(ctx, cfg, to)
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

// Package files says where the record's files are: in a directory, or in a bucket of an S3 server. It
// knows nothing of what is in them, except for the one that says whose they are. The server and
// pixelctl open them.
package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pixelplayground/actors/record"
	"pixelplayground/actors/store/bucket"
)

// Open returns the files in a directory, which is made if it does not exist, or in a folder of a
// bucket, s3://BUCKET/PATH, which cfg is for. Of a bucket nobody is called yet. Errors say how to fix
// what they refuse.
func Open(where string, cfg bucket.Config) (record.Files, error) {
	if !strings.HasPrefix(where, bucket.Scheme) {
		return openDirectory(where)
	}
	if !strings.HasSuffix(where, "/") {
		where += "/"
	}
	place, err := bucket.Open(where, cfg)
	if err != nil {
		return nil, err
	}
	return &objects{place, answerTime}, nil
}

// Read opens files that are there, to read them: a directory is not made, and may be of another user or
// on a medium that can't be written.
func Read(where string, cfg bucket.Config) (record.Files, error) {
	if strings.HasPrefix(where, bucket.Scheme) {
		return Open(where, cfg)
	}
	if _, err := os.Stat(where); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such directory", where)
	}
	return &directory{path: filepath.Clean(where), room: room, copied: true}, nil
}

// answerTime is how long one call to an S3 server may take: a file of the record has at most a few
// megabytes.
const answerTime = 20 * time.Second

// objects are files in a bucket.
type objects struct {
	folder   *bucket.Place
	patience time.Duration
}

func (o *objects) String() string { return o.folder.String() }

// Put implements record.Files.
func (o *objects) Put(ctx context.Context, name string, content []byte) error {
	ctx, cancel := o.inTime(ctx)
	defer cancel()
	return unavailable(o.folder.In(name).PutBytes(ctx, content))
}

// Get implements record.Files.
func (o *objects) Get(ctx context.Context, name string) ([]byte, error) {
	ctx, cancel := o.inTime(ctx)
	defer cancel()
	content, missing, err := o.folder.In(name).GetBytes(ctx)
	if missing {
		return nil, fmt.Errorf("%w: %s%s", record.ErrNotExist, o, name)
	}
	return content, unavailable(err)
}

// List implements record.Files.
func (o *objects) List(ctx context.Context, prefix string) (list []record.File, err error) {
	ctx, cancel := o.inTime(ctx)
	defer cancel()
	err = o.folder.Each(ctx, prefix, func(name string, size int64) {
		list = append(list, record.File{Name: name, Size: size})
	})
	return list, unavailable(err)
}

// Remove implements record.Files.
func (o *objects) Remove(ctx context.Context, name string) error {
	ctx, cancel := o.inTime(ctx)
	defer cancel()
	return unavailable(o.folder.In(name).Remove(ctx))
}

func (o *objects) inTime(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, o.patience, fmt.Errorf("%s: the S3 server has not answered for %v", o, o.patience))
}

// unavailable gives a failure the form of the port.
func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", record.ErrUnavailable, err)
}

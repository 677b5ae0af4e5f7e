// Package files says where the record's files are: in a directory, or in a bucket of an S3 server. It
// knows nothing of what is in them, except for the one that says whose they are. The server and
// pixelctl open them.
package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
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
	d := newDirectory(where)
	d.copied = true
	return d, nil
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
	content, missing, err := o.folder.In(name).GetBytes(ctx, func(from io.Reader) ([]byte, error) { return read(from, 0, o.String()+name) })
	switch {
	case missing:
		return nil, fmt.Errorf("%w: %s%s", record.ErrNotExist, o, name)
	case errors.Is(err, record.ErrDamaged):
		return nil, err
	}
	return content, unavailable(err)
}

// largest is how long a file of the record may be, in bytes. Those that the record writes have a few
// megabytes; others can't be read, so that none takes up any amount of memory.
const largest = 64 << 20

// read reads a file to its end; size is how long it seems to be.
func read(from io.Reader, size int64, name string) ([]byte, error) {
	var content bytes.Buffer
	content.Grow(int(min(size, largest)) + bytes.MinRead)
	if n, err := content.ReadFrom(io.LimitReader(from, largest+1)); err != nil {
		return nil, err
	} else if n > largest {
		return nil, fmt.Errorf("%w: %s is longer than %d MB", record.ErrDamaged, name, largest>>20)
	}
	return content.Bytes(), nil
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

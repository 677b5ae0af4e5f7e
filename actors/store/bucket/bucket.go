// Package bucket keeps files as objects in a bucket of an S3 server. It knows nothing of what is in
// them; backups (cmd/playground) and the record (actors/record/files) decide which are kept. An object is there when all of it is: what
// a cut upload leaves is no object, and is not listed.
package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// Scheme begins the URL of an object or folder: s3://BUCKET/PATH.
const Scheme = "s3://"

// partBytes is how much of an object is sent at once, and so the memory that an upload takes. S3
// allows 10,000 parts of at least 5 MiB: 160 GB.
const partBytes = 16 << 20

// tries is how often a request is made, with pauses of at most a second.
const tries = 5

// Config says whose bucket it is. The zero Config has no keys and can't be used.
type Config struct {
	Endpoint             string // URL of the server, without a path; empty: Amazon's
	Region               string // empty: the server is asked
	AccessKey, SecretKey string
	SessionToken         string // empty, unless the keys are for a while only
	KeysFile, Profile    string // in the form of AWS; read if there are no keys. Empty: none; its default profile
}

// Place is an object, or a folder of objects: a path that is empty or ends in a slash.
type Place struct {
	client       *minio.Client
	endpoint     string
	bucket, path string
}

// Check refuses what can't be the URL of a place.
func Check(text string) error {
	name, where, _ := strings.Cut(strings.TrimPrefix(text, Scheme), "/")
	if !strings.HasPrefix(text, Scheme) || name == "" || strings.ContainsAny(name, "@:?") || strings.Contains("/"+where, "//") {
		return fmt.Errorf("%q: must be a bucket and a path in it, for example s3://my-bucket/canvas/", text)
	}
	if err := s3utils.CheckValidBucketNameStrict(name); err != nil {
		return fmt.Errorf("%q: %w: must be a bucket and a path in it, for example s3://my-bucket/canvas/", text, err)
	}
	return nil
}

// Open returns the place that a URL names. It calls nobody. Errors say how to fix what they refuse.
func Open(text string, cfg Config) (*Place, error) {
	if err := Check(text); err != nil {
		return nil, err
	}
	name, where, _ := strings.Cut(strings.TrimPrefix(text, Scheme), "/")
	keys := credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, cfg.SessionToken)
	if (cfg.AccessKey == "" || cfg.SecretKey == "") && cfg.KeysFile != "" {
		keys = credentials.NewFileAWSCredentials(cfg.KeysFile, cfg.Profile)
	}
	if value, err := keys.GetWithContext(nil); err != nil {
		return nil, fmt.Errorf("%s: the keys for it: %w", text, err)
	} else if value.AccessKeyID == "" || value.SecretAccessKey == "" {
		return nil, fmt.Errorf("%s: no keys for it: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_SHARED_CREDENTIALS_FILE to a file with them", text)
	}
	if cfg.Endpoint == "" {
		cfg.Endpoint = "https://s3.amazonaws.com"
	}
	server, err := url.Parse(cfg.Endpoint)
	if err != nil || server.Scheme != "http" && server.Scheme != "https" || server.Host == "" || strings.Trim(server.Path, "/") != "" || server.User != nil || server.RawQuery != "" {
		return nil, fmt.Errorf("the S3 endpoint %q: must be the URL of a server without a path, for example https://s3.example.org", cfg.Endpoint)
	}
	client, err := minio.New(server.Host, &minio.Options{
		Creds: keys, Secure: server.Scheme == "https", Region: cfg.Region, MaxRetries: tries,
	})
	if err != nil {
		return nil, fmt.Errorf("the S3 endpoint %q: %w", cfg.Endpoint, err)
	}
	return &Place{client: client, endpoint: cfg.Endpoint, bucket: name, path: where}, nil
}

// String returns the place's URL.
func (p *Place) String() string { return Scheme + p.bucket + "/" + p.path }

// Folder reports whether the place is a folder.
func (p *Place) Folder() bool { return p.path == "" || strings.HasSuffix(p.path, "/") }

// In returns the object of that name in a folder.
func (p *Place) In(name string) *Place {
	in := *p
	in.path += name
	return &in
}

// Put writes the object, and replaces what was there. If write fails, or the process ends
// meanwhile, what was there stays. size counts the bytes that were written.
func (p *Place) Put(ctx context.Context, write func(io.Writer) error) (size int64, err error) {
	from, to := io.Pipe()
	end := make(chan struct{}) // closed when write has returned
	go func() {
		defer close(end)
		if err := write(to); err != nil {
			to.CloseWithError(&unwritten{err})
		} else {
			to.Close()
		}
	}()
	info, err := p.client.PutObject(ctx, p.bucket, p.path, from, -1, minio.PutObjectOptions{
		ContentType: "application/octet-stream", PartSize: partBytes, SendContentMd5: true,
	})
	from.Close() // lets write fail if it is not done
	<-end
	var cause *unwritten
	if errors.As(err, &cause) {
		return 0, cause.error
	}
	return info.Size, p.explain(ctx, "write", err)
}

// PutBytes writes a small object that is in memory, with one request, and replaces what was there.
func (p *Place) PutBytes(ctx context.Context, content []byte) error {
	_, err := p.client.PutObject(ctx, p.bucket, p.path, bytes.NewReader(content), int64(len(content)), minio.PutObjectOptions{
		ContentType: "application/octet-stream", SendContentMd5: true, DisableMultipart: true,
	})
	return p.explain(ctx, "write", err)
}

// GetBytes reads a small object by read, with one request. missing: there is none.
func (p *Place) GetBytes(ctx context.Context, read func(io.Reader) ([]byte, error)) (content []byte, missing bool, err error) {
	object, err := p.client.GetObject(ctx, p.bucket, p.path, minio.GetObjectOptions{})
	if err == nil {
		defer object.Close()
		content, err = read(object)
	}
	return content, minio.ToErrorResponse(err).Code == minio.NoSuchKey, p.explain(ctx, "read", err)
}

// Each calls f for the objects of a folder whose names begin with prefix, in order, also for those in
// folders within.
func (p *Place) Each(ctx context.Context, prefix string, f func(name string, size int64)) error {
	ctx, cancel := context.WithCancel(ctx) // ends the listing
	defer cancel()
	for object := range p.client.ListObjects(ctx, p.bucket, minio.ListObjectsOptions{Prefix: p.path + prefix, Recursive: true}) {
		if object.Err != nil {
			return p.explain(ctx, "list", object.Err)
		}
		f(strings.TrimPrefix(object.Key, p.path), object.Size)
	}
	return p.explain(ctx, "list", ctx.Err())
}

// unwritten is why an object could not be written to its end. It does not unwrap: the client takes
// io.ErrUnexpectedEOF for the end, and would upload half an object.
type unwritten struct{ error }

// Get reads the object. If reading fails, read's error is returned.
func (p *Place) Get(ctx context.Context, read func(io.Reader) error) error {
	object, err := p.client.GetObject(ctx, p.bucket, p.path, minio.GetObjectOptions{})
	if err != nil {
		return p.explain(ctx, "read", err)
	}
	defer object.Close()
	if _, err := object.Stat(); err != nil { // GetObject itself calls nobody
		return p.explain(ctx, "read", err)
	}
	return p.explain(ctx, "read", read(object))
}

// Remove deletes the object, if it is there.
func (p *Place) Remove(ctx context.Context) error {
	return p.explain(ctx, "delete", p.client.RemoveObject(ctx, p.bucket, p.path, minio.RemoveObjectOptions{}))
}

// List returns the names of a folder's objects that match a pattern of package path, in order. It
// does not look into folders within.
func (p *Place) List(ctx context.Context, pattern string) (names []string, err error) {
	ctx, cancel := context.WithCancel(ctx) // ends the listing
	defer cancel()
	for object := range p.client.ListObjects(ctx, p.bucket, minio.ListObjectsOptions{Prefix: p.path}) {
		if object.Err != nil {
			return nil, p.explain(ctx, "list", object.Err)
		}
		name := strings.TrimPrefix(object.Key, p.path)
		if fits, err := path.Match(pattern, name); err != nil {
			return nil, err
		} else if fits {
			names = append(names, name)
		}
	}
	return names, p.explain(ctx, "list", ctx.Err())
}

// RemoveUnfinished deletes what interrupted uploads to a folder have left, of objects whose names
// match a pattern of package path.
func (p *Place) RemoveUnfinished(ctx context.Context, pattern string) error {
	ctx, cancel := context.WithCancel(ctx) // ends the listing
	defer cancel()
	for upload := range p.client.ListIncompleteUploads(ctx, p.bucket, p.path, false) {
		if upload.Err != nil {
			return p.explain(ctx, "list unfinished uploads to", upload.Err)
		}
		fits, err := path.Match(pattern, strings.TrimPrefix(upload.Key, p.path))
		if err == nil && fits {
			err = p.client.RemoveIncompleteUpload(ctx, p.bucket, upload.Key)
		}
		if err != nil {
			return p.explain(ctx, "delete an unfinished upload to", err)
		}
	}
	return nil
}

// explain turns a failure into a line that says what to do, if that is known.
func (p *Place) explain(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	why, hint := strings.TrimSuffix(err.Error(), "."), ""
	var dial *net.OpError
	var refusal minio.ErrorResponse
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &refusal):
		hint = hintFor(refusal)
	case errors.As(err, &dial):
		hint = fmt.Sprintf("is %s the right endpoint?", p.endpoint)
	}
	if hint != "" {
		why += ": " + hint
	}
	return &explained{fmt.Sprintf("%s %s: %s", what, p, why), err}
}

// explained is an error with what to do about it.
type explained struct {
	text  string
	cause error
}

func (e *explained) Error() string { return e.text }
func (e *explained) Unwrap() error { return e.cause }

// hintFor says what to do about a refusal.
func hintFor(refusal minio.ErrorResponse) string {
	switch {
	case refusal.Code == minio.NoSuchBucket:
		return "make the bucket first, or correct its name"
	case refusal.Code == minio.NoSuchKey:
		return "a folder ends in a slash"
	case refusal.Code == minio.AccessDenied:
		return "the key may not do that"
	case refusal.StatusCode == http.StatusForbidden:
		return "are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY right?"
	}
	return ""
}

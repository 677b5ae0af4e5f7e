// Package buckettest runs a real S3 server for tests: on loopback, on a free port, with a directory
// of its own, stopped when the test ends. It is built from the module in server, which takes a
// minute the first time on two processors.
package buckettest

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"pixelplayground/cmd/commandline/programtest"
)

// The keys of every server, and its only bucket.
const (
	AccessKey = "tester"
	SecretKey = "opensesame"
	Bucket    = "backups"
)

// Server is a process. Its methods are for the test's goroutine.
type Server struct {
	Endpoint string // URL
	*programtest.Program
	t testing.TB
}

// Start runs a server with an empty bucket until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	dir := t.TempDir()
	files, attributes := filepath.Join(dir, "files"), filepath.Join(dir, "attributes")
	for _, folder := range []string{files, attributes} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	program := programtest.Start(t, "actors/store/bucket/buckettest/server", func(address string) []string {
		return []string{address, files, attributes, AccessKey, SecretKey}
	})
	s := &Server{Endpoint: "http://" + program.Address, Program: program, t: t}
	if err := s.Client().MakeBucket(t.Context(), Bucket, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	return s
}

// Client returns a client of the server.
func (s *Server) Client() *minio.Client {
	s.t.Helper()
	client, err := minio.New(s.Endpoint[len("http://"):], &minio.Options{
		Creds: credentials.NewStaticV4(AccessKey, SecretKey, ""), Region: "us-east-1",
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

// Put writes an object.
func (s *Server) Put(name, text string) {
	s.t.Helper()
	if _, err := s.Client().PutObject(s.t.Context(), Bucket, name, bytes.NewBufferString(text), int64(len(text)), minio.PutObjectOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

// Names returns the names of all objects, in order.
func (s *Server) Names() (names []string) {
	s.t.Helper()
	for object := range s.Client().ListObjects(s.t.Context(), Bucket, minio.ListObjectsOptions{Recursive: true}) {
		if object.Err != nil {
			s.t.Fatal(object.Err)
		}
		names = append(names, object.Key)
	}
	return names
}

// Unfinished returns the names of the objects whose upload was begun and not ended.
func (s *Server) Unfinished() (names []string) {
	s.t.Helper()
	for upload := range s.Client().ListIncompleteUploads(s.t.Context(), Bucket, "", true) {
		if upload.Err != nil {
			s.t.Fatal(upload.Err)
		}
		names = append(names, upload.Key)
	}
	return names
}

// Interrupt leaves what a process leaves that ends during an upload: its first part.
func (s *Server) Interrupt(name string) {
	s.t.Helper()
	core, ctx := minio.Core{Client: s.Client()}, context.Background()
	upload, err := core.NewMultipartUpload(ctx, Bucket, name, minio.PutObjectOptions{})
	if err == nil {
		_, err = core.PutObjectPart(ctx, Bucket, name, upload, 1, bytes.NewBufferString("half"), 4, minio.PutObjectPartOptions{})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

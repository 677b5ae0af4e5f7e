// Package buckettest runs a real S3 server for tests: on loopback, on a free port, with a directory
// of its own, stopped when the test ends. It is built from the module in server, which takes a
// minute the first time on two processors.
package buckettest

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// The keys of every server, and its only bucket.
const (
	AccessKey = "tester"
	SecretKey = "opensesame"
	Bucket    = "backups"
)

// patience bounds the wait for a server that was started: milliseconds, except that it is compiled
// the first time.
const patience = 5 * time.Minute

// Server is a process. Its methods are for the test's goroutine.
type Server struct {
	Endpoint string // URL
	t        testing.TB
	cmd      *exec.Cmd
	done     chan struct{} // closed when the process has ended
	stdin    io.Closer
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
	var s *Server
	for try := 1; s == nil; try++ { // others may take the port before the server does
		s = run(t, files, attributes, try == 3)
	}
	if err := s.Client().MakeBucket(t.Context(), Bucket, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	return s
}

// run starts a server that answers. Else it returns nil, or fails the test if this is the last try.
func run(t testing.TB, files, attributes string, last bool) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	s := &Server{Endpoint: "http://" + address, t: t, done: make(chan struct{})}
	s.cmd = exec.Command("go", "run", ".", address, files, attributes, AccessKey, SecretKey) // Go keeps the program for the next time
	_, here, _, _ := runtime.Caller(0)
	s.cmd.Dir = filepath.Join(filepath.Dir(here), "server")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // go and the server
	var log bytes.Buffer
	s.cmd.Stdout, s.cmd.Stderr = &log, &log
	if s.stdin, err = s.cmd.StdinPipe(); err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = s.cmd.Wait() // how it ended is in the log
		close(s.done)
	}()
	t.Cleanup(s.Kill)
	for deadline := time.Now().Add(patience); ; {
		ended := false
		select {
		case <-s.done:
			ended = true
		case <-time.After(5 * time.Millisecond): // between polls
		}
		answer, err := http.Get(s.Endpoint)
		if err == nil {
			_ = answer.Body.Close()
		}
		switch {
		case !ended && err == nil:
			return s
		case (ended || time.Now().After(deadline)) && last:
			s.Kill()
			t.Fatalf("the S3 server does not answer: %v\n%s", err, &log)
		case ended || time.Now().After(deadline):
			s.Kill()
			return nil
		}
	}
}

// Kill is kill -9, without effect on a server that has ended.
func (s *Server) Kill() {
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	<-s.done
	_ = s.stdin.Close()
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

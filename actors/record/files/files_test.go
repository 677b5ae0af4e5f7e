package files

import (
	"bytes"
	"errors"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/record"
	"pixelplayground/actors/record/recordtest"
	"pixelplayground/actors/store/bucket"
	"pixelplayground/actors/store/bucket/buckettest"
)

func open(t *testing.T, dir string) *directory {
	t.Helper()
	d, err := openDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	d.room = func(string) (free, all uint64) { return math.MaxUint64, 0 } // so that a full computer fails nothing
	return d
}

func TestDirectory(t *testing.T) {
	recordtest.Files(t, func(t *testing.T) record.Files { return open(t, filepath.Join(t.TempDir(), "deep", "record")) })
}

func TestBucket(t *testing.T) {
	s := buckettest.Start(t)
	n := 0
	recordtest.Files(t, func(t *testing.T) record.Files {
		n++
		f, err := Open("s3://"+buckettest.Bucket+"/record of ü/"+strings.Repeat("x", n), config(s.Endpoint))
		if err != nil {
			t.Fatal(err)
		}
		return f
	})
}

func config(endpoint string) bucket.Config {
	return bucket.Config{Endpoint: endpoint, Region: "us-east-1", AccessKey: buckettest.AccessKey, SecretKey: buckettest.SecretKey}
}

// TestBucket_Slow: a server that takes requests and does not answer holds nobody up for long.
func TestBucket_Slow(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	f, err := Open("s3://backups/record", config("http://"+listener.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	f.(*objects).patience = 20 * time.Millisecond
	_, get := f.Get(t.Context(), "a")
	_, list := f.List(t.Context(), "a")
	for what, err := range map[string]error{"put": f.Put(t.Context(), "a", nil), "get": get, "list": list, "remove": f.Remove(t.Context(), "a")} {
		if !errors.Is(err, record.ErrUnavailable) || !strings.Contains(err.Error(), "s3://backups/record/: the S3 server has not answered for 20ms") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestDirectory_Full: a full disk fails the write, says what would help, and leaves nothing. It counts
// as full while there is room that the canvas itself may need.
func TestDirectory_Full(t *testing.T) {
	d := open(t, t.TempDir())
	for _, test := range []struct {
		free, all uint64
		full      bool
	}{{0, 100, true}, {6, 100, true}, {7, 100, false}, {reserve, 1 << 40, true}, {reserve + 2, 1 << 40, false}, {math.MaxUint64, 0, false}} {
		d.room = func(string) (uint64, uint64) { return test.free, test.all }
		err := d.Put(t.Context(), "folder/a", []byte("ab"))
		if (err != nil) != test.full {
			t.Errorf("%d of %d bytes are free: %v", test.free, test.all, err)
		}
		if want := "write " + d.path + "/folder/a: no space left on device: make room, or bound the record with --record-keep"; test.full &&
			(!errors.Is(err, record.ErrUnavailable) || !strings.HasSuffix(err.Error(), want)) {
			t.Errorf("%v, want %s", err, want)
		}
		if all, err := d.List(t.Context(), ""); err != nil || (len(all) > 0) == test.full {
			t.Errorf("%v %v", all, err)
		}
		if err := d.Remove(t.Context(), "folder/a"); err != nil {
			t.Error(err)
		}
	}
}

// TestDirectory_Unfinished: what a process that ended has left half-written is not listed, and goes;
// what another process is writing stays.
func TestDirectory_Unfinished(t *testing.T) {
	d := open(t, t.TempDir())
	old, young := filepath.Join(d.path, unfinished, "1"), filepath.Join(d.path, unfinished, "2")
	for _, name := range []string{old, young} {
		if err := os.WriteFile(name, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	then := time.Now().Add(-2 * unfinishedFor)
	if err := os.Chtimes(old, then, then); err != nil {
		t.Fatal(err)
	}
	if all, err := d.List(t.Context(), ""); err != nil || len(all) > 0 {
		t.Errorf("%v %v", all, err)
	}
	if err := d.Put(t.Context(), "a", []byte("whole")); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(d.path, unfinished, "*")); err != nil || len(left) != 1 || left[0] != young {
		t.Errorf("left: %v %v", left, err)
	}
}

// TestDirectory_FailsWhole: a write that fails leaves what was there, and nothing else.
func TestDirectory_FailsWhole(t *testing.T) {
	d := open(t, t.TempDir())
	if err := d.Put(t.Context(), "folder/a", []byte("before")); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"folder": []byte("a folder is there"), "folder/a/b": []byte("a file is there"), "../a": nil, "/a": nil, "": nil} {
		err := d.Put(t.Context(), name, content)
		if !errors.Is(err, record.ErrUnavailable) || !strings.Contains(err.Error(), d.path) || strings.Contains(err.Error(), unfinished) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if content, err := d.Get(t.Context(), "folder/a"); err != nil || !bytes.Equal(content, []byte("before")) {
		t.Errorf("%q %v", content, err)
	}
	if left, err := filepath.Glob(filepath.Join(d.path, unfinished, "*")); err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
	if err := os.RemoveAll(d.path); err != nil {
		t.Fatal(err)
	}
	if err := d.Put(t.Context(), "a", nil); !errors.Is(err, record.ErrUnavailable) || !strings.Contains(err.Error(), d.path) {
		t.Errorf("the directory is gone: %v", err)
	}
}

// TestDirectory_Away: a directory that is not there, such as a volume that is not mounted, is not empty:
// else everything that was recorded in it would be taken for a gap.
func TestDirectory_Away(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "record")
	d := open(t, dir)
	if err := d.Put(t.Context(), "region-0001/some", []byte("some")); err != nil {
		t.Fatal(err)
	}
	if list, err := d.List(t.Context(), "region-0002/"); err != nil || len(list) > 0 {
		t.Fatalf("%v, %v", list, err)
	}
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if list, err := d.List(t.Context(), "region-0001/"); !errors.Is(err, record.ErrUnavailable) {
			t.Errorf("away: %v, %v", list, err)
		}
		if err := os.MkdirAll(dir, 0o750); err != nil { // a mount point
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Remove(dir), os.Rename(dir+".away", dir)); err != nil {
		t.Fatal(err)
	}
	if list, err := d.List(t.Context(), "region-0001/"); err != nil || len(list) != 1 {
		t.Errorf("back: %v, %v", list, err)
	}
}

// TestRead: to read changes nothing.
func TestRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Read(dir, bucket.Config{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := f.List(t.Context(), "")
	if content, bad := f.Get(t.Context(), "a"); err != nil || bad != nil || len(all) != 1 || string(content) != "a" {
		t.Errorf("%v %q; %v, %v", all, content, err, bad)
	}
	if none, err := f.List(t.Context(), "region-0001/"); err != nil || len(none) > 0 {
		t.Errorf("%v %v", none, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left: %v %v", left, err)
	}
	if _, err := Read(filepath.Join(dir, "absent"), bucket.Config{}); err == nil || !strings.HasSuffix(err.Error(), "absent: there is no such directory") {
		t.Error(err)
	}
}

func TestOpen_SaysWhatToDo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for where, want := range map[string]string{
		file:                    "file",
		"s3://backups//a":       "for example s3://my-bucket/canvas/",
		"s3://backups/a":        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
		filepath.Join(file, ""): file,
	} {
		if _, err := Open(where, bucket.Config{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", where, err)
		}
	}
}

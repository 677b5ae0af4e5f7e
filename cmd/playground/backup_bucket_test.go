package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pixelplayground/actors/store/bucket/buckettest"
)

// withBucket runs an S3 server that the environment leads to, and has no temporary files left in
// the end.
func withBucket(t *testing.T) *buckettest.Server {
	t.Helper()
	s := buckettest.Start(t)
	temporary := t.TempDir()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": buckettest.AccessKey, "AWS_SECRET_ACCESS_KEY": buckettest.SecretKey, "AWS_REGION": "us-east-1",
		"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "PLAYGROUND_S3_ENDPOINT": s.Endpoint, "TMPDIR": temporary,
	} {
		t.Setenv(name, value)
	}
	t.Cleanup(func() {
		if left := filesIn(t, temporary); len(left) > 0 {
			t.Errorf("temporary files are left: %v", left)
		}
	})
	return s
}

// TestBackup_KeepsInABucket: a folder of a bucket is to backups what a directory is.
func TestBackup_KeepsInABucket(t *testing.T) {
	data, s := drawnOn(t), withBucket(t)
	const day = "canvas-2020010"
	for _, name := range []string{day + "1T000000.000Z.backup", day + "2T000000.000Z.backup", day + "3T000000.000Z.backup", "canvas-of-mine.backup", "below/" + day + "1T000000.000Z.backup"} {
		s.Put("canvas/"+name, "old")
	}
	s.Interrupt("canvas/" + day + "4T000000.000Z.backup")
	const folder = "s3://" + buckettest.Bucket + "/canvas/"
	exit, said, log := does("backup", "--data", data, "--keep", "2", folder)
	if exit != 0 || !strings.Contains(said, "1 of 4 regions drawn on, 1 pixels placed to "+folder+"canvas-2") {
		t.Fatalf("exit %d: %s%s", exit, said, log)
	}
	left := s.Names()
	if len(left) != 4 || left[0] != "canvas/below/"+day+"1T000000.000Z.backup" || left[1] != "canvas/"+day+"3T000000.000Z.backup" || left[3] != "canvas/canvas-of-mine.backup" {
		t.Errorf("left: %v", left)
	}
	if unfinished := s.Unfinished(); len(unfinished) > 0 {
		t.Errorf("left unfinished: %v", unfinished)
	}
	restores(t, folder)
}

// TestBackup_FailsWholeInABucket: a failure gives one line that says what to do, and leaves the
// objects as they were.
func TestBackup_FailsWholeInABucket(t *testing.T) {
	data, s := drawnOn(t), withBucket(t)
	const object = "s3://" + buckettest.Bucket + "/canvas/a.backup"
	if exit, said, log := does("backup", "--data", data, object); exit != 0 || !strings.Contains(said, " to "+object+", ") {
		t.Fatalf("exit %d: %s%s", exit, said, log)
	}
	if exit, said, log := does("restore", "--check", object); exit != 0 || !strings.HasPrefix(said, object+" is sound: canvas 64x64/32") {
		t.Errorf("exit %d: %s%s", exit, said, log)
	}
	s.Put("canvas/cut.backup", "pixelplayground backup 1\n")
	before := s.Names()
	failsWhole(t, buckettest.SecretKey, map[string]drill{
		"no canvas":         {[]string{"backup", "--data", t.TempDir(), object}, 1, "canvas.db: no such file"},
		"keep of an object": {[]string{"backup", "--data", data, "--keep", "2", object}, 2, "a folder ends in a slash, " + object + "/"},
		"no bucket":         {[]string{"backup", "--data", data, "s3://nobodys/"}, 1, "make the bucket first"},
		"nobody there":      {[]string{"backup", "--data", data, "--s3-endpoint", "http://127.0.0.1:1", object}, 1, "is http://127.0.0.1:1 the right endpoint?"},
		"no URL":            {[]string{"backup", "--data", data, "--s3-endpoint", "127.0.0.1:1", object}, 2, "for example https://s3.example.org"},
		"a cut backup":      {[]string{"restore", "--data", t.TempDir(), "s3://" + buckettest.Bucket + "/canvas/cut.backup"}, 1, "cut.backup: the backup is damaged"},
		"no object":         {[]string{"restore", "--data", t.TempDir(), object + "s"}, 1, "does not exist: a folder ends in a slash"},
		"no backup in it":   {[]string{"restore", "--data", t.TempDir(), "s3://" + buckettest.Bucket + "/canvas/"}, 1, "there is no backup in it"},
	})
	if err := os.Unsetenv("AWS_SECRET_ACCESS_KEY"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", t.TempDir())
	if exit, _, log := does("backup", "--data", data, object); exit != 2 || !strings.Contains(log, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY") {
		t.Errorf("without a key: exit %d, %q", exit, log)
	}
	keys := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(keys, []byte("[default]\naws_access_key_id = "+buckettest.AccessKey+"\naws_secret_access_key = "+buckettest.SecretKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", keys)
	if exit, _, log := does("restore", "--check", object); exit != 0 {
		t.Errorf("with the key in a file: exit %d, %q", exit, log)
	}
	if after := s.Names(); !slices.Equal(after, before) {
		t.Errorf("left: %v", after)
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pixelplayground/cmd/playground/process"
)

// TestRecord_IsOneCanvas: a record belongs to the canvas that began it, also after that canvas was
// restored from a backup; a server of another does not start on it, and says what to do.
func TestRecord_IsOneCanvas(t *testing.T) {
	data, kept := t.TempDir(), filepath.Join(t.TempDir(), "a", "record")
	size := []string{"--canvas", "64x64", "--region", "32"}
	r := start(t, append(size, "--data", data, "--record", kept)...)
	r.logged(t, `msg="keeping a record" record=`+kept)
	r.terminate(t)
	copied := filepath.Join(t.TempDir(), "copy")
	if exit, _, log := does("backup", "--data", data, copied); exit != 0 {
		t.Fatal(log)
	}
	again := t.TempDir()
	if exit, _, log := does("restore", "--data", again, copied); exit != 0 {
		t.Fatal(log)
	}
	r = start(t, append(size, "--data", again, "--record", kept)...)
	r.terminate(t)
	for _, test := range []struct {
		args []string
		want string
	}{
		{append(size, "--data", t.TempDir()), "give each canvas a place of its own with --record"},
		{[]string{"--data", t.TempDir(), "--canvas", "64x65"}, "give each canvas a place of its own with --record"},
	} {
		exit, _, log := does(append(test.args, "--listen", "127.0.0.1:0", "--record", kept)...)
		if exit != process.ExitFailed || !strings.Contains(log, "playground: --record "+kept+": the record belongs to another canvas: "+kept+" has that of") || !strings.Contains(log, test.want) {
			t.Errorf("exit %d: %s", exit, log)
		}
	}
}

// TestRecord_Place: a place that can never be used is refused; one that does not answer is not, since
// drawing does not need it.
func TestRecord_Place(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "HOME"} {
		t.Setenv(name, "")
	}
	for where, want := range map[string]string{
		file:                "--record " + file + ": mkdir ",
		"s3://my-bucket/r/": "--record s3://my-bucket/r/: s3://my-bucket/r/: no keys for it: set AWS_ACCESS_KEY_ID",
	} {
		exit, _, log := does("--listen", "127.0.0.1:0", "--data", t.TempDir(), "--record", where)
		if exit != process.ExitFailed || !strings.Contains(log, want) || strings.Contains(log, "--data") {
			t.Errorf("%s: exit %d: %s", where, exit, log)
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "a")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "b")
	r := start(t, "--data", t.TempDir(), "--record", "s3://my-bucket/r/", "--s3-endpoint", "http://127.0.0.1:1")
	r.logged(t, `msg="the record can't be used yet" record=s3://my-bucket/r/`)
	if status, body := r.ask(t, "GET", "/readyz?for=drawing", ""); status != 200 {
		t.Errorf("%d %s", status, body)
	}
	r.terminate(t)
}

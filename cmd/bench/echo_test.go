//go:build linux

package main

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestLoop_EchoKeepsBeforeItAnswers(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	client, dir := os.NewFile(uintptr(pair[1]), "client"), t.TempDir()
	defer client.Close()
	ended := make(chan error, 1)
	go func() {
		l := loop{fds: []int{pair[0]}}
		ended <- l.echo(5, 3, 2, dir)
	}()
	for _, records := range []string{"first", "firstother"} {
		if _, err := client.Write([]byte(records[len(records)-5:])); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 10)
		if n, err := client.Read(answer); err != nil || n != 3 {
			t.Fatalf("%d bytes of answer, %v", n, err)
		}
		if kept, err := os.ReadFile(filepath.Join(dir, "records")); err != nil || string(kept) != records {
			t.Errorf("kept %q, %v", kept, err)
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestKeeperAt_Refuses(t *testing.T) {
	for _, place := range []string{"redis://127.0.0.1:0", "rediss://127.0.0.1", filepath.Join(t.TempDir(), "absent")} {
		if _, err := keeperAt(place); err == nil {
			t.Errorf("%s: no error", place)
		}
	}
}

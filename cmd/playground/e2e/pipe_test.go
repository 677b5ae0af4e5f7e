//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client"
)

// Goal: the reader of a server's output may go away at any time. The server still serves, and
// drains when told to. Method: stdout and stderr are pipes whose other ends are closed once the
// server runs. Then the server has to log a lot.
func TestServer_OutlivesTheReaderOfItsLog(t *testing.T) {
	beside(t)
	cmd := exec.Command(filepath.Join(binaries, "playground"), "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--log-level", "debug")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(line[strings.Index(line, "http://"):])
	for _, end := range []io.Closer{stdout, stderr} {
		if err := end.Close(); err != nil {
			t.Fatal(err)
		}
	}
	told := make(chan error, 8) // sent to by the handler, never closed
	c := dial(t, client.Config{URLs: []string{"ws" + strings.TrimPrefix(url, "http") + "/ws"}, Handler: client.Handler{
		Disconnected: func(err error, _ time.Duration) {
			select {
			case told <- err:
			default:
			}
		},
	}})
	if err := c.Place(context.Background(), []canvas.Dot{{X: 7, Y: 8, Color: 0x123456}}); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v, want as after any SIGTERM", err)
	}
	var closed *client.CloseError
	select {
	case err := <-told:
		if !errors.As(err, &closed) || closed.Code != codec.CloseRestart {
			t.Errorf("the client was closed with %v, want code %d", err, codec.CloseRestart)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the client was not told")
	}
}

// Goal: the log's reader may stop reading. The server still starts, serves and drains, and its
// lines are there when somebody reads at last. Method: stderr is a pipe that is full from the
// start.
func TestServer_OutlivesAFullPipe(t *testing.T) {
	beside(t)
	log, stderr, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	fill(t, stderr)
	cmd := exec.Command(filepath.Join(binaries, "playground"), "--data", t.TempDir(), "--listen", "127.0.0.1:0")
	cmd.Stderr = stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stderr.Close()
	ended := make(chan error, 1)
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(line[strings.Index(line, "http://"):])
	c := dial(t, client.Config{URLs: []string{"ws" + strings.TrimPrefix(url, "http") + "/ws"}})
	if err := c.Place(context.Background(), []canvas.Dot{{X: 7, Y: 8, Color: 0x123456}}); err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(log) // until the process has ended
		said <- string(text)
	}()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it ended with %v, want as after any SIGTERM", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it has not ended 20 s after SIGTERM")
	}
	if text := strings.TrimLeft(<-said, "x"); !strings.Contains(text, "msg=serving") || !strings.Contains(text, "msg=stopped") {
		t.Errorf("the log, read late: %s", text)
	}
}

// fill writes to a pipe until the pipe takes no more.
func fill(t *testing.T, pipe *os.File) {
	t.Helper()
	for {
		if err := pipe.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		switch _, err := pipe.Write([]byte("x")); {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return
		case err != nil:
			t.Fatal(err)
		}
	}
}

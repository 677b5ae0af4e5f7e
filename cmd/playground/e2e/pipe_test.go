//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"errors"
	"io"
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

// Goal: who reads what a server says may go away at any time; the server serves on, and drains when it is told to.
// Method: stdout and stderr are pipes whose other ends are closed once the server runs, then it has to log a lot.
func TestServer_OutlivesTheReaderOfItsLog(t *testing.T) {
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

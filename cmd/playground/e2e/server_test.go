//go:build e2e

package e2e

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// binaries is the folder with the programs under test, built once by TestMain.
var binaries string

// lanes bounds how many tests run beside each other. The two longest need no lane: they begin with the first and end with the
// last, while in a lane they could come last, alone.
var lanes = make(chan struct{}, 3)

// beside lets a test run beside others: one that mostly waits, and judges neither how long something takes nor how much memory.
func beside(t *testing.T) {
	t.Parallel()
	lanes <- struct{}{}
	t.Cleanup(func() { <-lanes })
}

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "playground-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-o", dir, "pixelplayground/cmd/playground", "pixelplayground/cmd/pixelctl")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	binaries = dir
	if err := flag.Set("test.parallel", "100"); err != nil { // as many as there are: lanes bounds them
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// server is a playground process. It can be killed and started again on the same port
// and data.
type server struct {
	t       *testing.T
	program string // the binary; "": the one under test
	args    []string
	url     string // http://127.a.b.1:port
	cmd     *exec.Cmd
	done    chan error // the process has ended; sent to once per start

	heard heard // what it has logged about secrets
}

// start runs a server on a fresh data directory, at an address of its own: nobody else takes its port while it is down.
func start(t *testing.T, args ...string) *server {
	t.Helper()
	s := &server{t: t, args: append([]string{"--data", filepath.Join(t.TempDir(), "data")}, args...)}
	s.launch(net.JoinHostPort(freeNetwork(t)+".1", "0"))
	t.Cleanup(func() {
		if s.cmd != nil {
			s.kill()
		}
	})
	return s
}

// restart starts the server again where it was.
func (s *server) restart() {
	s.t.Helper()
	s.launch(strings.TrimPrefix(s.url, "http://"))
}

// launch starts the process and waits until it is ready.
func (s *server) launch(listen string) {
	s.t.Helper()
	s.boot(listen)
	eventually(s.t, "the server is ready", func() error {
		_, err := get(s.url + "/readyz")
		return err
	})
}

// boot starts the process and waits until it prints its address.
func (s *server) boot(listen string) {
	s.t.Helper()
	s.cmd = exec.Command(cmp.Or(s.program, filepath.Join(binaries, "playground")), append(s.args, "--listen", listen)...)
	s.heard.to = s.t.Output()
	s.cmd.Stderr = &s.heard
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for s.url = ""; s.url == "" && lines.Scan(); {
		if at := strings.Index(lines.Text(), "http://"); at >= 0 {
			s.url = strings.TrimSpace(lines.Text()[at:])
		}
	}
	if s.url == "" {
		s.t.Fatalf("the server printed no URL: %v", s.cmd.Wait())
	}
	done := make(chan error, 1)
	cmd := s.cmd
	go func() { done <- cmd.Wait() }()
	s.done = done
}

func (s *server) ws() string { return "ws" + strings.TrimPrefix(s.url, "http") + "/ws" }

// kill is kill -9.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
	s.cmd = nil
}

// terminate sends SIGTERM and returns the exit code.
func (s *server) terminate() int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		s.t.Fatal("the server has not ended 20 s after SIGTERM")
	}
	code := s.cmd.ProcessState.ExitCode()
	s.cmd = nil
	return code
}

// memory is the resident set of the process, in bytes.
func (s *server) memory() int64 {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kib int64
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	s.t.Fatal("no VmRSS in /proc")
	return 0
}

// health is what /health says.
func (s *server) health() (h struct {
	Connections int      `json:"connections"`
	Users       []string `json:"users"`
}) {
	s.t.Helper()
	body, err := get(s.url + "/health")
	if err != nil {
		s.t.Fatal(err)
	}
	if err := json.Unmarshal(body, &h); err != nil {
		s.t.Fatal(err)
	}
	return h
}

func get(url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var body strings.Builder
	if _, err := bufio.NewReader(res.Body).WriteTo(&body); err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s: %s", url, res.Status, body.String())
	}
	return []byte(body.String()), nil
}

// eventually polls until cond has no error, for at most 20 s. Between polls it leaves the processor, which the
// processes under test need, for four times as long as the poll took: some start processes to ask.
func eventually(t *testing.T, what string, cond func() error) {
	t.Helper()
	within(t, 20*time.Second, what, cond)
}

func within(t *testing.T, limit time.Duration, what string, cond func() error) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		began := time.Now()
		err := cond()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s: %v", limit, what, err)
		}
		time.Sleep(min(max(5*time.Millisecond, 4*time.Since(began)), 200*time.Millisecond))
	}
}

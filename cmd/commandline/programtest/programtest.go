// Package programtest runs servers for tests that are modules of their own, because what they need is
// nothing that the program should depend on: on loopback, and stopped when the test ends. Building one
// takes a while the first time; Go keeps it for the next.
package programtest

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience bounds the wait for a program that was started: milliseconds, except that it is compiled
// the first time.
const patience = 5 * time.Minute

// Program is a process that serves HTTP. Its methods are for the test's goroutine.
type Program struct {
	Address string // host and port
	cmd     *exec.Cmd
	done    chan struct{} // closed when the process has ended
	stdin   io.Closer     // the program ends when that does
	log     bytes.Buffer
}

// Start runs the program in dir, a path from the root of this module, at a free port until the test ends. args makes its arguments.
func Start(t testing.TB, dir string, args func(address string) []string) *Program {
	t.Helper()
	for try := 1; ; try++ { // others may take the port before the program does
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := listener.Addr().String()
		_ = listener.Close()
		p := run(t, dir, address, args(address))
		if p.answers() {
			return p
		}
		if p.Kill(); try == 3 {
			t.Fatalf("the program in %s does not answer:\n%s", dir, &p.log)
		}
	}
}

// StartAt runs the program at an address that it had before.
func StartAt(t testing.TB, dir, address string, args func(address string) []string) *Program {
	t.Helper()
	p := run(t, dir, address, args(address))
	if !p.answers() {
		p.Kill()
		t.Fatalf("the program in %s does not answer at %s:\n%s", dir, address, &p.log)
	}
	return p
}

func run(t testing.TB, dir, address string, args []string) *Program {
	t.Helper()
	p := &Program{Address: address, done: make(chan struct{})}
	p.cmd = exec.Command("go", append([]string{"run", "."}, args...)...)
	p.cmd.Dir = filepath.Join(root(t), filepath.FromSlash(dir))
	p.cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // whatever the tests are compiled with: so it is compiled once, by whoever is first
	gather(p.cmd)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	stdin, err := p.cmd.StdinPipe()
	if err == nil {
		p.stdin = stdin
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in the log
		close(p.done)
	}()
	t.Cleanup(p.Kill)
	return p
}

// root is where this module is. Programs that are compiled with -trimpath do not know where they came from, but tests run in the
// directory of their package.
func root(t testing.TB) string {
	t.Helper()
	file, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(strings.TrimSpace(string(file)))
}

// answers waits until the program does; false: it has ended, or takes too long.
func (p *Program) answers() bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		select {
		case <-p.done:
			return false
		case <-time.After(5 * time.Millisecond): // between polls
		}
		if answer, err := http.Get("http://" + p.Address); err == nil {
			_ = answer.Body.Close()
			return true
		}
	}
	return false
}

// Kill is kill -9, without effect on a program that has ended.
func (p *Program) Kill() {
	kill(p.cmd)
	_ = p.stdin.Close()
	<-p.done
}

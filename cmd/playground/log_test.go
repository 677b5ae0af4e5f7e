package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pixelplayground/actors/telemetry/logtest"
	"pixelplayground/cmd/playground/process"
)

// Goal: with the log in JSON, its collector finds nothing but JSON on stdout and stderr, whatever
// ends the server.
func TestRun_LogInJSONIsAllThereIs(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "settings.yaml")
	if err := os.WriteFile(file, []byte("log-format: json\nburst: none\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		exit int
		says string
	}{
		"a whole life":      {[]string{"--log-format=json", "--listen=127.0.0.1:0"}, process.ExitStopped, `"msg":"serving"`},
		"a refused value":   {[]string{"--log-format", "json", "--canvas", "50by50"}, process.ExitRefused, "must be WIDTHxHEIGHT"},
		"an unknown flag":   {[]string{"--log-format", "json", "--colour", "red"}, process.ExitRefused, "--colour"},
		"of an equals sign": {[]string{"--colour", "red", "--log-format=json"}, process.ExitRefused, "--colour"},
		"a taken port":      {[]string{"--log-format=json", "--listen", taken.Addr().String()}, process.ExitFailed, "another program listens there"},
	} {
		t.Run(name, func(t *testing.T) {
			var said logtest.Lines
			stop, exit := make(chan os.Signal, 2), make(chan int, 1)
			go func() { exit <- run(append(test.args, "--data", t.TempDir()), &said, &said, stop) }()
			for deadline := time.Now().Add(patience); test.exit == process.ExitStopped && !strings.Contains(said.String(), test.says); time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("it never says %s:\n%s", test.says, said.String())
				}
			}
			stop <- syscall.SIGTERM
			if code := <-exit; code != test.exit || !strings.Contains(said.String(), test.says) {
				t.Errorf("exit %d, want %d; log without %q:\n%s", code, test.exit, test.says, said.String())
			}
			for line := range strings.Lines(said.String()) {
				if !json.Valid([]byte(line)) {
					t.Errorf("not JSON: %s", line)
				}
			}
		})
	}
	t.Run("in the environment", func(t *testing.T) {
		t.Setenv("PLAYGROUND_LOG_FORMAT", "json")
		for _, args := range [][]string{{"--colour", "red"}, {"--canvas", "50by50"}, {"--config", "/nowhere.yaml"}, {"--config", file}} {
			var said logtest.Lines
			if code := run(args, &said, &said, nil); code != process.ExitRefused || !json.Valid([]byte(said.String())) {
				t.Errorf("%v: exit %d, not JSON: %s", args, code, said.String())
			}
		}
	})
}

// stuck is a writer whose Write blocks until it is told to go on.
type stuck struct {
	logtest.Lines
	reading chan struct{} // closed when somebody reads
}

func (s *stuck) Write(p []byte) (int, error) {
	<-s.reading
	return s.Lines.Write(p)
}

// Goal: the log's reader may be as slow as it likes. Lines are buffered up to a bound; those beyond
// are counted, and the count is logged.
func TestLogWriter_NeverWaits(t *testing.T) {
	to := &stuck{reading: make(chan struct{})}
	w := newLogWriter(to, func(lines int) { fmt.Fprintf(to, "dropped %d\n", lines) })
	line := strings.Repeat("x", 1023) + "\n"
	const each, writers = 1000, 4
	var writing sync.WaitGroup
	for range writers {
		writing.Go(func() {
			for range each {
				if n, err := w.Write([]byte(line)); n != len(line) || err != nil {
					t.Errorf("%d, %v", n, err)
				}
			}
		})
	}
	writing.Wait() // would never return if writing waited for the reader
	close(to.reading)
	w.Close()
	text := to.String()
	kept := strings.Count(text, line)
	if bound := 2 * maxUnread / len(line); kept < maxUnread/len(line) || kept > bound { // the buffered lines, and those that were being written
		t.Errorf("%d lines kept, want at most %d", kept, bound)
	}
	dropped := 0
	for line := range strings.Lines(text) {
		n := 0
		if _, err := fmt.Sscanf(line, "dropped %d\n", &n); err == nil {
			dropped += n
		}
	}
	if kept+dropped != writers*each || dropped == 0 {
		t.Errorf("%d kept and %d said to be dropped, of %d", kept, dropped, writers*each)
	}
}

// A server that can't start ends, even if nobody reads why.
func TestRun_EndsAlthoughNobodyReadsWhy(t *testing.T) {
	for name, args := range map[string][]string{"arguments": {"--nonsense"}, "address": {"--data", t.TempDir(), "--listen", "192.0.2.1:1"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reader, writer := io.Pipe() // which has no buffer at all
			defer reader.Close()
			if exit := run(args, io.Discard, writer, nil); exit == process.ExitStopped {
				t.Errorf("exit %d", exit)
			}
		})
	}
}

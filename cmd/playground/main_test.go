package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/store/bolt"
	"pixelplayground/actors/telemetry/logtest"
	"pixelplayground/cmd/commandline"
	"pixelplayground/cmd/playground/process"
	"pixelplayground/codec"
)

// patience bounds every wait here; normally it takes milliseconds.
const patience = 20 * time.Second

// running is a server in this process.
type running struct {
	url  string
	stop chan os.Signal
	exit chan int
	log  *logtest.Lines
}

// start runs a server on a free port and waits until it serves. The test stops it.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{stop: make(chan os.Signal, 2), exit: make(chan int, 1), log: new(logtest.Lines)}
	stdout, out := io.Pipe()
	go func() {
		r.exit <- run(append([]string{"--listen", "127.0.0.1:0"}, args...), out, r.log, r.stop)
		out.Close()
	}()
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	const announcement = "Pixel Playground is at "
	if !strings.HasPrefix(line, announcement+"http://127.0.0.1:") {
		t.Fatalf("exit %d, said %q; log:\n%s", r.wait(t), line, r.log)
	}
	go io.Copy(io.Discard, stdout) // ends with out.Close
	r.url = strings.TrimSpace(strings.TrimPrefix(line, announcement))
	return r
}

func (r *running) wait(t *testing.T) int {
	t.Helper()
	select {
	case code := <-r.exit:
		return code
	case <-time.After(patience):
		t.Fatal("the server did not end")
		return 0
	}
}

// logged waits for a line of the log, which is written beside what the server does, and returns the
// rest of the line.
func (r *running) logged(t *testing.T, start string) string {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, after, found := strings.Cut(r.log.String(), start); found {
			if rest, _, whole := strings.Cut(after, "\n"); whole {
				return rest
			}
		}
	}
	t.Fatalf("no line with %q in the log:\n%s", start, r.log)
	return ""
}

// terminate stops the server as its supervisor would.
func (r *running) terminate(t *testing.T) {
	t.Helper()
	r.stop <- syscall.SIGTERM
	if code := r.wait(t); code != process.ExitStopped {
		t.Errorf("exit %d; log:\n%s", code, r.log)
	}
}

// ask sends a request and returns status and body; headers are pairs of name and value.
func (r *running) ask(t *testing.T, method, path, body string, headers ...string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, strings.TrimSpace(string(answer))
}

// TestRun_KeepsTheCanvas: acknowledged pixels are there after a restart.
func TestRun_KeepsTheCanvas(t *testing.T) {
	data := filepath.Join(t.TempDir(), "new", "data")
	args := []string{"--data", data, "--canvas", "300x200", "--region", "128", "--node", "n1"}
	first := start(t, args...)
	if status, body := first.ask(t, "GET", "/", ""); status != 200 || !strings.Contains(body, "<html") {
		t.Errorf("page: got %d, %d bytes", status, len(body))
	}
	if status, body := first.ask(t, "GET", "/readyz", ""); status != 200 {
		t.Errorf("readyz: got %d %s", status, body)
	}
	if status, body := first.ask(t, "PUT", "/api/pixel", `{"x":299,"y":199,"color":"#0a0B0c"}`); status != 200 {
		t.Fatalf("put: got %d %s", status, body)
	}
	if status, body := first.ask(t, "PUT", "/api/pixels", `{"pixels":[{"x":0,"y":0,"color":"#FF0000"},{"x":128,"y":0,"color":"#00FF00"}]}`); status != 200 {
		t.Fatalf("put: got %d %s", status, body)
	}
	_, health := first.ask(t, "GET", "/health", "")
	var about struct{ Node, Store, Status string }
	if err := json.Unmarshal([]byte(health), &about); err != nil || about.Node != "n1" || about.Store != "ok" || about.Status != "ok" {
		t.Errorf("health: got %s", health)
	}
	if _, metrics := first.ask(t, "GET", "/metrics", ""); !strings.Contains(metrics, "pixelplayground_pixels_committed_total 3") {
		t.Error("the metrics don't count the three pixels")
	}
	first.terminate(t)

	second := start(t, args...)
	want := `{"width":300,"height":200,"pixels":{"0,0":"#FF0000","128,0":"#00FF00","299,199":"#0A0B0C"}}`
	if status, body := second.ask(t, "GET", "/api/canvas", ""); status != 200 || body != want {
		t.Errorf("after a restart: got %d %s\nwant %s", status, body, want)
	}
	second.terminate(t)
}

// TestRun_TellsClients: a JSON client sees what is placed over HTTP, spelt as it was sent. When the
// server is stopped, the client's connection is closed with "restart".
func TestRun_TellsClients(t *testing.T) {
	r := start(t, "--data", t.TempDir())
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, early, _, err := ws.Dial(ctx, "ws"+strings.TrimPrefix(r.url, "http")+"/ws")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	var from io.Reader = conn
	if early != nil {
		from = io.MultiReader(early, conn)
	}
	messages := bufio.NewReader(from)
	// next returns the next message of a type, and the code of the close if there is none.
	next := func(kind string) (string, ws.StatusCode) {
		t.Helper()
		for {
			header, err := ws.ReadHeader(messages)
			if err != nil || header.Length > codec.MaxServerMessage {
				t.Fatalf("a frame of %d bytes, error %v", header.Length, err)
			}
			payload := make([]byte, header.Length)
			if _, err := io.ReadFull(messages, payload); err != nil {
				t.Fatal(err)
			}
			switch {
			case header.OpCode == ws.OpClose:
				code, _ := ws.ParseCloseFrameData(payload)
				return "", code
			case strings.Contains(string(payload), `"type":"`+kind+`"`):
				return string(payload), 0
			}
		}
	}
	next("stats") // connected, and counted
	if status, body := r.ask(t, "PUT", "/api/pixels", `{"pixels":[{"x":1,"y":2,"color":"#aaBBcc"},{"x":3,"y":4,"color":"#aaBBcc"}]}`); status != 200 {
		t.Fatalf("put: got %d %s", status, body)
	}
	for range 2 {
		if pixel, _ := next("pixel_updated"); !strings.Contains(pixel, `"color":"#aaBBcc"`) {
			t.Errorf("got %s, want the colour as sent", pixel)
		}
	}
	r.stop <- syscall.SIGTERM
	if _, code := next("none"); code != ws.StatusCode(codec.CloseRestart) {
		t.Errorf("closed with %d, want %d", code, codec.CloseRestart)
	}
	conn.Close()
	if code := r.wait(t); code != process.ExitStopped {
		t.Errorf("exit %d; log:\n%s", code, r.log)
	}
}

// TestRun_CannotStart: one line on stderr says why and what to do, and the exit code is 1.
func TestRun_CannotStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	inUse := t.TempDir()
	other := start(t, "--data", inUse)
	defer other.terminate(t)
	otherSize := t.TempDir()
	start(t, "--data", otherSize, "--canvas", "64x32").terminate(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}

	for _, test := range []struct {
		name string
		args []string
		want []string // what the line must contain
	}{
		{"port in use", []string{"--listen", taken.Addr().String(), "--data", t.TempDir()},
			[]string{"--listen " + taken.Addr().String(), "another program listens there", "choose another port"}},
		{"address of others", []string{"--listen", "192.0.2.1:8080", "--data", t.TempDir()},
			[]string{"--listen 192.0.2.1:8080", "does not have that address"}},
		{"directory in use", []string{"--data", inUse}, []string{inUse, "another playground process uses it"}},
		{"canvas of other size", []string{"--data", otherSize}, []string{"--canvas 64x32 --region 256"}},
		{"no directory", []string{"--data", file}, []string{file, "choose a directory that this user can write with --data"}},
	} {
		var stdout, stderr strings.Builder
		args := append([]string{"--listen", "127.0.0.1:0", "--log-level", "error"}, test.args...)
		if code := run(args, &stdout, &stderr, nil); code != process.ExitFailed {
			t.Errorf("%s: exit %d", test.name, code)
		}
		line := stderr.String()
		if !strings.HasPrefix(line, "playground: ") || strings.Count(line, "\n") != 1 || stdout.Len() > 0 {
			t.Errorf("%s: got %q and %q, want one line", test.name, stdout.String(), line)
		}
		for _, part := range test.want {
			if !strings.Contains(line, part) {
				t.Errorf("%s: %q does not say %q", test.name, line, part)
			}
		}
	}
}

func TestRun_Questions(t *testing.T) {
	for _, test := range []struct {
		arg            string
		exit           int
		stdout, stderr string // how each begins
	}{
		{"--help", process.ExitStopped, "Usage: playground", ""},
		{"--version", process.ExitStopped, commandline.Version() + " (protocol ", ""},
		{"--canvas=50by50", process.ExitRefused, "", `playground: --canvas "50by50": must be WIDTHxHEIGHT in pixels, for example --canvas 1024x1024` + "\n"},
	} {
		var stdout, stderr strings.Builder
		if code := run([]string{test.arg}, &stdout, &stderr, nil); code != test.exit {
			t.Errorf("%s: exit %d, want %d", test.arg, code, test.exit)
		}
		if !strings.HasPrefix(stdout.String(), test.stdout) || stderr.String() != test.stderr || (test.stdout == "") != (stdout.Len() == 0) {
			t.Errorf("%s: got %q and %q", test.arg, stdout.String(), stderr.String())
		}
	}
}

// TestRun_SecondSignal ends a server without waiting for what the first one began.
func TestRun_SecondSignal(t *testing.T) {
	data := t.TempDir()
	r := start(t, "--data", data)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, early, _, err := ws.Dial(ctx, "ws"+strings.TrimPrefix(r.url, "http")+"/ws")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() // this client never answers the close frame, for which the server waits two seconds
	var greeting io.Reader = conn
	if early != nil {
		greeting = early
	}
	if _, err := ws.ReadHeader(greeting); err != nil { // now the server certainly has the connection
		t.Fatal(err)
	}
	r.stop <- syscall.SIGINT
	r.stop <- syscall.SIGINT // an echo of the first signal
	select {
	case <-time.After(echo + 100*time.Millisecond):
	case code := <-r.exit:
		t.Fatalf("exit %d after an echo; log:\n%s", code, r.log)
	}
	r.stop <- syscall.SIGINT
	if code := r.wait(t); code != process.ExitFailed || !strings.Contains(r.log.String(), "stopped at once") {
		t.Errorf("exit %d; log:\n%s", code, r.log)
	}
	// A real process would be gone. Here its goroutines go on, and must end before the test does.
	cfg := bolt.DefaultConfig()
	cfg.Dir = data
	for deadline := time.Now().Add(patience); ; {
		store, err := bolt.Open(cfg) // waits a while for the lock
		if err == nil {
			store.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

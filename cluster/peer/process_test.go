package peer

import (
	"bufio"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// Starting remote sets gRPC's logger, which is global and unguarded, so a process can do so only
// once. So every test of peers runs in a process of its own, and so does every pod it talks to.
// These processes are this test binary; the environment tells them what to be.
const (
	isolatedEnv = "CLUSTER_TEST_ISOLATED"
	farEnv      = "CLUSTER_TEST_FAR"         // a farConfig as JSON
	raceEnv     = "GORACE=atexit_sleep_ms=0" // or the race detector ends each process with a second's sleep
)

// isolated runs the test again in a process of its own, and returns true in that process.
func isolated(t *testing.T) bool {
	t.Helper()
	if os.Getenv(isolatedEnv) == t.Name() {
		return true
	}
	only := "^" + strings.ReplaceAll(t.Name(), "/", "$/^") + "$"
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", only, "-test.count=1", "-test.v", "-test.timeout=5m")
	cmd.Env = append(os.Environ(), raceEnv, isolatedEnv+"="+t.Name())
	cmd.WaitDelay = time.Second // for pods that a test which was killed has left
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, output)
	} else if testing.Verbose() {
		t.Logf("%s", output)
	}
	return false
}

// farConfig is what a pod in another process is told.
type farConfig struct {
	Peer string
	TLS  Files
}

// far is a pod in another process. Its actors are sinks: see sink.
type far struct {
	t       testing.TB
	cmd     *exec.Cmd
	stdin   io.Closer
	address string
	done    bool
}

// startFar starts a pod and waits until it listens.
func startFar(t testing.TB, cfg farConfig) *far {
	t.Helper()
	raw, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	f := &far{t: t, cmd: exec.Command(os.Args[0], "-test.run=^TestFar$", "-test.count=1")}
	f.cmd.Env = append(os.Environ(), raceEnv, farEnv+"="+string(raw))
	f.cmd.Stderr = os.Stderr
	f.stdin, _ = f.cmd.StdinPipe()
	stdout, _ := f.cmd.StdoutPipe()
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.stop)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	f.address = strings.TrimSpace(line)
	if err != nil || !strings.Contains(f.address, ":") {
		t.Fatalf("the other pod did not start: %q, %v", line, err)
	}
	return f
}

// stop ends the pod in an orderly way. A data race in it shows in its exit code.
func (f *far) stop() {
	if f.done {
		return
	}
	f.done = true
	f.resume() // in case a test has stopped it and failed
	_ = f.stdin.Close()
	if err := f.cmd.Wait(); err != nil {
		f.t.Errorf("the other pod ended with %v", err)
	}
}

func (f *far) kill() {
	f.done = true
	_ = f.cmd.Process.Kill()
	_ = f.cmd.Wait()
}

func (f *far) sink() *actor.PID { return actor.NewPID(f.address, "sink") }

// TestFar is not a test but the pod that startFar starts.
func TestFar(t *testing.T) {
	raw := os.Getenv(farEnv)
	if raw == "" {
		return
	}
	var cfg farConfig
	if err := json.Unmarshal([]byte(raw), &cfg); err != nil {
		t.Fatal(err)
	}
	p := New(Config{At: at(t, cfg.Peer), TLS: cfg.TLS, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Refuse: func(string, ...any) {}})
	if err := p.Listen(); err != nil {
		t.Fatal(err)
	}
	spawnSink(t, p)
	_, _ = os.Stdout.WriteString(p.Address() + "\n")
	_, _ = io.Copy(io.Discard, os.Stdin) // until whoever started it closes it, or dies
	p.Close()
}

// sink counts Submits, and reports the count to whoever sends it an Attach.
type sink struct {
	received uint64
	next     uint64 // N
	strays   uint64 // Submits that did not follow the one before
	pixels   uint64
}

func spawnSink(t testing.TB, p *Peers) {
	t.Helper()
	props := actor.PropsFromProducer(func() actor.Actor { return new(sink) })
	if _, err := p.system.Root.SpawnNamed(props, "sink"); err != nil {
		t.Fatal(err)
	}
}

func (s *sink) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *message.Submit:
		s.received++
		if m.N != s.next {
			s.strays++
		}
		s.next = m.N + 1
		for i := range m.Ops {
			s.pixels += uint64(len(m.Ops[i].Pixels))
		}
	case *message.Attach:
		ctx.Respond(&message.Attached{Stream: m.Stream, Answers: s.received, Position: canvas.Position{Epoch: s.strays, Seq: s.pixels}})
	}
}

// at is host:port as an address to listen at.
func at(t testing.TB, address string) *net.TCPAddr {
	t.Helper()
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// nearBy starts the test's own pod, which ends with the test.
func nearBy(t testing.TB, cfg Config) *Peers {
	t.Helper()
	if cfg.At == nil {
		cfg.At = at(t, "127.0.0.1:0")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Refuse == nil {
		cfg.Refuse = func(why string, attributes ...any) { cfg.Log.Warn(why, attributes...) }
	}
	p := New(cfg)
	t.Cleanup(p.Close)
	if err := p.Listen(); err != nil {
		t.Fatal(err)
	}
	return p
}

// ask asks a sink what it has received; nil: no answer in time.
func ask(p *Peers, pid *actor.PID, timeout time.Duration) *message.Attached {
	answer, err := p.system.Root.RequestFuture(pid, &message.Attach{Stream: 1}, timeout).Result()
	if err != nil {
		return nil
	}
	attached, _ := answer.(*message.Attached)
	return attached
}

// await asks until the sink has received n Submits.
func await(t testing.TB, p *Peers, pid *actor.PID, n uint64, timeout time.Duration) *message.Attached {
	t.Helper()
	var last *message.Attached
	for deadline := time.Now().Add(timeout); time.Now().Before(deadline); {
		if now := ask(p, pid, time.Second); now != nil {
			if last = now; now.Answers >= n {
				return now
			}
		}
	}
	t.Fatalf("%d messages have not arrived within %v: last heard %+v", n, timeout, last)
	return nil
}

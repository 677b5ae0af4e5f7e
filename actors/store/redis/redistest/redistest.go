// Package redistest runs real Redis servers for tests: on loopback, on free ports, each with a
// directory of its own, stopped when the test ends. They keep every acknowledged write on disk, so
// if a test finds a write lost, Redis did not lose it.
package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience bounds every wait here. What is waited for takes milliseconds, or two seconds in a
// cluster.
const patience = 20 * time.Second

// Server is a redis-server process. Its methods are for the test's goroutine.
type Server struct {
	Addr string // 127.0.0.1:port
	t    testing.TB
	args []string
	log  string // path
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended; a new one per start
}

// Start runs a redis-server with further arguments until the test ends.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	return run(t, append([]string{"--appendonly", "yes", "--appendfsync", "always", "--save", ""}, args...))
}

// startSentinel runs a Redis Sentinel with a configuration file, which it will change, until the
// test ends.
func startSentinel(t testing.TB, file string) *Server {
	t.Helper()
	return run(t, []string{file, "--sentinel"})
}

func run(t testing.TB, args []string) *Server {
	t.Helper()
	dir := t.TempDir()
	s := &Server{t: t, log: filepath.Join(dir, "redis.log")}
	for try := 1; ; try++ {
		port := FreePort(t)
		s.Addr = "127.0.0.1:" + port
		s.args = append(args[:len(args):len(args)], "--port", port, "--bind", "127.0.0.1", "--dir", dir, "--logfile", s.log)
		err := s.start()
		if err == nil {
			break
		}
		if try == 3 { // others may take the port before the server does
			t.Fatal(err)
		}
	}
	t.Cleanup(s.Kill)
	return s
}

// URL is the URL of this server alone.
func (s *Server) URL() string { return "redis://" + s.Addr }

// Port is the port of Addr.
func (s *Server) Port() string { return s.Addr[strings.LastIndexByte(s.Addr, ':')+1:] }

func (s *Server) start() error {
	cmd, done := exec.Command("redis-server", s.args...), make(chan struct{})
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w: install Redis, on Debian the package redis-server", err)
	}
	s.cmd, s.done = cmd, done
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(done)
	}()
	for deadline := time.Now().Add(patience); ; {
		answer, err := s.try("PING")
		if err == nil && answer == "PONG" {
			return nil
		}
		ended := false
		select {
		case <-done:
			ended = true
		case <-time.After(5 * time.Millisecond): // between polls
		}
		if ended || time.Now().After(deadline) {
			s.Kill()
			log, _ := os.ReadFile(s.log)
			return fmt.Errorf("redis-server at %s does not answer: %s %v\n%s", s.Addr, answer, err, log)
		}
	}
}

// Kill is kill -9, without effect on a server that has ended.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
}

// Restart starts a killed server again where it was, with what it had on disk.
func (s *Server) Restart() {
	s.t.Helper()
	if err := s.start(); err != nil {
		s.t.Fatal(err)
	}
}

// Do sends a command and returns the answer as redis-cli shows it to programs.
func (s *Server) Do(command ...string) string {
	s.t.Helper()
	answer, err := s.try(command...)
	if err != nil {
		s.t.Fatalf("%v: %v %s", command, err, answer)
	}
	return answer
}

func (s *Server) try(command ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	// -e turns an error that Redis answers into an error here.
	out, err := exec.CommandContext(ctx, "redis-cli", append([]string{"-e", "-p", s.Port()}, command...)...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// Changes counts what was written since it started: a number, as text.
func (s *Server) Changes() string {
	s.t.Helper()
	_, rest, _ := strings.Cut(s.Do("INFO", "persistence"), "rdb_changes_since_last_save:")
	count, _, ok := strings.Cut(rest, "\r\n")
	if !ok {
		s.t.Fatal("Redis does not count changes")
	}
	return count
}

// FreePort is a port that nobody listened on a moment ago.
func FreePort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, _ := net.SplitHostPort(listener.Addr().String()) // a listener's address is well formed
	return port
}

// Cluster runs a Redis Cluster of three masters and returns them.
func Cluster(t testing.TB) []*Server {
	t.Helper()
	const slots = 16384
	nodes := make([]*Server, 3)
	buses := make([]string, len(nodes))
	for i := range nodes {
		buses[i] = FreePort(t)
		nodes[i] = Start(t, "--cluster-enabled", "yes", "--cluster-port", buses[i], "--cluster-node-timeout", "5000")
	}
	for i, node := range nodes {
		node.Do("CLUSTER", "SET-CONFIG-EPOCH", fmt.Sprint(i+1))
		node.Do("CLUSTER", "ADDSLOTSRANGE", fmt.Sprint(i*slots/len(nodes)), fmt.Sprint((i+1)*slots/len(nodes)-1))
		if i > 0 {
			node.Do("CLUSTER", "MEET", "127.0.0.1", nodes[0].Port(), buses[0])
		}
	}
	for _, node := range nodes {
		Eventually(t, "the cluster is up", func() bool {
			info := node.Do("CLUSTER", "INFO")
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3")
		})
	}
	return nodes
}

// ClusterURL is the URL of a cluster, with all its nodes.
func ClusterURL(nodes []*Server) string {
	url := nodes[0].URL()
	for i, node := range nodes[1:] {
		url += []string{"?", "&"}[min(i, 1)] + "addr=" + node.Addr
	}
	return url
}

// Replicated runs a master with a replica, and a Sentinel that knows both and promotes the replica
// half a second after the master has gone.
func Replicated(t testing.TB) (master, replica, sentinel *Server) {
	t.Helper()
	master = Start(t)
	replica = Start(t, "--replicaof", "127.0.0.1 "+master.Port())
	file := filepath.Join(inMemory(t), "sentinel.conf")
	watch := "sentinel monitor canvas 127.0.0.1 " + master.Port() + " 1\n" +
		"sentinel down-after-milliseconds canvas 500\n" +
		"sentinel failover-timeout canvas 1000\n" // a try that finds the replica late with an answer is repeated after twice that, not after six minutes
	if err := os.WriteFile(file, []byte(watch), 0o600); err != nil {
		t.Fatal(err)
	}
	sentinel = startSentinel(t, file)
	t.Cleanup(func() {
		if said, err := os.ReadFile(sentinel.log); err == nil && t.Failed() {
			t.Logf("the Sentinel said:\n%s", said)
		}
	})
	Eventually(t, "the replica follows and is known", func() bool {
		return strings.Contains(replica.Do("INFO", "replication"), "master_link_status:up") &&
			strings.Contains(sentinel.Do("SENTINEL", "REPLICAS", "canvas"), replica.Port())
	})
	return master, replica, sentinel
}

// inMemory returns a directory that needs no disk, where there is one. A Sentinel syncs its file, and
// once something has held it up for 2 s it looks after nothing for the next 30 s.
func inMemory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "sentinel")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// SentinelURL is the URL of what a Sentinel of Replicated watches.
func SentinelURL(sentinel *Server) string { return sentinel.URL() + "?master_name=canvas" }

// Eventually polls until cond holds.
func Eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !cond(); {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
		time.Sleep(5 * time.Millisecond) // between polls
	}
}

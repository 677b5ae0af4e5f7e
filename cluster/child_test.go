package cluster

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pixelplayground/cluster/clustertest"
)

// child is a pod in a process of its own, for what can only happen to a process.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	gossip string

	mu    sync.Mutex
	views [][]string // ids, its own first
}

const childEnv = "CLUSTER_TEST_CHILD"

func startChild(t *testing.T, name string, join ...string) *child {
	t.Helper()
	cfg, err := json.Marshal(append([]string{name}, join...))
	if err != nil {
		t.Fatal(err)
	}
	p := &child{t: t, cmd: exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.count=1")}
	p.cmd.Env = append(os.Environ(), childEnv+"="+string(cfg))
	stdin, _ := p.cmd.StdinPipe() // held open: the process ends with this one
	stdout, _ := p.cmd.StdoutPipe()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() || !strings.Contains(lines.Text(), ":") {
		t.Fatalf("%s did not start: %q", name, lines.Text())
	}
	p.gossip = lines.Text()
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines.Scan() {
			p.mu.Lock()
			p.views = append(p.views, strings.Fields(lines.Text()))
			p.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = p.cmd.Process.Kill()
		<-read
		_ = p.cmd.Wait()
	})
	return p
}

// TestChild is not a test but the pod that startChild starts. It reports its gossip address, and
// then each of its views.
func TestChild(t *testing.T) {
	raw := os.Getenv(childEnv)
	if raw == "" {
		return
	}
	var args []string
	if err := json.Unmarshal([]byte(raw), &args); err != nil {
		t.Fatal(err)
	}
	cfg := testConfig(args[0])
	cfg.Join, cfg.Log = args[1:], slog.New(slog.DiscardHandler)
	c := New(cfg)
	c.openPeers = func(Config, net.IP) (peering, error) { return &fakePeers{at: cfg.Name + ":1"}, nil }
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	fmt.Println(c.socket.address())
	err := c.Open(func() {
		ids := []string{c.id()}
		for _, m := range c.View().Members() {
			if !m.Self {
				ids = append(ids, m.ID)
			}
		}
		if len(c.View().Members()) == 0 {
			ids[0] = "none"
		}
		fmt.Println(strings.Join(ids, " "))
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = c.Close()
}

func (c *Cluster) id() string { return c.current().id }

func (p *child) all() [][]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.views)
}

// view returns the latest view, sorted, and the pod's own id in it.
func (p *child) view() (ids []string, own string) {
	all := p.all()
	if len(all) == 0 {
		return nil, ""
	}
	last := all[len(all)-1]
	return slices.Sorted(slices.Values(last)), last[0]
}

// meet waits until the processes all have a view of exactly these members.
func meet(t *testing.T, processes ...*child) (ids []string) {
	t.Helper()
	clustertest.Eventually(t, "the processes see each other", func() bool {
		ids = nil
		for _, p := range processes {
			_, own := p.view()
			ids = append(ids, own)
		}
		slices.Sort(ids)
		return !slices.ContainsFunc(processes, func(p *child) bool {
			seen, _ := p.view()
			return !slices.Equal(seen, ids)
		})
	})
	return ids
}

func (p *child) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// Goal: as TestCluster_KilledMemberIsGoneFromEveryView, with processes and SIGKILL.
func TestCluster_KilledProcessIsGone(t *testing.T) {
	processes := []*child{startChild(t, "p-0")}
	for i := 1; i < 4; i++ {
		processes = append(processes, startChild(t, fmt.Sprintf("p-%d", i), processes[0].gossip))
	}
	for len(processes) > 1 {
		meet(t, processes...)
		processes[0].signal(syscall.SIGKILL)
		began := time.Now()
		processes = processes[1:]
		meet(t, processes...)
		t.Logf("killed 1 of %d: gone in %v", len(processes)+1, time.Since(began).Round(time.Millisecond))
	}
}

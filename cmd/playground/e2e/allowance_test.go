//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/store/redis/redistest"
	"pixelplayground/cmd/pixelctl/loadtest/report"
)

// greedy runs `pixelctl test allowance` as one person at several servers, and faults meanwhile. The
// person must have been given no pixel too many (I10), and at least this share of the allowance.
func greedy(t *testing.T, targets []string, least int, faults func(), more ...string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "report.json")
	args := append([]string{"test", "allowance", "--out", out, "--least", fmt.Sprint(least), "--connections", "200"}, more...)
	for _, at := range targets {
		args = append(args, "--target", at)
	}
	test := exec.CommandContext(t.Context(), filepath.Join(binaries, "pixelctl"), args...)
	var said bytes.Buffer
	test.Stdout, test.Stderr = &said, &said
	if err := test.Start(); err != nil {
		t.Fatal(err)
	}
	faults()
	ended := test.Wait()
	t.Logf("pixelctl said:\n%s", said.String())
	var r report.Report
	text, err := os.ReadFile(out)
	if err := errors.Join(err, json.Unmarshal(text, &r)); err != nil {
		t.Fatalf("%v, it ended with %v", err, ended)
	}
	for _, v := range r.Verdicts {
		if !v.Passed && v.Name != "connections" { // what is killed is broken
			t.Errorf("%s: %s", v.Name, v.Text)
		}
	}
}

// allowanceOwner is the canvas server that has the allowance of the one who draws.
func (p *pods) allowanceOwner() (owner *server) {
	p.t.Helper()
	eventually(p.t, "a server has the allowance", func() error {
		for _, s := range p.canvases {
			if s.cmd == nil {
				continue
			}
			text, err := get(s.url + "/metrics")
			if err == nil && !strings.Contains(string(text), `pixelplayground_actors{kind="allowance"} 1`+"\n") {
				owner = s
				return nil
			}
		}
		return errors.New("none")
	})
	return owner
}

// Goal (I10): reconnects, many connections at once and HTTP draw from one allowance, also over kill -9
// of the only server. Method: the tool takes all it can get; the server is killed and started again.
func TestAllowance_SurvivesKill(t *testing.T) {
	beside(t)
	s := start(t, "--rate", "100", "--burst", "300")
	greedy(t, []string{s.ws()}, 60, func() {
		time.Sleep(time.Second) // while pixels are placed
		s.kill()
		s.restart()
	}, "--reconnects", "2000", "--requests", "300", "--duration", "3s")
}

// Goal (I10): two gateways, WebSocket and HTTP draw from one allowance, over kill -9 of the server that
// has it and of a gateway. Method: the tool takes all it can get from both gateways.
func TestAllowance_SurvivesKillsInACluster(t *testing.T) {
	beside(t)
	p := startPods(t, 2, 3, "--rate", "100", "--burst", "300")
	greedy(t, p.targets(0), 50, func() {
		time.Sleep(time.Second) // while pixels are placed
		p.allowanceOwner().kill()
		time.Sleep(1500 * time.Millisecond) // until its successor gives pixels
		p.gateways[1].kill()
	}, "--reconnects", "1000", "--requests", "200", "--duration", "4s")
}

// Goal (I10): a failover of Redis, which may lose the last writes, gives no pixel of a long cooldown
// twice. Method: the master is killed while a person takes all; then the server that has the allowance.
func TestAllowance_SurvivesAFailover(t *testing.T) {
	beside(t)
	master, _, sentinel := redistest.Replicated(t)
	p := newPodsOn(t, redistest.SentinelURL(sentinel)).with(1, 2, "--cooldown", "500ms", "--stack", "80")
	greedy(t, p.targets(0), 40, func() {
		time.Sleep(time.Second) // while pixels are placed
		master.Kill()
		time.Sleep(2 * time.Second) // until the replica is the master, or nearly
		p.allowanceOwner().kill()
	}, "--reconnects", "300", "--requests", "50", "--duration", "5s")
}

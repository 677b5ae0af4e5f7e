//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestRules_ObeyedUnderChaos. Goal: once an act is acknowledged, nothing that it forbids is committed, and the sessions of the banned have
// ended, whatever is killed meanwhile; whom no act concerns loses nothing. Method: pixelctl draws with 40 clients, decides at random, and
// judges op by op from the record, while canvas pods and gateways get kill -9 and come back. How long a ban may take is not judged here,
// since the machine may be busy; that all of it has come to pass is.
func TestRules_ObeyedUnderChaos(t *testing.T) {
	p := startPods(t, 2, 3, append(operators(), "--record", t.TempDir())...)
	dir := t.TempDir()
	victims := []*server{p.canvases[0], p.gateways[0], p.canvases[1]}
	for n, s := range victims {
		if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(n)), []byte(strconv.Itoa(s.cmd.Process.Pid)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	args := []string{
		"test", "chaos", "--rules", "--recorded", "--clients", "40", "--rate", "200", "--duration", "16s", "--every", "4s", "--settle", "60s",
		"--kill", "kill -9 $(cat " + dir + "/{n})", "--max-pause", "0", "--max-end", "20s",
	}
	for _, target := range p.targets(0) {
		args = append(args, "--target", target)
	}
	test := exec.CommandContext(ctx, filepath.Join(binaries, "pixelctl"), args...)
	var output bytes.Buffer
	test.Env = append(os.Environ(), "PIXELCTL_ADMIN_TOKEN="+operatorsToken)
	test.Stdout, test.Stderr = &output, &output
	if err := test.Start(); err != nil {
		t.Fatal(err)
	}
	for n, s := range victims {
		select {
		case <-s.done:
		case <-ctx.Done():
			t.Fatalf("kill %d did not come; pixelctl said:\n%s", n+1, output.String())
		}
		s.cmd = nil
		s.restart()
	}
	err := test.Wait()
	_, verdicts, _ := strings.Cut(output.String(), "clients: ")
	t.Logf("pixelctl said:\n%s", verdicts)
	if err != nil {
		t.Errorf("it ended with %v", err)
	}
	for _, name := range []string{"delivery", "record", "obeyed", "just", "ended", "decided", "order", "kills"} {
		if !strings.Contains(verdicts, "ok      "+name+": ") {
			t.Errorf("there is no good verdict %q", name)
		}
	}
}

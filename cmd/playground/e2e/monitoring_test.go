//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const alerts = "../../../k8s/components/monitoring/alerts.yaml"

// TestAlerts_PrometheusTakesThem: the rules are well formed, and fire when they should.
func TestAlerts_PrometheusTakesThem(t *testing.T) {
	rules, err := filepath.Abs(alerts)
	if err != nil {
		t.Fatal(err)
	}
	cases, err := os.ReadFile("testdata/alerts_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "alerts_test.yaml")
	if err := os.WriteFile(file, []byte(strings.Replace(string(cases), "ALERTS", rules, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"check", "rules", rules}, {"test", "rules", file}} {
		if output, err := exec.Command("promtool", args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, output)
		}
	}
}

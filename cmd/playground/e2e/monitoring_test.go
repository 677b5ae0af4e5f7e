//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../../.." // of the repository

// rulesFile writes the rules to a file for a Prometheus without the operator, by the command in the
// guide.
func rulesFile(t *testing.T) string {
	t.Helper()
	guide, err := os.ReadFile(root + "/k8s/README.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`(?m)^sed .*monitoring/alerts\.yaml.*$`).Find(guide)
	if command == nil {
		t.Fatal("the guide does not say how to make a file of the alerts")
	}
	command = regexp.MustCompile(` > [a-z.-]+$`).ReplaceAll(command, nil)
	sed := exec.Command("sh", "-c", string(command))
	sed.Dir = root
	text, err := sed.Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestAlerts_PrometheusTakesThem: the rules are well formed, and fire when they should.
func TestAlerts_PrometheusTakesThem(t *testing.T) {
	beside(t)
	rules := rulesFile(t)
	test := []string{"test", "rules"}
	for _, name := range []string{"alerts_test.yaml", "backups_test.yaml"} {
		cases, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(strings.Replace(string(cases), "ALERTS", rules, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		test = append(test, file)
	}
	for _, args := range [][]string{{"check", "rules", rules}, test} {
		if output, err := exec.Command("promtool", args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, output)
		}
	}
}

package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"gopkg.in/yaml.v3"
)

const (
	dashboardFile = "../../k8s/components/monitoring/dashboard.json"
	alertsFile    = "../../k8s/components/monitoring/alerts.yaml"
)

// expressions is what the dashboard and the alerts ask Prometheus, by panel or alert.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	found := make(map[string]string)
	var board struct {
		Panels []struct {
			Title, Type, Description string
			GridPos                  struct{ X, Y, W, H int }
			Targets                  []struct{ Expr string }
		}
	}
	content, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &board); err != nil {
		t.Fatal(err)
	}
	for _, p := range board.Panels {
		if p.Type != "row" && (len(p.Targets) == 0 || p.Description == "" || p.GridPos.X+p.GridPos.W > 24) {
			t.Errorf("panel %q is not complete: %+v", p.Title, p)
		}
		for _, target := range p.Targets {
			found["panel "+p.Title+": "+target.Expr] = target.Expr
		}
	}
	var rules struct {
		Spec struct {
			Groups []struct {
				Rules []struct {
					Alert, Expr string
					Annotations struct{ Summary, Description string }
					Labels      struct{ Severity string }
				}
			}
		}
	}
	if content, err = os.ReadFile(alertsFile); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(content, &rules); err != nil {
		t.Fatal(err)
	}
	for _, g := range rules.Spec.Groups {
		for _, r := range g.Rules {
			if r.Annotations.Summary == "" || r.Annotations.Description == "" || r.Labels.Severity == "" {
				t.Errorf("alert %s does not say what to do", r.Alert)
			}
			found["alert "+r.Alert+": "+r.Expr] = r.Expr
		}
	}
	return found
}

// TestMonitoring_AsksForWhatThereIs: a server shows every metric that dashboard and alerts use,
// with the labels that they use.
func TestMonitoring_AsksForWhatThereIs(t *testing.T) {
	r := start(t, "--data", t.TempDir(), "--max-connections", "1")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	// A counter by label value appears once it has counted something. So make one connection too
	// many, and close one.
	address := "ws" + strings.TrimPrefix(r.url, "http") + "/ws"
	conn, _, _, err := ws.Dial(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := ws.Dial(ctx, address); err == nil {
		t.Fatal("there is room for more than one")
	}
	conn.Close()
	var shown string
	eventually(t, "the connection is gone", func() bool {
		_, shown = r.ask(t, http.MethodGet, "/metrics", "")
		return strings.Contains(shown, "pixelplayground_connections_closed_total{")
	})

	labels := make(map[string]string) // by metric: all labels that it has been seen with
	for line := range strings.Lines(shown) {
		if m := regexp.MustCompile(`^([a-z_0-9]+)(\{.*\})? `).FindStringSubmatch(line); m != nil {
			labels[m[1]] += m[2]
		}
	}
	used := 0
	for where, expr := range expressions(t) {
		for _, m := range regexp.MustCompile(`\b((?:pixelplayground|process|go)_[a-z_0-9]+)(\{[^}]*\})?`).FindAllStringSubmatch(expr, -1) {
			used++
			has, known := labels[m[1]]
			if !known {
				t.Errorf("%s: there is no metric %s", where, m[1])
			}
			for _, label := range regexp.MustCompile(`([a-z]+)(=~?)"([^"]*)"`).FindAllStringSubmatch(m[2], -1) {
				if label[1] == "instance" { // Prometheus adds it
					continue
				}
				for value := range strings.SplitSeq(label[3], "|") {
					if !strings.Contains(has, label[1]+`="`+value+`"`) {
						t.Errorf("%s: %s has no %s=%q", where, m[1], label[1], value)
					}
				}
			}
		}
		for _, by := range regexp.MustCompile(`by \(([a-z, ]+)\)`).FindAllStringSubmatch(expr, -1) {
			for label := range strings.SplitSeq(by[1], ", ") {
				if label != "instance" && !strings.Contains(shown, label+`="`) {
					t.Errorf("%s: nothing has a label %s", where, label)
				}
			}
		}
	}
	if used < 50 {
		t.Errorf("only %d metrics are used", used)
	}
	r.terminate(t)
}

package k8s

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pixelplayground/k8s/manifest"
)

func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// pages is the guide and all pages beside it, by name.
func pages(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("*.md")
	if err != nil || len(names) < 2 {
		t.Fatal(names, err)
	}
	texts := make(map[string]string)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	return texts
}

// TestPages_NameWhatThereIs: the paths, headings and metrics that pages name exist.
func TestPages_NameWhatThereIs(t *testing.T) {
	texts, metrics := serverTexts(t), 0
	for page, text := range pages(t) {
		for _, path := range regexp.MustCompile(`\bk8s/[a-z/.-]*[a-z]`).FindAllString(text, -1) {
			if _, err := os.Stat("../" + path); err != nil {
				t.Errorf("%s names %s: %v", page, path, err)
			}
		}
		for _, m := range regexp.MustCompile(`\]\(([a-zA-Z./-]+)(?:#([a-z0-9-]+))?\)`).FindAllStringSubmatch(text, -1) {
			linked, err := os.ReadFile(m[1])
			if _, folder := os.Stat(m[1]); err != nil && folder != nil {
				t.Errorf("%s links to %s: %v", page, m[1], err)
			}
			if m[2] != "" && !slices.Contains(headings(string(linked)), m[2]) {
				t.Errorf("%s links to %s, which has no #%s", page, m[1], m[2])
			}
		}
		for _, m := range regexp.MustCompile(`\bpixelplayground_([a-z_]+)`).FindAllStringSubmatch(text, -1) {
			metrics++
			name := strings.TrimSuffix(strings.TrimSuffix(m[1], "_bucket"), "_sum")
			if !slices.Contains(texts, name) {
				t.Errorf("%s names the metric %s, which the server does not have", page, m[0])
			}
		}
	}
	if metrics == 0 {
		t.Error("no page names a metric")
	}
}

// headings is the anchors that a page has.
func headings(text string) (anchors []string) {
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		kept := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(m[1]), "")
		anchors = append(anchors, strings.ReplaceAll(kept, " ", "-"))
	}
	return anchors
}

// TestAlerts_AreExplained: each alert has its line on the page, and the page has no other lines.
func TestAlerts_AreExplained(t *testing.T) {
	var alerts, explained []string
	rule := manifest.Get[manifest.PrometheusRule](kustomization{"base", "components/monitoring"}.load(t), "pixel-playground")
	for _, group := range rule.Spec.Groups {
		for _, a := range group.Rules {
			alerts = append(alerts, a.Alert)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Za-z]+)` \\|").FindAllStringSubmatch(pages(t)["alerts.md"], -1) {
		explained = append(explained, m[1])
	}
	if len(alerts) == 0 || !slices.Equal(alerts, explained) {
		t.Errorf("alerts are %v, explained are %v", alerts, explained)
	}
}

// TestKustomizations_HaveTheirPods: each kustomization has the right number of pods; with an
// autoscaler, that is the minimum.
func TestKustomizations_HaveTheirPods(t *testing.T) {
	for dir, want := range map[string][2]int{"base": {4, 3}, "overlays/dev": {2, 2}, "overlays/prod": {4, 3}} {
		set := kustomization{dir}.load(t)
		if got := [2]int{workload(set, "gateway").Replicas, workload(set, "canvas").Replicas}; got != want {
			t.Errorf("%s has %d gateways and canvas pods, want %d", dir, got, want)
		}
	}
}

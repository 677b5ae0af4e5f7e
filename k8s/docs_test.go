package k8s

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// documentedSecret is the keys that the guide's commands give the Secret.
func documentedSecret(t *testing.T) (keys []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`--from-literal=([a-z-]+)=`).FindAllStringSubmatch(guide(t), -1) {
		keys = append(keys, m[1])
	}
	if !strings.Contains(guide(t), "create secret generic playground ") || len(keys) == 0 {
		t.Fatal("the guide does not say how to make the Secret")
	}
	return keys
}

// TestGuide_MakesNoSecretInVain: what the commands make is used.
func TestGuide_MakesNoSecretInVain(t *testing.T) {
	used := make(map[string]bool)
	for _, k := range []kustomization{{"base"}, {"base", "components/managed-redis"}} {
		for _, w := range k.load(t).Workloads() {
			for _, v := range w.Container().Env {
				if v.ValueFrom != nil && v.ValueFrom.SecretKeyRef != nil {
					used[v.ValueFrom.SecretKeyRef.Key] = true
				}
			}
		}
	}
	for _, key := range documentedSecret(t) {
		if !used[key] {
			t.Errorf("the guide makes %s, and nothing reads it", key)
		}
	}
}

// TestGuide_NamesWhatThereIs: paths, and metrics by their names.
func TestGuide_NamesWhatThereIs(t *testing.T) {
	for _, path := range regexp.MustCompile(`\bk8s/[a-z/.-]*[a-z]`).FindAllString(guide(t), -1) {
		if _, err := os.Stat("../" + path); err != nil {
			t.Errorf("the guide names %s: %v", path, err)
		}
	}
	for _, m := range regexp.MustCompile(`\]\(([a-zA-Z./-]+)\)`).FindAllStringSubmatch(guide(t), -1) {
		if _, err := os.Stat(m[1]); err != nil {
			t.Errorf("the guide links to %s: %v", m[1], err)
		}
	}
	texts := serverTexts(t)
	metrics := regexp.MustCompile(`\bpixelplayground_([a-z_]+)`).FindAllStringSubmatch(guide(t), -1)
	if len(metrics) == 0 {
		t.Error("the guide names no metric")
	}
	for _, m := range metrics {
		name := strings.TrimSuffix(strings.TrimSuffix(m[1], "_bucket"), "_sum")
		if !slices.Contains(texts, name) {
			t.Errorf("the guide names the metric %s, which the server does not have", m[0])
		}
	}
}

// TestKustomizations_HaveTheirPods: how many there are, with an autoscaler at the least.
func TestKustomizations_HaveTheirPods(t *testing.T) {
	for dir, want := range map[string][2]int{"base": {4, 3}, "overlays/dev": {2, 2}, "overlays/prod": {4, 3}} {
		set := kustomization{dir}.load(t)
		if got := [2]int{workload(set, "gateway").Replicas, workload(set, "canvas").Replicas}; got != want {
			t.Errorf("%s has %d gateways and canvas pods, want %d", dir, got, want)
		}
	}
}

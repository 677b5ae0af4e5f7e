package k8s

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"pixelplayground/k8s/manifest"
)

// knob is one section of knobs.md.
type knob struct {
	title string
	files map[string]string // kustomization.yaml, and the files that it names
}

// knobs reads the page. The first block of a section goes into the kustomization; other blocks
// begin with their file name.
func knobs(t *testing.T) (found []knob) {
	t.Helper()
	blocks, names := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$"), regexp.MustCompile(`^# ([a-z]+\.yaml)\n`)
	for _, section := range strings.Split(pages(t)["knobs.md"], "\n## ")[1:] {
		title, body, _ := strings.Cut(section, "\n")
		k := knob{title, make(map[string]string)}
		for _, m := range blocks.FindAllStringSubmatch(body, -1) {
			name := "kustomization.yaml"
			if named := names.FindStringSubmatch(m[1]); named != nil {
				name = named[1]
			}
			if k.files[name] != "" {
				t.Errorf("%s has two of %s", title, name)
			}
			k.files[name] = m[1]
		}
		found = append(found, k)
	}
	if len(found) == 0 {
		t.Fatal("no section was read")
	}
	return found
}

// load renders the knob as an overlay over prod.
func (k knob) load(t *testing.T) manifest.Set {
	t.Helper()
	files := make(fstest.MapFS)
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		files[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range k.files {
		if name == "kustomization.yaml" {
			text = "resources:\n  - ../prod\n" + strings.TrimPrefix(text, "resources:\n")
			if !strings.HasPrefix(k.files[name], "resources:\n") {
				text = "resources: [../prod]\n" + k.files[name]
			}
		}
		files["overlays/documented/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	set, err := manifest.Load(files, "overlays/documented")
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestKnobs_DoWhatTheySay: each documented patch renders, keeps the rules, and changes what
// its title says.
func TestKnobs_DoWhatTheySay(t *testing.T) {
	template := func(s manifest.Set, name string) string { return asText(t, workload(s, name).Template) }
	everywhere := func(text string) func(manifest.Set) bool {
		return func(s manifest.Set) bool {
			return strings.Contains(template(s, "gateway"), text) && strings.Contains(template(s, "canvas"), text) && strings.Contains(template(s, "redis"), text)
		}
	}
	done := map[string]func(manifest.Set) bool{
		"Images by digest": func(s manifest.Set) bool {
			return strings.HasPrefix(container(s, "canvas").Image, "registry.example/pixel-playground@sha256:") && container(s, "redis").Image == "registry.example/redis:8.2.3"
		},
		"Pull secrets": everywhere(`"imagePullSecrets":[{"name":"registry"}]`),
		"Storage class": func(s manifest.Set) bool {
			claim := manifest.Get[appsv1.StatefulSet](s, "redis").Spec.VolumeClaimTemplates[0].Spec
			return *claim.StorageClassName == "fast-retained" && claim.Resources.Requests.Storage().String() == "20Gi"
		},
		"Node selectors": func(s manifest.Set) bool {
			return everywhere(`"nodeSelector":{"pool":"canvas"}`)(s) && everywhere(`"tolerations":[{"key":"pool"`)(s)
		},
		"Priority": everywhere(`"priorityClassName":"online`),
		"Memory": func(s manifest.Set) bool {
			return container(s, "gateway").Resources.Limits.Memory().String() == "1536Mi"
		},
		"Proxies of the Ingress": func(s manifest.Set) bool {
			return configMap(s, "settings").Data["PLAYGROUND_PROXIES"] == "10.42.0.0/16" && configMap(s, "settings").Data["PLAYGROUND_RATE"] != ""
		},
		"Ingress class": func(s manifest.Set) bool {
			return *manifest.Get[networkingv1.Ingress](s, "gateway").Spec.IngressClassName == "nginx"
		},
		"Gateway API": func(s manifest.Set) bool { return len(routeFaults(t, s)) == 0 },
		"External secrets": func(s manifest.Set) bool {
			return slices.Equal(externalKeys(s), usedKeys(s))
		},
		"Encrypted peers": peersEncrypted,
		"Egress":          func(s manifest.Set) bool { return manifest.Get[networkingv1.NetworkPolicy](s, "nothing-out") != nil },
		"Labels for the Prometheus operator": func(s manifest.Set) bool {
			rule, monitor := manifest.Get[manifest.PrometheusRule](s, "pixel-playground"), manifest.Get[manifest.ServiceMonitor](s, "pixel-playground")
			return rule.Labels["release"] == "kube-prometheus-stack" && monitor.Labels["release"] == "kube-prometheus-stack"
		},
		"Three Redises": func(s manifest.Set) bool { return workload(s, "redis").Replicas == 3 },
	}
	rules := rules(t)
	for _, k := range knobs(t) {
		t.Run(k.title, func(t *testing.T) {
			set := k.load(t)
			for _, r := range rules {
				if k.title == "Images by digest" && r.name == imageRule {
					continue // this rule is only for images that come with the manifests
				}
				for _, fault := range r.faults(set) {
					t.Errorf("%s: %s", r.name, fault)
				}
			}
			if check := done[k.title]; check == nil || !check(set) {
				t.Error("it does not do what it says, or nothing here knows what that is")
			}
		})
		delete(done, k.title)
	}
	for title := range done {
		t.Errorf("the page has no %s", title)
	}
}

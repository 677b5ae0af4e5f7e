// Package k8s checks the manifests: every kustomization builds, the cluster knows every object's
// kind and fields, and rules hold that the cluster does not check. A rule is a function from the
// decoded objects to what is wrong with them. It comes with changes that it must find, which proves
// that it can fail.
package k8s

import (
	"os"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"pixelplayground/k8s/manifest"
)

// rule is something that must hold in every kustomization.
type rule struct {
	name   string
	faults func(manifest.Set) []string
	// broken are changes that the rule must find. Each is made to a fresh copy of all objects.
	broken map[string]func(manifest.Set)
}

func rules(t *testing.T) []rule {
	all := [][]rule{selectorRules(), podRules(t), operationRules(), networkRules(), settingRules(t), secretRules(t), redisRules(), sentinelRules(), backupRules(t)}
	var flat []rule
	for _, some := range all {
		flat = append(flat, some...)
	}
	return flat
}

// kustomization is a folder to render, and the components to add to it.
type kustomization []string

func (k kustomization) String() string { return strings.Join(k, "+") }

func (k kustomization) load(t *testing.T) manifest.Set {
	t.Helper()
	set, err := manifest.Load(os.DirFS("."), k[0], k[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// kustomizations are the ones that people apply. The second has every object there is.
func kustomizations() []kustomization {
	const (
		autoscaling = "components/autoscaling"
		backup      = "components/backup"
		bucket      = "components/backup-bucket"
		dashboard   = "components/dashboard"
		egress      = "components/egress"
		connections = "components/autoscaling-connections"
		managed     = "components/managed-redis"
		monitoring  = "components/monitoring"
		recorded    = "components/record-bucket"
		sentinel    = "components/redis-sentinel"
		tls         = "components/peer-tls"
	)
	return []kustomization{
		{"base"},
		{"base", autoscaling, connections, monitoring},
		{"base", autoscaling},
		{"base", monitoring},
		{"base", dashboard},
		{"base", managed},
		{"base", sentinel},
		{"base", egress},
		{"base", tls},
		{"base", backup},
		{"base", backup, managed},
		{"base", bucket},
		{"base", bucket, managed},
		{"overlays/prod", bucket, egress, sentinel},
		{"base", recorded},
		{"overlays/prod", backup, recorded, managed},
		{"overlays/dev"},
		{"overlays/dev", monitoring},
		{"overlays/prod"},
		{"overlays/prod", connections, monitoring},
		{"overlays/prod", connections, backup, dashboard, egress, monitoring, sentinel, tls},
		{"overlays/prod", connections, managed, monitoring},
	}
}

func TestRules(t *testing.T) {
	rules := rules(t)
	for _, k := range kustomizations() {
		t.Run("hold in "+k.String(), func(t *testing.T) {
			set := k.load(t)
			for _, r := range rules {
				for _, fault := range r.faults(set) {
					t.Errorf("%s: %s", r.name, fault)
				}
			}
		})
	}

	for _, r := range rules {
		if len(r.broken) == 0 {
			t.Errorf("%s: nothing shows that it can fail", r.name)
		}
		whole := kustomizations()[1]
		if r.name == severalRedises {
			whole = kustomization{"base", "components/redis-sentinel"}
		}
		if r.name == backups {
			whole = kustomization{"base", "components/backup"}
		}
		everything, err := manifest.Render(os.DirFS("."), whole[0], whole[1:]...)
		if err != nil {
			t.Fatal(err)
		}
		for what, change := range r.broken {
			t.Run("find that not "+r.name+": "+what, func(t *testing.T) {
				set, err := manifest.Decode(everything)
				if err != nil {
					t.Fatal(err)
				}
				change(set)
				faults := r.faults(set)
				if len(faults) == 0 {
					t.Error("found nothing")
				}
				t.Log(faults)
			})
		}
	}
}

// TestKustomizations_AllAreRendered: every folder is listed above, since others are not tested.
func TestKustomizations_AllAreRendered(t *testing.T) {
	listed := make(map[string]bool)
	for _, k := range kustomizations() {
		for _, dir := range k {
			listed[dir] = true
		}
	}
	for _, parent := range []string{"overlays", "components"} {
		entries, err := os.ReadDir(parent)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if dir := parent + "/" + e.Name(); !listed[dir] {
				t.Errorf("%s is not rendered by any test", dir)
			}
		}
	}
}

// ours is the workloads that run this program.
func ours(s manifest.Set) (workloads []manifest.Workload) {
	for _, w := range s.Workloads() {
		if w.Container().Name == "playground" {
			workloads = append(workloads, w)
		}
	}
	return workloads
}

// workload and container are for tests of rules: they return objects that must exist.
func workload(s manifest.Set, name string) manifest.Workload {
	w, ok := s.Workload(name)
	if !ok {
		panic("no workload " + name)
	}
	return w
}

func container(s manifest.Set, name string) *corev1.Container {
	return workload(s, name).Container()
}

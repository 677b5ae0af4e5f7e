package k8s

import (
	"os"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"pixelplayground/k8s/manifest"
)

// TestKustomizations_LeaveWhatCannotBeMadeAgain: kubectl delete -k deletes everything in a
// kustomization, and must not delete the drawing.
func TestKustomizations_LeaveWhatCannotBeMadeAgain(t *testing.T) {
	for _, k := range kustomizations() {
		set := k.load(t)
		for _, o := range set {
			switch o.(type) {
			case *corev1.Namespace, *corev1.Secret, *corev1.PersistentVolumeClaim:
				t.Errorf("%s deletes %T %s", k, o, o.GetName())
			}
		}
	}
}

// TestKustomizations_FollowEachOther: any kustomization can be applied over any other. So what the
// cluster doesn't allow to change must be equal: a StatefulSet's claims, name and selector.
func TestKustomizations_FollowEachOther(t *testing.T) {
	claims := func(k kustomization) map[string]string {
		found := make(map[string]string)
		for _, set := range manifest.All[appsv1.StatefulSet](k.load(t)) {
			for _, c := range set.Spec.VolumeClaimTemplates {
				found[set.Name+" "+c.Name+" of "+set.Spec.ServiceName] = c.Spec.Resources.Requests.Storage().String()
			}
		}
		return found
	}
	want := claims(kustomization{"base"})
	if len(want) == 0 {
		t.Fatal("base claims nothing")
	}
	for _, k := range kustomizations() {
		for what, size := range claims(k) {
			if want[what] != size {
				t.Errorf("%s claims %s for %s, base %q", k, size, what, want[what])
			}
		}
	}
}

// TestNamespace_EnforcesWhatItsPodsKeepTo: the namespace enforces the standard that its pods keep,
// and has the name that they expect.
func TestNamespace_EnforcesWhatItsPodsKeepTo(t *testing.T) {
	text, err := os.ReadFile("base/namespace.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set, err := manifest.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	n := manifest.Get[corev1.Namespace](set, kustomization{"base"}.load(t).Workloads()[0].Namespace)
	if n == nil || n.Labels["pod-security.kubernetes.io/enforce"] != "restricted" {
		t.Errorf("the namespace is %v", set)
	}
}

package manifest_test

import (
	"strings"
	"testing"
	"testing/fstest"

	corev1 "k8s.io/api/core/v1"

	"pixelplayground/k8s/manifest"
)

const service = `apiVersion: v1
kind: Service
metadata:
  name: front
spec:
  ports:
  - name: http
    port: 80
    targetPort: http
`

func TestDecode_TakesEveryDocument(t *testing.T) {
	set, err := manifest.Decode([]byte(service + "---\n" + strings.Replace(service, "front", "back", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if got := manifest.All[corev1.Service](set); len(got) != 2 || got[1].Name != "back" || got[1].Spec.Ports[0].TargetPort.StrVal != "http" {
		t.Errorf("got %v", got)
	}
	if manifest.Get[corev1.Service](set, "front") == nil || manifest.Get[corev1.Service](set, "side") != nil || manifest.Get[corev1.ConfigMap](set, "front") != nil {
		t.Error("Get finds what is not there, or not what is")
	}
}

func TestDecode_Refuses(t *testing.T) {
	for name, change := range map[string][2]string{
		"an unknown field":    {"targetPort: http", "targetport: http"},
		"a field out of case": {"ports:", "Ports:"},
		"an unknown kind":     {"kind: Service", "kind: Servise"},
		"an unknown version":  {"apiVersion: v1", "apiVersion: v2"},
		"a field twice":       {"    port: 80\n", "    port: 80\n    port: 81\n"},
		"another type":        {"port: 80", "port: eighty"},
		"what is no YAML":     {"spec:", "spec"},
	} {
		text := strings.Replace(service, change[0], change[1], 1)
		if text == service {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := manifest.Decode([]byte(text)); err == nil {
			t.Errorf("%s was taken:\n%s", name, text)
		} else {
			t.Log(err)
		}
	}
}

func TestRender_AddsComponents(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	files := fstest.MapFS{
		"base/kustomization.yaml": file("resources: [service.yaml]"),
		"base/service.yaml":       file(service),
		"other/kustomization.yaml": file(`apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
nameSuffix: -other
`),
	}
	for _, test := range []struct {
		components []string
		want       string
	}{{nil, "front"}, {[]string{"other"}, "front-other"}} {
		set, err := manifest.Load(files, "base", test.components...)
		if err != nil {
			t.Fatal(err)
		}
		if len(set) != 1 || set[0].GetName() != test.want {
			t.Errorf("with %v: %v, want %s", test.components, set, test.want)
		}
	}
	for _, dirs := range [][]string{{"nowhere"}, {"base", "nowhere"}} {
		if _, err := manifest.Load(files, dirs[0], dirs[1:]...); err == nil {
			t.Errorf("%v was rendered", dirs)
		}
	}
}

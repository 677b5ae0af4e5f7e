package k8s

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"pixelplayground/k8s/manifest"
)

// values are a chart's, or some that change them.
type values = map[string]any

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func parse(t *testing.T, text string) (v values) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// merged lays changes over values, key by key.
func merged(under, over values) values {
	all := maps.Clone(under)
	for key, value := range over {
		if below, ok := all[key].(values); ok {
			if above, ok := value.(values); ok {
				value = merged(below, above)
			}
		}
		all[key] = value
	}
	return all
}

// chartFiles is the chart's own files, as templates see them.
type chartFiles struct{ t *testing.T }

func (f chartFiles) Get(name string) string { return string(read(f.t, path.Join("chart", name))) }

// renderChart renders the chart as Helm does, in the namespace of the manifests. Helm's own library would take as long to compile as
// the whole server: here is what of its functions the chart uses, and no more.
func renderChart(t *testing.T, change string) (manifest.Set, error) {
	t.Helper()
	all := template.New("chart").Option("missingkey=zero")
	asYAML := func(v any) (string, error) {
		text, err := yaml.Marshal(v)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	all.Funcs(template.FuncMap{
		"include": func(name string, data any) (string, error) {
			var out strings.Builder
			err := all.ExecuteTemplate(&out, name, data)
			return out.String(), err
		},
		"toYaml": asYAML,
		"fromYaml": func(text string) (v values, err error) {
			err = yaml.Unmarshal([]byte(text), &v)
			return v, err
		},
		"fromYamlArray": func(text string) (v []any, err error) {
			err = yaml.Unmarshal([]byte(text), &v)
			return v, err
		},
		"nindent": func(by int, text string) string {
			pad := "\n" + strings.Repeat(" ", by)
			return pad + strings.ReplaceAll(text, "\n", pad)
		},
		"sha256sum": func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) },
		"required": func(why string, v any) (any, error) {
			if v == nil || v == "" {
				return nil, errors.New(why)
			}
			return v, nil
		},
		"default": func(otherwise, v any) any {
			if v == nil || v == "" {
				return otherwise
			}
			return v
		},
		"fail":   func(why string) (string, error) { return "", errors.New(why) },
		"list":   func(items ...any) []any { return items },
		"append": func(items []any, item any) []any { return append(slices.Clone(items), item) },
		"chunk":  func(size int, items []any) [][]any { return slices.Collect(slices.Chunk(items, size)) },
		"dict": func(pairs ...any) values {
			d := make(values)
			for i := 0; i < len(pairs); i += 2 {
				d[pairs[i].(string)] = pairs[i+1]
			}
			return d
		},
	})
	entries, err := os.ReadDir("chart/templates")
	if err != nil {
		t.Fatal(err)
	}
	var pages []string
	for _, entry := range entries {
		if _, err := all.New(entry.Name()).Parse(string(read(t, path.Join("chart/templates", entry.Name())))); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(entry.Name(), ".yaml") {
			pages = append(pages, entry.Name())
		}
	}
	data := values{
		"Chart":  values{"AppVersion": parse(t, string(read(t, "chart/Chart.yaml")))["appVersion"]},
		"Values": merged(parse(t, string(read(t, "chart/values.yaml"))), parse(t, change)), "Files": chartFiles{t}, "Release": values{"Namespace": "pixel-playground"},
	}
	var set manifest.Set
	for _, page := range pages {
		var out bytes.Buffer
		if err := all.ExecuteTemplate(&out, page, data); err != nil {
			return nil, err
		}
		for document := range strings.SplitSeq("\n"+out.String(), "\n---\n") {
			if strings.TrimSpace(document) == "" {
				continue
			}
			one, err := manifest.Decode([]byte(document))
			if err != nil {
				return nil, fmt.Errorf("%s: %w\n%s", page, err, document)
			}
			set = append(set, one...)
		}
	}
	return set, nil
}

func chart(t *testing.T, change string) manifest.Set {
	t.Helper()
	set, err := renderChart(t, change)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// comparable takes away what differs between the two by their nature: a ConfigMap's name ends in a hash of what it holds where
// kustomize makes it, and with Helm a sum of it is an annotation of the pods that read it. Components of kustomize label none of their objects
// as parts, which the chart does. The order of environment variables that do not refer to each other is nobody's.
func comparable(t *testing.T, s manifest.Set) map[string]string {
	t.Helper()
	hash := regexp.MustCompile(`^(settings|redis)-[a-z0-9]{10}$`)
	template := func(pod *corev1.PodTemplateSpec) {
		for _, sum := range []string{"checksum/settings", "checksum/redis"} {
			delete(pod.Annotations, sum)
		}
		if len(pod.Annotations) == 0 {
			pod.Annotations = nil
		}
		for i := range pod.Spec.Containers {
			c := &pod.Spec.Containers[i]
			slices.SortFunc(c.Env, func(a, b corev1.EnvVar) int { return strings.Compare(a.Name, b.Name) })
			slices.SortFunc(c.VolumeMounts, func(a, b corev1.VolumeMount) int { return strings.Compare(a.Name, b.Name) })
			for j := range c.EnvFrom {
				if ref := c.EnvFrom[j].ConfigMapRef; ref != nil {
					ref.Name = hash.ReplaceAllString(ref.Name, "$1")
				}
			}
		}
		slices.SortFunc(pod.Spec.Volumes, func(a, b corev1.Volume) int { return strings.Compare(a.Name, b.Name) })
		for i := range pod.Spec.Volumes {
			if held := pod.Spec.Volumes[i].ConfigMap; held != nil {
				held.Name = hash.ReplaceAllString(held.Name, "$1")
			}
		}
	}
	all := make(map[string]string)
	for _, object := range s {
		switch o := object.(type) {
		case *appsv1.Deployment:
			template(&o.Spec.Template)
		case *appsv1.StatefulSet:
			template(&o.Spec.Template)
		case *corev1.ConfigMap:
			o.Name = hash.ReplaceAllString(o.Name, "$1")
			for name, text := range o.Data {
				o.Data[name] = strings.TrimRight(text, "\n")
			}
		}
		if labels := object.GetLabels(); labels != nil {
			delete(labels, "app.kubernetes.io/part-of")
			object.SetLabels(labels)
		}
		text, err := json.MarshalIndent(object, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		all[fmt.Sprintf("%s %s", reflect.TypeOf(object).Elem().Name(), object.GetName())] = string(text)
	}
	return all
}

// TestChart_MakesWhatTheManifestsMake: with the same choices, Helm installs what kustomize does.
func TestChart_MakesWhatTheManifestsMake(t *testing.T) {
	const prod, monitoring, dashboard, egress = "overlays/prod", "components/monitoring", "components/dashboard", "components/egress"
	for _, test := range []struct {
		change string
		same   kustomization
		except []string
	}{
		{"{}", kustomization{prod}, nil},
		{"{dashboard: true}", kustomization{prod, dashboard}, nil},
		{"{monitoring: {enabled: true}}", kustomization{prod, monitoring}, nil},
		{"{autoscaling: {enabled: false}, image: {tag: dev}}", kustomization{"base"}, []string{"Ingress gateway"}}, // that one has no host
		// The chart has neither replicas of Redis nor backups.
		{"{network: {egress: true}}", kustomization{prod, egress}, []string{"NetworkPolicy redis-out", "NetworkPolicy backup-out"}},
	} {
		got, want := comparable(t, chart(t, test.change)), comparable(t, test.same.load(t))
		for name := range maps.Keys(merge(got, want)) {
			if got[name] != want[name] && !slices.Contains(test.except, name) {
				t.Errorf("%s, %s: %s\n%s", test.change, test.same, name, differs(got[name], want[name]))
			}
		}
	}
}

func merge(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// differs shows the first lines that differ.
func differs(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("chart:    %s\nmanifest: %s", strings.Join(a[max(0, i-3):min(i+3, len(a))], "\n          "), strings.Join(b[max(0, i-3):min(i+3, len(b))], "\n          "))
		}
	}
	return fmt.Sprintf("chart: %d lines, manifest: %d", len(a), len(b))
}

// TestChart_KeepsTheRules: what is said of the manifests holds for the chart, with everything that it can have.
func TestChart_KeepsTheRules(t *testing.T) {
	for _, change := range []string{
		"{}",
		"{autoscaling: {enabled: false}}",
		"{dashboard: true, network: {egress: true}, monitoring: {enabled: true}}",
		"{redis: {enabled: false, url: 'rediss://redis.example:6379'}}",
		"{image: {digest: 'sha256:" + strings.Repeat("0a", 32) + "'}, extraEnv: [{name: PLAYGROUND_RECORD, value: 'off'}]}",
	} {
		set := chart(t, change)
		for _, r := range rules(t) {
			for _, fault := range r.faults(set) {
				t.Errorf("%s: %s: %s", change, r.name, fault)
			}
		}
	}
}

func TestChart_Values(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0a", 32)
	set := chart(t, "{image: {repository: example.org/canvas, digest: '"+digest+"'}, secret: mine, extraEnv: [{name: PLAYGROUND_RECORD, value: 'off'}], ingress: {enabled: false}, route: {enabled: true, gateway: {name: public, namespace: gateways}}}")
	gateway := container(set, "gateway")
	if gateway.Image != "example.org/canvas@"+digest {
		t.Errorf("the image is %s", gateway.Image)
	}
	if v := variable(set, "canvas", "PLAYGROUND_RECORD"); v == nil || v.Value != "off" {
		t.Errorf("extraEnv: %v", v)
	}
	for _, w := range set.Workloads() {
		for _, v := range w.Template.Spec.Volumes {
			for _, key := range keysOf(v) {
				if key.secret != "mine" {
					t.Errorf("%s: the Secret is %s", w.Name, key.secret)
				}
			}
		}
	}
	routeFaults(t, set)
	for change, want := range map[string]string{
		"{redis: {enabled: false}}": "redis.url: must be the URL of a Redis",
		"{redis: {enabled: false, url: 'redis://redis.example:6379'}, network: {egress: true}}": "network.egress: must be false",
		"{route: {enabled: true}}": "route.gateway.name: must be the name of a Gateway",
	} {
		if _, err := renderChart(t, change); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", change, err, want)
		}
	}
}

// TestChart_SchemaKnowsEveryValue, and no others.
func TestChart_SchemaKnowsEveryValue(t *testing.T) {
	var schema values
	if err := json.Unmarshal(read(t, "chart/values.schema.json"), &schema); err != nil {
		t.Fatal(err)
	}
	definitions := schema["definitions"].(values)
	var compare func(at string, v any, s values)
	compare = func(at string, v any, s values) {
		if ref, ok := s["$ref"].(string); ok {
			s = definitions[path.Base(ref)].(values)
		}
		kinds := map[string]bool{}
		switch kind := s["type"].(type) {
		case string:
			kinds[kind] = true
		case []any:
			for _, k := range kind {
				kinds[k.(string)] = true
			}
		}
		if is := map[reflect.Kind]string{reflect.String: "string", reflect.Bool: "boolean", reflect.Float64: "integer", reflect.Map: "object", reflect.Slice: "array"}[reflect.ValueOf(v).Kind()]; !kinds[is] {
			t.Errorf("%s is %s, and may be %v", at, is, kinds)
		}
		properties, ok := s["properties"].(values)
		below, isMap := v.(values)
		if !ok || !isMap {
			return
		}
		if got, want := slices.Sorted(maps.Keys(below)), slices.Sorted(maps.Keys(properties)); !slices.Equal(got, want) {
			t.Errorf("%s has %v, the schema %v", at, got, want)
			return
		}
		for key, value := range below {
			compare(at+"."+key, value, properties[key].(values))
		}
	}
	compare("values", any(parse(t, string(read(t, "chart/values.yaml")))), schema)
}

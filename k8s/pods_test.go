package k8s

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"

	"pixelplayground/k8s/manifest"
)

// imageRule is only for images that come with the manifests.
const imageRule = "images are named without a registry and with a version"

// What a pod is: its probes, what it may use and what it may do.
func podRules(t *testing.T) []rule {
	routes := serverRoutes(t)
	return []rule{
		{"probes mean what they say", func(s manifest.Set) []string { return probes(s, routes) }, map[string]func(manifest.Set){
			"no such page":       func(s manifest.Set) { container(s, "gateway").StartupProbe.HTTPGet.Path = "/started" },
			"no such port":       func(s manifest.Set) { container(s, "gateway").LivenessProbe.HTTPGet.Port = intstr.FromString("web") },
			"alive with Redis":   func(s manifest.Set) { container(s, "canvas").LivenessProbe.HTTPGet.Path = "/readyz" },
			"always ready":       func(s manifest.Set) { container(s, "canvas").ReadinessProbe.HTTPGet.Path = "/healthz" },
			"impatient":          func(s manifest.Set) { container(s, "gateway").ReadinessProbe.TimeoutSeconds = 1 },
			"none":               func(s manifest.Set) { container(s, "gateway").ReadinessProbe = nil },
			"none of Redis":      func(s manifest.Set) { container(s, "redis").ReadinessProbe = nil },
			"killed when slow":   func(s manifest.Set) { container(s, "gateway").LivenessProbe.FailureThreshold = 1 },
			"killed on starting": func(s manifest.Set) { container(s, "canvas").StartupProbe = nil },
		}},
		{"memory and processors are bounded, and Go knows", resources, map[string]func(manifest.Set){
			"no limit":   func(s manifest.Set) { delete(container(s, "redis").Resources.Limits, corev1.ResourceMemory) },
			"no request": func(s manifest.Set) { delete(container(s, "gateway").Resources.Requests, corev1.ResourceCPU) },
			"no headroom": func(s manifest.Set) {
				container(s, "gateway").Resources.Limits[corev1.ResourceMemory] = resource.MustParse("650Mi")
			},
			"too much": func(s manifest.Set) {
				container(s, "canvas").Resources.Limits[corev1.ResourceMemory] = resource.MustParse("1Gi")
			},
			"a fraction": func(s manifest.Set) {
				container(s, "canvas").Resources.Limits[corev1.ResourceCPU] = resource.MustParse("2500m")
			},
			"one processor": func(s manifest.Set) {
				container(s, "canvas").Resources.Limits[corev1.ResourceCPU] = resource.MustParse("1")
			},
			"Go not told":   func(s manifest.Set) { variable(s, "gateway", "GOMEMLIMIT").Name = "GOGC" },
			"Go told wrong": func(s manifest.Set) { variable(s, "gateway", "GOMEMLIMIT").Name = "GOMAXPROCS" },
			"Go told none":  func(s manifest.Set) { variable(s, "gateway", "GOMEMLIMIT").Value = "plenty" },
			"half reserved": func(s manifest.Set) {
				container(s, "gateway").Resources.Requests[corev1.ResourceMemory] = resource.MustParse("640Mi")
			},
			"a processor reserved": func(s manifest.Set) {
				container(s, "gateway").Resources.Requests[corev1.ResourceCPU] = resource.MustParse("1")
			},
		}},
		{"a pod may do nothing it does not need", security, map[string]func(manifest.Set){
			"root":         func(s manifest.Set) { *workload(s, "gateway").Template.Spec.SecurityContext.RunAsUser = 0 },
			"may be root":  func(s manifest.Set) { *workload(s, "redis").Template.Spec.SecurityContext.RunAsNonRoot = false },
			"calls":        func(s manifest.Set) { workload(s, "redis").Template.Spec.SecurityContext.SeccompProfile = nil },
			"writes":       func(s manifest.Set) { container(s, "canvas").SecurityContext.ReadOnlyRootFilesystem = nil },
			"escalates":    func(s manifest.Set) { *container(s, "canvas").SecurityContext.AllowPrivilegeEscalation = true },
			"capabilities": func(s manifest.Set) { container(s, "canvas").SecurityContext.Capabilities.Drop = nil },
			"a token":      func(s manifest.Set) { workload(s, "canvas").Template.Spec.AutomountServiceAccountToken = nil },
		}},
		{imageRule, images, map[string]func(manifest.Set){
			"registry":   func(s manifest.Set) { container(s, "gateway").Image = "registry.example/pixel-playground:v1" },
			"no version": func(s manifest.Set) { container(s, "redis").Image = "redis" },
			"floating":   func(s manifest.Set) { container(s, "redis").Image = "redis:8" },
			"latest":     func(s manifest.Set) { container(s, "redis").Image = "redis:latest" },
			"two":        func(s manifest.Set) { container(s, "canvas").Image = "pixel-playground:other" },
		}},
	}
}

// variable is for tests of rules: it returns an environment variable, which must exist.
func variable(s manifest.Set, workload, name string) *corev1.EnvVar {
	env := container(s, workload).Env
	return &env[slices.IndexFunc(env, func(v corev1.EnvVar) bool { return v.Name == name })]
}

// containers returns every workload once per container, with Container set to it.
func containers(s manifest.Set) (each []manifest.Workload) {
	for _, w := range s.Workloads() {
		each = append(each, w.Each()...)
	}
	return each
}

func probes(s manifest.Set, routes []string) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for _, w := range containers(s) {
		c := w.Container()
		if w.Ends() {
			continue // if it hangs, its job's deadline ends it
		}
		if c.StartupProbe == nil || c.LivenessProbe == nil || c.ReadinessProbe == nil {
			fault("%s lacks a probe", w.Name)
			continue
		}
		for _, p := range []*corev1.Probe{c.StartupProbe, c.LivenessProbe, c.ReadinessProbe} {
			if p.HTTPGet != nil && !slices.Contains(routes, p.HTTPGet.Path) {
				fault("%s: the server has no %s", w.Name, p.HTTPGet.Path)
			}
			if p.HTTPGet != nil && w.Port(p.HTTPGet.Port.StrVal) == 0 {
				fault("%s: no port %s", w.Name, p.HTTPGet.Port.StrVal)
			}
		}
		if l := c.LivenessProbe; l.PeriodSeconds*l.FailureThreshold < 30 {
			fault("%s is killed within %d s of not answering", w.Name, l.PeriodSeconds*l.FailureThreshold)
		}
	}
	for _, w := range ours(s) {
		live, ready := w.Container().LivenessProbe, w.Container().ReadinessProbe
		if live.HTTPGet.Path != "/healthz" {
			fault("%s: it lives by %s, not by /healthz", w.Name, live.HTTPGet.Path)
		}
		if ready == nil || ready.HTTPGet.Path != "/readyz" || ready.TimeoutSeconds < 2 {
			fault("%s: it is not ready by /readyz, which takes the store's second and more", w.Name)
		}
	}
	return faults
}

func resources(s manifest.Set) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for _, w := range containers(s) {
		r := w.Container().Resources
		for _, kind := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			if r.Requests.Name(kind, resource.DecimalSI).IsZero() || r.Limits.Name(kind, resource.DecimalSI).IsZero() {
				fault("%s: %s has no request or no limit", w.Name, kind)
			}
		}
	}
	for _, w := range ours(s) {
		r := w.Container().Resources
		p, err := s.Process(w, somePod())
		if err != nil {
			fault("%v", err)
			continue
		}
		told, err := resource.ParseQuantity(strings.TrimSuffix(p.Env["GOMEMLIMIT"], "B"))
		if err != nil {
			fault("%s: GOMEMLIMIT is %q: %v", w.Name, p.Env["GOMEMLIMIT"], err)
		}
		// Below 0.75, garbage is collected too often, or memory lies idle. Above 0.9, the kernel
		// kills for memory that Go could have collected.
		if share := float64(told.Value()) / float64(r.Limits.Memory().Value()); share < 0.75 || share > 0.9 {
			fault("%s: GOMEMLIMIT is %.2f of the memory limit, want 0.75 to 0.9", w.Name, share)
		}
		// What a pod requests lies idle until it is used, and each roll needs it once more.
		if m, c := r.Requests.Memory(), r.Requests.Cpu(); m.Value() > r.Limits.Memory().Value()/2 || c.MilliValue() > 500 {
			fault("%s: %s of memory and %s processors are requested, far more than were ever measured", w.Name, m, c)
		}
		if milli := r.Limits.Cpu().MilliValue(); milli%1000 != 0 || milli < 2000 {
			fault("%s: a limit of %d thousandths of a processor is less than GOMAXPROCS, which is whole and at least 2", w.Name, milli)
		}
		if set, ok := p.Env["GOMAXPROCS"]; ok {
			fault("%s: GOMAXPROCS is fixed at %s", w.Name, set)
		}
	}
	return faults
}

func security(s manifest.Set) (faults []string) {
	for _, w := range containers(s) {
		pod, c := w.Template.Spec.SecurityContext, w.Container().SecurityContext
		for what, ok := range map[string]bool{
			"runs as a user but root":   pod.RunAsNonRoot != nil && *pod.RunAsNonRoot && pod.RunAsUser != nil && *pod.RunAsUser > 0,
			"system calls are filtered": pod.SeccompProfile != nil && pod.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault,
			"can't write to its image":  c.ReadOnlyRootFilesystem != nil && *c.ReadOnlyRootFilesystem,
			"can't gain rights":         c.AllowPrivilegeEscalation != nil && !*c.AllowPrivilegeEscalation,
			"has no capabilities":       c.Capabilities != nil && slices.Contains(c.Capabilities.Drop, "ALL") && len(c.Capabilities.Add) == 0,
			"can't ask the cluster":     w.Template.Spec.AutomountServiceAccountToken != nil && !*w.Template.Spec.AutomountServiceAccountToken,
		} {
			if !ok {
				faults = append(faults, w.Name+": not so: "+what)
			}
		}
	}
	return faults
}

func images(s manifest.Set) (faults []string) {
	versions := make(map[string]string)
	for _, w := range containers(s) {
		name, version, _ := strings.Cut(w.Container().Image, ":")
		if strings.Contains(name, "/") || version == "" || version == "latest" {
			faults = append(faults, w.Name+": image "+w.Container().Image)
		}
		if w.Name == "redis" && strings.Count(version, ".") != 2 {
			faults = append(faults, w.Name+": "+version+" is another one tomorrow")
		}
		if other, ok := versions[name]; ok && other != version {
			faults = append(faults, fmt.Sprintf("%s runs as %s and %s", name, version, other))
		}
		versions[name] = version
	}
	return faults
}

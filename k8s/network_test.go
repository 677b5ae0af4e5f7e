package k8s

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pixelplayground/k8s/manifest"
	"pixelplayground/transport"
	"pixelplayground/web"
	"pixelplayground/web/bundle"
)

// Who reaches what.
func networkRules() []rule {
	policy := func(s manifest.Set, name string) *networkingv1.NetworkPolicySpec {
		return &manifest.Get[networkingv1.NetworkPolicy](s, name).Spec
	}
	ingress := func(s manifest.Set) *networkingv1.Ingress { return manifest.Get[networkingv1.Ingress](s, "gateway") }
	return []rule{
		{"every port is open to whom it is for", reach, map[string]func(manifest.Set){
			"peers for all":     func(s manifest.Set) { policy(s, "peers").Ingress[0].From = nil },
			"all ports for all": func(s manifest.Set) { policy(s, "people").Ingress[0].Ports = nil },
			"Redis for all":     func(s manifest.Set) { policy(s, "redis").Ingress[0].From[0].PodSelector.MatchLabels = nil },
			"Redis for none":    func(s manifest.Set) { policy(s, "redis").Ingress = nil },
			"no UDP":            func(s manifest.Set) { policy(s, "peers").Ingress[0].Ports[1].Protocol = nil },
			"no people":         func(s manifest.Set) { policy(s, "people").Ingress[0].Ports[0].Port.StrVal = "web" },
			"nothing refused": func(s manifest.Set) {
				policy(s, "nothing-else").PodSelector.MatchLabels = map[string]string{"app": "x"}
			},
			"refused wrong": func(s manifest.Set) { policy(s, "nothing-else").PolicyTypes = []networkingv1.PolicyType{"Egress"} },
			"no metrics":    func(s manifest.Set) { policy(s, "metrics").Ingress = nil },
			"a port of nobody": func(s manifest.Set) {
				container(s, "canvas").Ports = append(container(s, "canvas").Ports, corev1.ContainerPort{Name: "debug", ContainerPort: 6060})
			},
		}},
		{"proxies leave WebSockets alone, and pass on what is for people", proxies, map[string]func(manifest.Set){
			"impatient nginx": func(s manifest.Set) { ingress(s).Annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"] = "60" },
			"default nginx":   func(s manifest.Set) { delete(ingress(s).Annotations, "nginx.ingress.kubernetes.io/proxy-send-timeout") },
			"everything": func(s manifest.Set) {
				*ingress(s).Spec.Rules[0].HTTP.Paths[0].PathType = networkingv1.PathTypePrefix
			},
			"the cluster": func(s manifest.Set) {
				ingress(s).Spec.Rules[0].HTTP.Paths[5].Path, *ingress(s).Spec.Rules[0].HTTP.Paths[5].PathType = "/api", networkingv1.PathTypePrefix
			},
			"no scripts": func(s manifest.Set) { ingress(s).Spec.Rules[0].HTTP.Paths[1].Path = "/script" },
			"no sockets": func(s manifest.Set) { ingress(s).Spec.Rules[0].HTTP.Paths[4].Path = "/socket" },
			"other host": func(s manifest.Set) {
				ingress(s).Spec.Rules[0].Host = "a.example"
				ingress(s).Spec.TLS = []networkingv1.IngressTLS{{Hosts: []string{"b.example"}, SecretName: "tls"}}
			},
		}},
	}
}

func reach(s manifest.Set) (faults []string) {
	const everyone, monitoring = "everyone", "namespace kubernetes.io/metadata.name=monitoring"
	peers := "pods of canvas, gateway"
	expected := map[string][]string{
		"gateway http": {everyone}, "canvas http": nil, "redis redis": {peers},
		"gateway gossip": {peers}, "gateway gossip-udp": {peers}, "gateway peer": {peers},
		"canvas gossip": {peers}, "canvas gossip-udp": {peers}, "canvas peer": {peers},
	}
	if len(manifest.All[manifest.ServiceMonitor](s)) > 0 {
		expected["gateway http"] = []string{everyone, monitoring}
		expected["canvas http"] = []string{monitoring}
	}
	if manifest.Get[corev1.Service](s, "redis-1") != nil { // replicas, and Sentinels
		expected["redis redis"] = []string{peers, "pods of redis"}
		expected["redis sentinel"] = expected["redis redis"]
	}
	if manifest.Get[batchv1.CronJob](s, "backup") != nil {
		for _, port := range []string{"redis redis", "redis sentinel"} {
			expected[port] = slices.Concat([]string{"pods of backup"}, expected[port])
		}
	}
	for _, w := range containers(s) {
		for _, port := range w.Container().Ports {
			name := w.Name + " " + port.Name
			want, ok := expected[name]
			if !ok {
				faults = append(faults, name+": nothing says whom this port is for")
			}
			if got := openTo(s, w, port); !slices.Equal(got, want) {
				faults = append(faults, fmt.Sprintf("%s is open to %q, want %q", name, got, want))
			}
		}
	}
	stranger := manifest.Workload{Template: new(corev1.PodTemplateSpec)}
	if who := openTo(s, stranger, corev1.ContainerPort{Name: "http", ContainerPort: 8080}); len(who) > 0 {
		faults = append(faults, fmt.Sprintf("a pod that is none of these is open to %q", who))
	}
	return faults
}

// openTo returns who may connect to a port, according to all policies together.
func openTo(s manifest.Set, w manifest.Workload, port corev1.ContainerPort) (who []string) {
	closed := false
	for _, policy := range manifest.All[networkingv1.NetworkPolicy](s) {
		if !matches(&policy.Spec.PodSelector, w) || !slices.Contains(policy.Spec.PolicyTypes, networkingv1.PolicyTypeIngress) {
			continue
		}
		closed = true
		for _, rule := range policy.Spec.Ingress {
			if len(rule.Ports) > 0 && !slices.ContainsFunc(rule.Ports, func(p networkingv1.NetworkPolicyPort) bool { return opens(p, port) }) {
				continue
			}
			if len(rule.From) == 0 {
				who = append(who, "everyone")
			}
			for _, peer := range rule.From {
				who = append(who, source(s, peer))
			}
		}
	}
	if !closed {
		return []string{"everyone, no policy is for it"}
	}
	slices.Sort(who)
	return slices.Compact(who)
}

func opens(p networkingv1.NetworkPolicyPort, port corev1.ContainerPort) bool {
	var named corev1.Protocol
	if p.Protocol != nil {
		named = *p.Protocol
	}
	return protocol(named) == protocol(port.Protocol) && (p.Port == nil || p.Port.StrVal == port.Name || p.Port.IntVal == port.ContainerPort)
}

func source(s manifest.Set, peer networkingv1.NetworkPolicyPeer) string {
	if peer.NamespaceSelector != nil || peer.PodSelector == nil {
		return "namespace " + metav1.FormatLabelSelector(peer.NamespaceSelector)
	}
	return "pods of " + strings.Join(slices.Sorted(slices.Values(selected(s, peer.PodSelector))), ", ")
}

func proxies(s manifest.Set) (faults []string) {
	for _, ingress := range manifest.All[networkingv1.Ingress](s) {
		fault := func(format string, args ...any) {
			faults = append(faults, "Ingress "+ingress.Name+": "+fmt.Sprintf(format, args...))
		}
		for _, what := range []string{"read", "send"} {
			seconds, err := strconv.Atoi(ingress.Annotations["nginx.ingress.kubernetes.io/proxy-"+what+"-timeout"])
			if silence := transport.DefaultConfig().SilenceTimeout; err != nil || time.Duration(seconds)*time.Second <= silence {
				fault("nginx closes before the server does, which waits %s to %s", silence, what)
			}
		}
		for _, path := range append(pagePaths(), "/ws", "/api/canvas", "/api/canvas.png", "/api/pixel", "/api/pixel/3/4", "/api/pixels", "/api/pixel/3/4/history", "/api/history/0", "/api/stats", "/health") {
			if !passes(ingress, path) {
				fault("%s is not passed on", path)
			}
		}
		for _, path := range []string{"/metrics", "/readyz", "/healthz", "/api/cluster", "/debug/pprof/"} {
			if passes(ingress, path) {
				fault("%s is for everyone", path)
			}
		}
		for _, tls := range ingress.Spec.TLS {
			if host := ingress.Spec.Rules[0].Host; !slices.Equal(tls.Hosts, []string{host}) {
				fault("the certificate is for %v, the rule for %q", tls.Hosts, host)
			}
		}
	}
	return faults
}

// pagePaths is what a browser loads to draw.
func pagePaths() []string {
	page, err := fs.ReadFile(web.Files(), "index.html")
	if err != nil {
		return nil // TestNetwork_KnowsThePage reports it
	}
	paths := []string{"/"}
	for _, found := range regexp.MustCompile(`(?:href|src)="([^":#]+)"`).FindAllSubmatch(page, -1) {
		paths = append(paths, "/"+string(found[1]))
	}
	icons, _ := fs.Glob(web.Files(), "icons/*") // the manifest names them
	for _, icon := range icons {
		paths = append(paths, "/"+icon)
	}
	return append(paths, "/client.js", "/service_worker.js", "/"+bundle.Folder+"main.0123456789ab.js")
}

func passes(ingress *networkingv1.Ingress, path string) bool {
	return slices.ContainsFunc(ingress.Spec.Rules[0].HTTP.Paths, func(p networkingv1.HTTPIngressPath) bool {
		return path == p.Path || *p.PathType == networkingv1.PathTypePrefix && strings.HasPrefix(path, strings.TrimSuffix(p.Path, "/")+"/")
	})
}

// TestNetwork_KnowsThePage: pagePaths, which the Ingress' rule checks, has more than the page itself.
func TestNetwork_KnowsThePage(t *testing.T) {
	paths := pagePaths()
	for _, want := range []string{"/", "/js/main.js", "/css/page.css", "/favicon.svg", "/app.webmanifest", "/client.js", "/service_worker.js", "/icons/icon-192.png"} {
		if !slices.Contains(paths, want) {
			t.Errorf("the page loads %v, not %s", paths, want)
		}
	}
}

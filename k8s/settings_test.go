package k8s

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pixelplayground/k8s/manifest"
)

// settingRules is about the settings that processes are given.
func settingRules(t *testing.T) []rule {
	server := serverSettings(t)
	return []rule{
		{"the server knows every flag and variable", func(s manifest.Set) []string { return settings(s, server) }, map[string]func(manifest.Set){
			"flag": func(s manifest.Set) {
				setArg(s, "gateway", "drain-timeout", "1s --fast=1")
				container(s, "gateway").Args[0] = "--name=x"
			},
			"no flag":    func(s manifest.Set) { container(s, "canvas").Args[0] = "serve" },
			"variable":   func(s manifest.Set) { variable(s, "gateway", "PLAYGROUND_ROLES").Name = "PLAYGROUND_ROLE" },
			"of others":  func(s manifest.Set) { variable(s, "gateway", "POD_NAME").Name = "TZ" },
			"ConfigMap":  func(s manifest.Set) { configMap(s, "settings").Data["PLAYGROUND_SIZE"] = "5x5" },
			"empty":      func(s manifest.Set) { configMap(s, "settings").Data["PLAYGROUND_RATE"] = "" },
			"twice":      func(s manifest.Set) { configMap(s, "settings").Data["PLAYGROUND_JOIN"] = "a:1" },
			"by Service": func(s manifest.Set) { workload(s, "canvas").Template.Spec.EnableServiceLinks = nil },
			"undefined":  func(s manifest.Set) { container(s, "canvas").Args[0] = "--node=$(POD)" },
		}},
		{"gateways and canvas pods differ in their role only", roles, map[string]func(manifest.Set){
			"same role": func(s manifest.Set) { variable(s, "gateway", "PLAYGROUND_ROLES").Value = "canvas" },
			"flag":      func(s manifest.Set) { setArg(s, "canvas", "join", "dns:others:7946") },
			"variable":  func(s manifest.Set) { variable(s, "canvas", "PLAYGROUND_REDIS").Value = "redis://elsewhere" },
			"settings":  func(s manifest.Set) { container(s, "canvas").EnvFrom = nil },
		}},
		{"a pod tells peers its own address, of either family, serves at all, and joins the others", addresses, map[string]func(manifest.Set){
			"no brackets":     func(s manifest.Set) { setArg(s, "gateway", "peer", "$(POD_IP):7947") },
			"no port-forward": func(s manifest.Set) { setArg(s, "gateway", "listen", "[$(POD_IP)]:8080") },
			"loopback":        func(s manifest.Set) { setArg(s, "canvas", "gossip", "127.0.0.1:7946") },
			"other port":      func(s manifest.Set) { setArg(s, "canvas", "peer", "[$(POD_IP)]:7948") },
			"other gossip":    func(s manifest.Set) { container(s, "canvas").Ports[2].ContainerPort = 7950 },
			"other name":      func(s manifest.Set) { setArg(s, "canvas", "join", "dns:redis:7946") },
			"no name":         func(s manifest.Set) { setArg(s, "canvas", "join", "") },
			"not headless":    func(s manifest.Set) { manifest.Get[corev1.Service](s, "peers").Spec.ClusterIP = "" },
			"ready only":      func(s manifest.Set) { manifest.Get[corev1.Service](s, "peers").Spec.PublishNotReadyAddresses = false },
			"gateways only": func(s manifest.Set) {
				manifest.Get[corev1.Service](s, "peers").Spec.Selector["app.kubernetes.io/component"] = "gateway"
			},
			"two families": func(s manifest.Set) {
				manifest.Get[corev1.Service](s, "peers").Spec.IPFamilyPolicy = new(corev1.IPFamilyPolicyPreferDualStack)
			},
			"one family for people": func(s manifest.Set) { manifest.Get[corev1.Service](s, "gateway").Spec.IPFamilyPolicy = nil },
			"same name":             func(s manifest.Set) { setArg(s, "canvas", "node", "canvas") },
		}},
	}
}

// configMap is for tests of rules: it returns the ConfigMap with this name, before the hash where kustomize adds one.
func configMap(s manifest.Set, name string) *corev1.ConfigMap {
	for _, m := range manifest.All[corev1.ConfigMap](s) {
		if m.Name == name || strings.HasPrefix(m.Name, name+"-") {
			return m
		}
	}
	return nil
}

// somePod is a pod as a cluster might start it.
func somePod() manifest.Pod {
	return manifest.Pod{Name: "some-5d9c7b6f8-x2x7k", IP: "fd00:10:244::17", Secrets: map[string]map[string]string{
		"playground": {"gossip-key": "c2VjcmV0IG9mIHRoaXJ0eS10d28gYnl0ZXMsIHllcyE=", "admin-token": "token", "redis-password": "password"},
		"backup-s3":  {"credentials": "[default]"},
		"record-s3":  {"credentials": "[default]"},
		"peer-tls":   {"tls.crt": "certificate", "tls.key": "key", "ca.crt": "authority"},
	}}
}

func settings(s manifest.Set, server known) (faults []string) {
	// Variables that processes read besides settings, or that settings are made of.
	others := []string{"POD_NAME", "POD_IP", "GOMEMLIMIT", "AWS_SHARED_CREDENTIALS_FILE"}
	for _, w := range ours(s) {
		fault := func(format string, args ...any) { faults = append(faults, w.Name+": "+fmt.Sprintf(format, args...)) }
		p, err := s.Process(w, somePod())
		if err != nil {
			fault("%v", err)
			continue
		}
		if links := w.Template.Spec.EnableServiceLinks; links == nil || *links {
			fault("a Service's name can become a setting")
		}
		for _, a := range p.Args {
			name, value, ok := strings.Cut(strings.TrimPrefix(a, "--"), "=")
			if !ok || value == "" || strings.Contains(value, "$(") || !slices.Contains(server.flags, name) {
				fault("argument %s", a)
			}
			if variable := "PLAYGROUND_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")); p.Env[variable] != "" {
				fault("--%s is also given as %s", name, variable)
			}
		}
		for name, value := range p.Env {
			if value == "" || !slices.Contains(server.variables, name) && !slices.Contains(others, name) {
				fault("variable %s=%s", name, value)
			}
		}
	}
	return faults
}

func roles(s manifest.Set) (faults []string) {
	var processes []manifest.Process
	for _, w := range ours(s) {
		p, err := s.Process(w, somePod())
		if err != nil {
			return []string{err.Error()}
		}
		if p.Env["PLAYGROUND_ROLES"] != w.Name {
			faults = append(faults, w.Name+" is "+p.Env["PLAYGROUND_ROLES"])
		}
		for _, own := range []string{"PLAYGROUND_ROLES", "PLAYGROUND_ADMIN_TOKEN_FILE", "GOMEMLIMIT"} {
			delete(p.Env, own)
		}
		processes = append(processes, p)
	}
	if len(processes) != 2 || !slices.Equal(processes[0].Args, processes[1].Args) || !maps.Equal(processes[0].Env, processes[1].Env) {
		faults = append(faults, fmt.Sprintf("the workloads differ: %v", processes))
	}
	return faults
}

func addresses(s manifest.Set) (faults []string) {
	if policy := manifest.Get[corev1.Service](s, "gateway").Spec.IPFamilyPolicy; policy == nil || *policy != corev1.IPFamilyPolicyPreferDualStack {
		faults = append(faults, "people come by one family only, where the cluster has two")
	}
	for _, w := range ours(s) {
		fault := func(format string, args ...any) { faults = append(faults, w.Name+": "+fmt.Sprintf(format, args...)) }
		for _, ip := range []string{"10.42.0.17", "fd00:10:42::17"} {
			pod := somePod()
			pod.IP = ip
			p, err := s.Process(w, pod)
			if err != nil {
				fault("%v", err)
				continue
			}
			if arg(p.Args, "node") != pod.Name {
				fault("its node is not named like the pod")
			}
			for flag, ports := range map[string][]string{"listen": {"http"}, "gossip": {"gossip", "gossip-udp"}, "peer": {"peer"}} {
				host, port, err := net.SplitHostPort(arg(p.Args, flag))
				want := ip
				if flag == "listen" { // on the loopback address too, for kubectl port-forward
					want = ""
				}
				if err != nil || host != want {
					fault("--%s is not at %q: %s", flag, want, arg(p.Args, flag))
				}
				for _, name := range ports {
					if strconv.Itoa(w.Port(name)) != port {
						fault("--%s is not at port %s", flag, name)
					}
				}
			}
			faults = append(faults, joins(s, w, arg(p.Args, "join"))...)
		}
	}
	return faults
}

// joins checks dns:NAME:PORT: what the name resolves to, and what listens there.
func joins(s manifest.Set, w manifest.Workload, join string) (faults []string) {
	name, port, _ := strings.Cut(strings.TrimPrefix(join, "dns:"), ":")
	service := manifest.Get[corev1.Service](s, name)
	switch {
	case !strings.HasPrefix(join, "dns:") || service == nil:
		return []string{w.Name + " joins no Service: " + join}
	case service.Spec.ClusterIP != corev1.ClusterIPNone || !service.Spec.PublishNotReadyAddresses:
		return []string{name + " does not resolve to every pod, ready or not"}
	case service.Spec.IPFamilyPolicy == nil || *service.Spec.IPFamilyPolicy != corev1.IPFamilyPolicySingleStack:
		return []string{name + " may resolve to addresses that nobody binds"}
	}
	behind := selected(s, &metav1.LabelSelector{MatchLabels: service.Spec.Selector})
	if slices.Sort(behind); !slices.Equal(behind, []string{"canvas", "gateway"}) {
		faults = append(faults, fmt.Sprintf("%s is the pods of %v", name, behind))
	}
	if strconv.Itoa(w.Port("gossip")) != port {
		faults = append(faults, w.Name+" joins at port "+port)
	}
	return faults
}

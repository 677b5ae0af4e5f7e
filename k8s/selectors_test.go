package k8s

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"pixelplayground/k8s/manifest"
)

// selectorRules is about which object means which: names and labels that the cluster accepts
// without a check.
func selectorRules() []rule {
	return []rule{
		{"a workload selects its own pods", workloadSelectors, map[string]func(manifest.Set){
			"other labels": func(s manifest.Set) { workload(s, "canvas").Template.Labels["app.kubernetes.io/component"] = "tile" },
			"somebody else's pods": func(s manifest.Set) {
				delete(workload(s, "gateway").Selector.MatchLabels, "app.kubernetes.io/component")
			},
			"spread of others": func(s manifest.Set) { spread(s, "gateway").LabelSelector.MatchLabels = map[string]string{"app": "x"} },
			"spread of all":    func(s manifest.Set) { spread(s, "gateway").MatchLabelKeys = nil },
		}},
		{"a Service leads to ports that pods have", servicePorts, map[string]func(manifest.Set){
			"no pods": func(s manifest.Set) {
				manifest.Get[corev1.Service](s, "peers").Spec.Selector["app.kubernetes.io/name"] = "x"
			},
			"no port": func(s manifest.Set) { container(s, "gateway").Ports[0].Name = "web" },
			"other protocol": func(s manifest.Set) {
				container(s, "canvas").Ports[2].Protocol = corev1.ProtocolTCP
			},
			"port of no Service": func(s manifest.Set) { manifest.Get[corev1.Service](s, "gateway").Spec.Ports[0].Name = "https" },
			"Ingress to nowhere": func(s manifest.Set) { manifest.Get[corev1.Service](s, "gateway").Name = "front" },
			"monitor of nothing": func(s manifest.Set) {
				manifest.All[manifest.ServiceMonitor](s)[0].Spec.Selector.MatchLabels["app.kubernetes.io/component"] = "x"
			},
			"monitor of no port": func(s manifest.Set) { manifest.All[manifest.ServiceMonitor](s)[0].Spec.Endpoints[0].Port = "web" },
			"monitor without component": func(s manifest.Set) {
				manifest.All[manifest.ServiceMonitor](s)[0].Spec.Endpoints[0].Relabelings = nil
			},
			"monitor of no page": func(s manifest.Set) { manifest.All[manifest.ServiceMonitor](s)[0].Spec.Endpoints[0].Path = "/numbers" },
		}},
		{"a budget is for the pods of one workload", budgetSelectors, map[string]func(manifest.Set){
			"of both": func(s manifest.Set) {
				delete(manifest.Get[policyv1.PodDisruptionBudget](s, "canvas").Spec.Selector.MatchLabels, "app.kubernetes.io/component")
			},
			"of none": func(s manifest.Set) {
				manifest.Get[policyv1.PodDisruptionBudget](s, "gateway").Spec.Selector.MatchLabels["app.kubernetes.io/name"] = "x"
			},
		}},
	}
}

func spread(s manifest.Set, name string) *corev1.TopologySpreadConstraint {
	return &workload(s, name).Template.Spec.TopologySpreadConstraints[0]
}

// matches reports whether pods of w have what the selector asks for. A nil selector matches none.
func matches(selector *metav1.LabelSelector, w manifest.Workload) bool {
	wanted, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && slices.ContainsFunc(w.Pods(), func(pod labels.Set) bool { return wanted.Matches(pod) })
}

// selected returns the names of the workloads whose pods match the selector.
func selected(s manifest.Set, selector *metav1.LabelSelector) (names []string) {
	for _, w := range s.Workloads() {
		if matches(selector, w) {
			names = append(names, w.Name)
		}
	}
	return names
}

func workloadSelectors(s manifest.Set) (faults []string) {
	for _, w := range s.Workloads() {
		if w.Ends() {
			continue
		}
		if got := selected(s, w.Selector); !slices.Equal(got, []string{w.Name}) {
			faults = append(faults, fmt.Sprintf("%s selects the pods of %v", w.Name, got))
		}
		for _, constraint := range w.Template.Spec.TopologySpreadConstraints {
			// If a roll has no extra pod, as in a StatefulSet, all revisions count.
			revisions := manifest.Get[appsv1.Deployment](s, w.Name) == nil || slices.Contains(constraint.MatchLabelKeys, "pod-template-hash")
			if !matches(constraint.LabelSelector, w) || !revisions {
				faults = append(faults, w.Name+" is not spread over "+constraint.TopologyKey+" by itself")
			}
		}
	}
	return faults
}

func servicePorts(s manifest.Set) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for _, service := range manifest.All[corev1.Service](s) {
		behind := selected(s, &metav1.LabelSelector{MatchLabels: service.Spec.Selector})
		if len(behind) == 0 {
			fault("Service %s selects no pods", service.Name)
		}
		for _, port := range service.Spec.Ports {
			for _, name := range behind {
				if w, _ := s.Workload(name); !slices.ContainsFunc(w.Each(), func(w manifest.Workload) bool { return hasPort(w.Container(), port) }) {
					fault("Service %s: %s has no port %s", service.Name, name, port.TargetPort.StrVal)
				}
			}
		}
	}
	for _, ingress := range manifest.All[networkingv1.Ingress](s) {
		for _, path := range ingress.Spec.Rules[0].HTTP.Paths {
			backend := path.Backend.Service
			if service := manifest.Get[corev1.Service](s, backend.Name); service == nil || !namesPort(service, backend.Port.Name) {
				fault("Ingress %s: no Service has %s:%s", ingress.Name, backend.Name, backend.Port.Name)
			}
		}
	}
	for _, monitor := range manifest.All[manifest.ServiceMonitor](s) {
		services := 0
		for _, service := range manifest.All[corev1.Service](s) {
			wanted, err := metav1.LabelSelectorAsSelector(&monitor.Spec.Selector)
			if err != nil || !wanted.Matches(labels.Set(service.Labels)) {
				continue
			}
			services++
			for _, endpoint := range monitor.Spec.Endpoints {
				if !namesPort(service, endpoint.Port) || endpoint.Path != "/metrics" {
					fault("ServiceMonitor %s: Service %s has no %s%s", monitor.Name, service.Name, endpoint.Port, endpoint.Path)
				}
				if !slices.ContainsFunc(endpoint.Relabelings, func(r manifest.Relabeling) bool {
					return r.TargetLabel == "component" && slices.Equal(r.SourceLabels, []string{"__meta_kubernetes_pod_label_app_kubernetes_io_component"})
				}) {
					fault("ServiceMonitor %s: series have no label component", monitor.Name)
				}
			}
		}
		if services != 1 {
			fault("ServiceMonitor %s selects %d Services", monitor.Name, services)
		}
	}
	return faults
}

func hasPort(c *corev1.Container, wanted corev1.ServicePort) bool {
	return slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool {
		return p.Name == wanted.TargetPort.StrVal && protocol(p.Protocol) == protocol(wanted.Protocol)
	})
}

func namesPort(service *corev1.Service, name string) bool {
	return slices.ContainsFunc(service.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == name })
}

// protocol is TCP if none is given.
func protocol(p corev1.Protocol) corev1.Protocol {
	if p == "" {
		return corev1.ProtocolTCP
	}
	return p
}

func budgetSelectors(s manifest.Set) (faults []string) {
	for _, budget := range manifest.All[policyv1.PodDisruptionBudget](s) {
		if got := selected(s, budget.Spec.Selector); !slices.Equal(got, []string{budget.Name}) {
			faults = append(faults, fmt.Sprintf("budget %s is for the pods of %v", budget.Name, got))
		}
	}
	return faults
}

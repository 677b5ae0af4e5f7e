package manifest

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ServiceMonitor is as much of the Prometheus operator's kind (monitoring.coreos.com/v1) as the
// manifests use. Its module would bring hundreds of files for these few fields.
type ServiceMonitor struct {
	head

	Spec struct {
		Selector  metav1.LabelSelector `json:"selector"`
		Endpoints []struct {
			Port        string       `json:"port"` // the port's name in the Service
			Path        string       `json:"path"`
			Interval    string       `json:"interval"`
			Relabelings []Relabeling `json:"relabelings"`
		} `json:"endpoints"`
	} `json:"spec"`
}

// Relabeling makes a label of what the operator knows about a target.
type Relabeling struct {
	SourceLabels []string `json:"sourceLabels"`
	TargetLabel  string   `json:"targetLabel"`
}

// PrometheusRule is as much of the operator's kind for rules as the manifests use.
type PrometheusRule struct {
	head

	Spec struct {
		Groups []struct {
			Name  string  `json:"name"`
			Rules []Alert `json:"rules"`
		} `json:"groups"`
	} `json:"spec"`
}

// Alert is a rule that tells when something is wrong.
type Alert struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

package manifest

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ServiceMonitor is as much of the Prometheus operator's kind (monitoring.coreos.com/v1) as
// the manifests use; its module would bring hundreds of files for these fields.
type ServiceMonitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec struct {
		Selector        metav1.LabelSelector `json:"selector"`
		PodTargetLabels []string             `json:"podTargetLabels"`
		Endpoints       []struct {
			Port     string `json:"port"` // by its name in the Service
			Path     string `json:"path"`
			Interval string `json:"interval"`
		} `json:"endpoints"`
	} `json:"spec"`
}

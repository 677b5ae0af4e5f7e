// Package manifest reads the Kubernetes manifests. It renders a kustomization, decodes every object
// strictly, and works out the processes that a kubelet would start from them. What is right is for
// others to say: the tests of the manifests judge the objects, the end-to-end tests start the
// processes.
package manifest

import (
	"bytes"
	"errors"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// Set is the objects of one rendered kustomization, each a pointer to its type.
type Set []metav1.Object

// All is the objects of one type, for example All[corev1.Service](set).
func All[T any](s Set) (found []*T) {
	for _, object := range s {
		if o, ok := object.(any).(*T); ok {
			found = append(found, o)
		}
	}
	return found
}

// Get is the object of one type and name, nil if there is none.
func Get[T any](s Set, name string) *T {
	for _, object := range s {
		if o, ok := object.(any).(*T); ok && object.GetName() == name {
			return o
		}
	}
	return nil
}

// blank is an empty object of a kind that the manifests may use, nil for any other.
func blank(kind metav1.TypeMeta) metav1.Object {
	switch kind.APIVersion + " " + kind.Kind {
	case "v1 Namespace":
		return new(corev1.Namespace)
	case "v1 ConfigMap":
		return new(corev1.ConfigMap)
	case "v1 Secret":
		return new(corev1.Secret)
	case "v1 PersistentVolumeClaim":
		return new(corev1.PersistentVolumeClaim)
	case "v1 Service":
		return new(corev1.Service)
	case "apps/v1 Deployment":
		return new(appsv1.Deployment)
	case "apps/v1 StatefulSet":
		return new(appsv1.StatefulSet)
	case "batch/v1 CronJob":
		return new(batchv1.CronJob)
	case "autoscaling/v2 HorizontalPodAutoscaler":
		return new(autoscalingv2.HorizontalPodAutoscaler)
	case "networking.k8s.io/v1 Ingress":
		return new(networkingv1.Ingress)
	case "networking.k8s.io/v1 NetworkPolicy":
		return new(networkingv1.NetworkPolicy)
	case "policy/v1 PodDisruptionBudget":
		return new(policyv1.PodDisruptionBudget)
	case "monitoring.coreos.com/v1 ServiceMonitor":
		return new(ServiceMonitor)
	case "monitoring.coreos.com/v1 PrometheusRule":
		return new(PrometheusRule)
	case "gateway.networking.k8s.io/v1 HTTPRoute":
		return new(HTTPRoute)
	case "external-secrets.io/v1 ExternalSecret":
		return new(ExternalSecret)
	case "cert-manager.io/v1 Issuer":
		return new(Issuer)
	case "cert-manager.io/v1 Certificate":
		return new(Certificate)
	}
	return nil
}

// Decode reads YAML documents, one object each. A kind that is not known here, or a field
// that the kind does not have, is an error.
func Decode(rendered []byte) (Set, error) {
	var set Set
	for document := range bytes.SplitSeq(rendered, []byte("\n---\n")) {
		object, err := decode(document)
		if err != nil {
			return nil, fmt.Errorf("decode manifests: %w", err)
		}
		set = append(set, object)
	}
	return set, nil
}

func decode(document []byte) (metav1.Object, error) {
	text, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return nil, err
	}
	var kind metav1.PartialObjectMetadata
	if err := json.UnmarshalCaseSensitivePreserveInts(text, &kind); err != nil {
		return nil, err
	}
	object := blank(kind.TypeMeta)
	if object == nil {
		return nil, fmt.Errorf("%s %s %q: no such kind is known", kind.APIVersion, kind.Kind, kind.Name)
	}
	faults, err := json.UnmarshalStrict(text, object)
	if err = errors.Join(append(faults, err)...); err != nil {
		return nil, fmt.Errorf("%s %q: %w", kind.Kind, kind.Name, err)
	}
	return object, nil
}

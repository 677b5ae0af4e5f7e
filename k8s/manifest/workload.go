package manifest

import (
	"fmt"
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Workload is what Deployments, StatefulSets and CronJobs have in common. Its pointers lead into
// the object itself.
type Workload struct {
	Name      string
	Namespace string
	Replicas  int                   // as the object says, else its autoscaler's minimum
	Selector  *metav1.LabelSelector // nil for a CronJob: the cluster makes one for each job
	Template  *corev1.PodTemplateSpec

	stateful  bool
	container int // which one Container is
}

// Workloads returns all workloads of a set.
func (s Set) Workloads() (workloads []Workload) {
	add := func(meta metav1.ObjectMeta, replicas *int32, selector *metav1.LabelSelector, template *corev1.PodTemplateSpec, stateful bool) {
		workloads = append(workloads, Workload{meta.Name, meta.Namespace, s.replicas(meta.Name, replicas), selector, template, stateful, 0})
	}
	for _, d := range All[appsv1.Deployment](s) {
		add(d.ObjectMeta, d.Spec.Replicas, d.Spec.Selector, &d.Spec.Template, false)
	}
	for _, d := range All[appsv1.StatefulSet](s) {
		add(d.ObjectMeta, d.Spec.Replicas, d.Spec.Selector, &d.Spec.Template, true)
	}
	for _, c := range All[batchv1.CronJob](s) {
		add(c.ObjectMeta, new(int32(1)), nil, &c.Spec.JobTemplate.Spec.Template, false)
	}
	return workloads
}

// Ends reports whether its pods do something once and end, instead of serving.
func (w Workload) Ends() bool { return w.Selector == nil }

// replicas is 1 if nothing sets it, as in the cluster.
func (s Set) replicas(workload string, said *int32) int {
	if said != nil {
		return int(*said)
	}
	for _, a := range All[autoscalingv2.HorizontalPodAutoscaler](s) {
		if a.Spec.ScaleTargetRef.Name == workload && a.Spec.MinReplicas != nil {
			return int(*a.Spec.MinReplicas)
		}
	}
	return 1
}

// Workload is the one of that name; ok is false if there is none.
func (s Set) Workload(name string) (w Workload, ok bool) {
	for _, w := range s.Workloads() {
		if w.Name == name {
			return w, true
		}
	}
	return Workload{}, false
}

// Container is the one that Of has chosen, else the workload's first (and usually only) container.
func (w Workload) Container() *corev1.Container { return &w.Template.Spec.Containers[w.container] }

// Of returns the workload with Container set to the one of that name; ok is false if there is none.
func (w Workload) Of(container string) (of Workload, ok bool) {
	for i, c := range w.Template.Spec.Containers {
		if c.Name == container {
			w.container = i
			return w, true
		}
	}
	return w, false
}

// Each returns the workload once per container, with Container set to it.
func (w Workload) Each() (each []Workload) {
	for i := range w.Template.Spec.Containers {
		w.container = i
		each = append(each, w)
	}
	return each
}

// Pods returns the labels of its pods, once for each kind of pod. The labels of a StatefulSet's
// pods include the pod's name.
func (w Workload) Pods() (pods []labels.Set) {
	if !w.stateful {
		return []labels.Set{w.Template.Labels}
	}
	for i := range w.Replicas {
		pod := labels.Set{appsv1.StatefulSetPodNameLabel: fmt.Sprintf("%s-%d", w.Name, i)}
		maps.Copy(pod, w.Template.Labels)
		pods = append(pods, pod)
	}
	return pods
}

// Port is the number behind a name, 0 if no container has it.
func (w Workload) Port(name string) int {
	for _, c := range w.Template.Spec.Containers {
		for _, p := range c.Ports {
			if p.Name == name {
				return int(p.ContainerPort)
			}
		}
	}
	return 0
}

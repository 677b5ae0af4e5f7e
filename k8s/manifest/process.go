package manifest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Pod is what the cluster knows about a pod and the manifests don't.
type Pod struct {
	Name    string
	IP      string
	Secrets map[string]map[string]string // by name and key
}

// Process is what a kubelet starts for a pod, and how it treats it.
type Process struct {
	Image   string
	Command []string // empty: the image's
	Args    []string
	Env     map[string]string // besides the image's own
	Ports   []corev1.ContainerPort
	Mounts  []Mount

	Started, Live, Ready *Check        // nil: none, or not over HTTP
	Pause                time.Duration // from being told to go, until SIGTERM
	Grace                time.Duration // also from being told to go, until SIGKILL
}

// Check is a probe over HTTP, with the cluster's defaults filled in.
type Check struct {
	URL      string
	Every    time.Duration
	Timeout  time.Duration
	Failures int // in a row until they count
}

// Process works out what a pod of w runs. The error names the value that nothing provides.
func (s Set) Process(w Workload, pod Pod) (Process, error) {
	env, err := s.environment(w, pod)
	if err != nil {
		return Process{}, fmt.Errorf("process of %s: %w", w.Name, err)
	}
	mounts, err := s.mounts(w, pod)
	if err != nil {
		return Process{}, fmt.Errorf("process of %s: %w", w.Name, err)
	}
	c, spec := w.Container(), w.Template.Spec
	p := Process{
		Image: c.Image, Command: expandAll(c.Command, env), Args: expandAll(c.Args, env), Env: env, Ports: c.Ports, Mounts: mounts,
		Started: w.check(c.StartupProbe, pod), Live: w.check(c.LivenessProbe, pod), Ready: w.check(c.ReadinessProbe, pod),
		Grace: 30 * time.Second, // the cluster's default
	}
	if spec.TerminationGracePeriodSeconds != nil {
		p.Grace = time.Duration(*spec.TerminationGracePeriodSeconds) * time.Second
	}
	if l := c.Lifecycle; l != nil && l.PreStop != nil && l.PreStop.Sleep != nil {
		p.Pause = time.Duration(l.PreStop.Sleep.Seconds) * time.Second
	}
	return p, nil
}

func (w Workload) check(probe *corev1.Probe, pod Pod) *Check {
	if probe == nil || probe.HTTPGet == nil {
		return nil
	}
	port := probe.HTTPGet.Port.IntValue()
	if port == 0 {
		port = w.Port(probe.HTTPGet.Port.StrVal)
	}
	return &Check{
		URL:      "http://" + net.JoinHostPort(pod.IP, strconv.Itoa(port)) + probe.HTTPGet.Path,
		Every:    time.Duration(cmp.Or(probe.PeriodSeconds, 10)) * time.Second,
		Timeout:  time.Duration(cmp.Or(probe.TimeoutSeconds, 1)) * time.Second,
		Failures: int(cmp.Or(probe.FailureThreshold, 3)),
	}
}

// environment is the container's variables, in the order in which the kubelet sets them: first
// whole ConfigMaps, then single variables, which can use those before them.
func (s Set) environment(w Workload, pod Pod) (map[string]string, error) {
	env := make(map[string]string)
	for _, from := range w.Container().EnvFrom {
		if from.ConfigMapRef == nil || from.Prefix != "" {
			return nil, errors.New("variables from anything but a whole ConfigMap are not known here")
		}
		m := Get[corev1.ConfigMap](s, from.ConfigMapRef.Name)
		if m == nil {
			return nil, fmt.Errorf("there is no ConfigMap %s", from.ConfigMapRef.Name)
		}
		maps.Copy(env, m.Data)
	}
	for _, v := range w.Container().Env {
		text := expand(v.Value, env)
		if v.ValueFrom != nil {
			var err error
			if text, err = w.valueFrom(v.ValueFrom, pod); err != nil {
				return nil, fmt.Errorf("%s: %w", v.Name, err)
			}
		}
		env[v.Name] = text
	}
	return env, nil
}

func (w Workload) valueFrom(from *corev1.EnvVarSource, pod Pod) (string, error) {
	switch {
	case from.FieldRef != nil:
		field, ok := map[string]string{
			"metadata.name": pod.Name, "metadata.namespace": w.Namespace, "status.podIP": pod.IP,
		}[from.FieldRef.FieldPath]
		if !ok {
			return "", fmt.Errorf("field %s is not known here", from.FieldRef.FieldPath)
		}
		return field, nil
	case from.SecretKeyRef != nil:
		text, ok := pod.Secrets[from.SecretKeyRef.Name][from.SecretKeyRef.Key]
		if !ok {
			return "", fmt.Errorf("no Secret %s gives %s", from.SecretKeyRef.Name, from.SecretKeyRef.Key)
		}
		return text, nil
	case from.ResourceFieldRef != nil:
		return w.resource(from.ResourceFieldRef)
	}
	return "", errors.New("its source is not known here")
}

// resource is an amount in bytes.
func (w Workload) resource(from *corev1.ResourceFieldSelector) (string, error) {
	resources := w.Container().Resources
	amount, ok := map[string]int64{
		"requests.memory": resources.Requests.Memory().Value(), "limits.memory": resources.Limits.Memory().Value(),
	}[from.Resource]
	if !ok || !from.Divisor.IsZero() {
		return "", fmt.Errorf("resource %s by %s is not known here", from.Resource, &from.Divisor)
	}
	return strconv.FormatInt(amount, 10), nil
}

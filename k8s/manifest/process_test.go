package manifest_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"pixelplayground/k8s/manifest"
)

const workload = `apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {SIZE: large, COLOUR: red}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: front, namespace: here}
spec:
  template:
    spec:
      terminationGracePeriodSeconds: 40
      containers:
      - name: server
        image: server:v1
        args: [--at, "[$(IP)]:80", $(NONE), $$(IP), "$", "$(IP", 5$]
        envFrom: [{configMapRef: {name: settings}}]
        env:
        - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
        - {name: WHERE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
        - {name: COLOUR, value: blue}
        - {name: PASSWORD, valueFrom: {secretKeyRef: {name: secret, key: password}}}
        - {name: URL, value: "redis://$(PASSWORD)@$(IP)/$(SIZE)/$(LATER)"}
        - {name: LATER, value: "1"}
        - {name: GOMEMLIMIT, valueFrom: {resourceFieldRef: {resource: requests.memory}}}
        ports: [{name: http, containerPort: 80}]
        resources: {requests: {memory: 1Mi}}
        livenessProbe: {httpGet: {path: /live, port: http}}
        readinessProbe: {httpGet: {path: /ready, port: 81}, periodSeconds: 2, timeoutSeconds: 3, failureThreshold: 4}
        startupProbe: {tcpSocket: {port: http}}
        lifecycle: {preStop: {sleep: {seconds: 5}}}
        volumeMounts:
        - {name: data, mountPath: /data}
        - {name: scratch, mountPath: /tmp}
        - {name: all, mountPath: /all}
        - {name: one, mountPath: /one, subPath: word}
        - {name: settings, mountPath: /settings}
        - {name: several, mountPath: /several}
      volumes:
      - {name: scratch, emptyDir: {}}
      - {name: all, secret: {secretName: secret}}
      - {name: one, secret: {secretName: secret, defaultMode: 0440, items: [{key: password, path: word}]}}
      - {name: settings, configMap: {name: settings, items: [{key: SIZE, path: size}]}}
      - name: several
        projected:
          defaultMode: 0400
          sources:
          - {secret: {name: secret}}
          - {secret: {name: secret, optional: true, items: [{key: next, path: next}]}}
          - {secret: {name: absent, optional: true, items: [{key: password, path: password}]}}
          - {secret: {name: other, optional: true, items: [{key: pass, path: password}, {key: more, path: more}]}}
`

func pod() manifest.Pod {
	return manifest.Pod{Name: "front-1", IP: "fd00::1", Secrets: map[string]map[string]string{"secret": {"password": "pass"}, "other": {"pass": "word"}}}
}

func decode(t *testing.T, text string) (manifest.Set, manifest.Workload) {
	t.Helper()
	set, err := manifest.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	w, ok := set.Workload("front")
	if !ok {
		t.Fatal("no workload front")
	}
	return set, w
}

func TestProcess_IsWhatAKubeletStarts(t *testing.T) {
	set, w := decode(t, workload)
	got, err := set.Process(w, pod())
	if err != nil {
		t.Fatal(err)
	}
	want := manifest.Process{
		Image: "server:v1",
		Args:  []string{"--at", "[fd00::1]:80", "$(NONE)", "$(IP)", "$", "$(IP", "5$"},
		Env: map[string]string{
			"SIZE": "large", "COLOUR": "blue", "IP": "fd00::1", "WHERE": "here", "PASSWORD": "pass",
			"URL": "redis://pass@fd00::1/large/$(LATER)", "LATER": "1", "GOMEMLIMIT": "1048576",
		},
		Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 80}},
		Mounts: []manifest.Mount{
			{Path: "/all", Secret: true, Mode: 0o644, Files: map[string]string{"password": "pass"}},
			{Path: "/one", SubPath: "word", Secret: true, Mode: 0o440, Files: map[string]string{"word": "pass"}},
			{Path: "/settings", Mode: 0o644, Files: map[string]string{"size": "large"}},
			{Path: "/several", Secret: true, Mode: 0o400, Files: map[string]string{"password": "word"}},
		},
		Live:  &manifest.Check{URL: "http://[fd00::1]:80/live", Every: 10 * time.Second, Timeout: time.Second, Failures: 3},
		Ready: &manifest.Check{URL: "http://[fd00::1]:81/ready", Every: 2 * time.Second, Timeout: 3 * time.Second, Failures: 4},
		Pause: 5 * time.Second,
		Grace: 40 * time.Second,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	if w.Replicas != 1 {
		t.Errorf("%d pods, want the cluster's default", w.Replicas)
	}
}

// TestProcess_SaysWhatNobodyGives: a pod that the cluster would not start is an error, and so is
// one whose values would have to be made up here.
func TestProcess_SaysWhatNobodyGives(t *testing.T) {
	for name, change := range map[string][2]string{
		"ConfigMap": {"configMapRef: {name: settings}", "configMapRef: {name: sizes}"},
		"prefix":    {"configMapRef: {name: settings}", "prefix: A, configMapRef: {name: settings}"},
		"secrets":   {"configMapRef", "secretRef"},
		"Secret":    {"secretKeyRef: {name: secret,", "secretKeyRef: {name: secrets,"},
		"key":       {"key: password", "key: word"},
		"field":     {"fieldPath: status.podIP", "fieldPath: status.hostIP"},
		"resource":  {"resource: requests.memory", "resource: limits.cpu"},
		"volume":    {"secretName: secret}", "secretName: secrets}"},
		"file":      {"items: [{key: password, path: word}]", "items: [{key: word, path: word}]"},
		"folder":    {"configMap: {name: settings", "configMap: {name: sizes"},
		"source":    {"- {secret: {name: secret}}", "- {secret: {name: absent}}"},
		"own":       {"- {secret: {name: secret}}", "- {downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}}"},
		"divisor":   {"resource: requests.memory", "resource: requests.memory, divisor: 1Mi"},
	} {
		set, w := decode(t, strings.Replace(workload, change[0], change[1], 1))
		if _, err := set.Process(w, pod()); err == nil {
			t.Errorf("without its %s the pod starts", name)
		} else {
			t.Log(err)
		}
	}
}

func TestWorkloads_AreCountedByTheirAutoscaler(t *testing.T) {
	const scaler = `
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: any}
spec: {minReplicas: 7, maxReplicas: 9, scaleTargetRef: {kind: Deployment, name: front}}
`
	if _, w := decode(t, workload+scaler); w.Replicas != 7 {
		t.Errorf("%d pods, want the least of the autoscaler", w.Replicas)
	}
	if _, w := decode(t, strings.Replace(workload, "  template:", "  replicas: 3\n  template:", 1)+scaler); w.Replicas != 3 {
		t.Errorf("%d pods, want what the Deployment says", w.Replicas)
	}
}

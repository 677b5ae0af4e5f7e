package k8s

import (
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"

	"pixelplayground/k8s/manifest"
)

// What happens when pods come and go.
func operationRules() []rule {
	budget := func(s manifest.Set) *policyv1.PodDisruptionBudgetSpec {
		return &manifest.Get[policyv1.PodDisruptionBudget](s, "gateway").Spec
	}
	scaler := func(s manifest.Set) *autoscalingv2.HorizontalPodAutoscalerSpec {
		return &manifest.Get[autoscalingv2.HorizontalPodAutoscaler](s, "gateway").Spec
	}
	return []rule{
		{"a pod that is stopped has time to drain", drain, map[string]func(manifest.Set){
			"killed early":  func(s manifest.Set) { *workload(s, "canvas").Template.Spec.TerminationGracePeriodSeconds = 25 },
			"default grace": func(s manifest.Set) { workload(s, "gateway").Template.Spec.TerminationGracePeriodSeconds = nil },
			"longer drain":  func(s manifest.Set) { setArg(s, "gateway", "drain-timeout", "30s") },
			"no pause":      func(s manifest.Set) { container(s, "gateway").Lifecycle = nil },
			"fewer in a roll": func(s manifest.Set) {
				manifest.Get[appsv1.Deployment](s, "canvas").Spec.Strategy.RollingUpdate.MaxUnavailable = &intstr.IntOrString{IntVal: 1}
			},
			"all at once": func(s manifest.Set) {
				manifest.Get[appsv1.Deployment](s, "canvas").Spec.Strategy.Type = appsv1.RecreateDeploymentStrategyType
			},
			"roll in haste": func(s manifest.Set) { manifest.Get[appsv1.Deployment](s, "canvas").Spec.MinReadySeconds = 0 },
		}},
		{"a node can be drained, one pod at a time", disruption, map[string]func(manifest.Set){
			"never": func(s manifest.Set) { budget(s).MaxUnavailable = &intstr.IntOrString{} },
			"none spare": func(s manifest.Set) {
				budget(s).MaxUnavailable, budget(s).MinAvailable = nil, &intstr.IntOrString{IntVal: 4}
			},
			"all": func(s manifest.Set) { budget(s).MaxUnavailable = &intstr.IntOrString{IntVal: 4} },
			"all when ill": func(s manifest.Set) {
				budget(s).UnhealthyPodEvictionPolicy = new(policyv1.AlwaysAllow)
			},
			"Redis by the way": func(s manifest.Set) {
				manifest.Get[policyv1.PodDisruptionBudget](s, "redis").Spec.MaxUnavailable = &intstr.IntOrString{IntVal: 1}
			},
			"no budget": func(s manifest.Set) { manifest.Get[policyv1.PodDisruptionBudget](s, "canvas").Name = "tile" },
			"only one": func(s manifest.Set) {
				*manifest.Get[autoscalingv2.HorizontalPodAutoscaler](s, "gateway").Spec.MinReplicas = 1
			},
		}},
		{"an autoscaler alone says how many pods there are, from what is measured", autoscaling, map[string]func(manifest.Set){
			"of nothing":   func(s manifest.Set) { scaler(s).ScaleTargetRef.Name = "gate" },
			"said twice":   func(s manifest.Set) { manifest.Get[appsv1.Deployment](s, "gateway").Spec.Replicas = new(int32) },
			"no room":      func(s manifest.Set) { scaler(s).MaxReplicas = 4 },
			"no metric":    func(s manifest.Set) { scaler(s).Metrics[1].Pods.Metric.Name = "pixelplayground_sockets" },
			"other's":      func(s manifest.Set) { scaler(s).Metrics[1].Pods.Metric.Name = "connections" },
			"out of reach": func(s manifest.Set) { *scaler(s).Metrics[1].Pods.Target.AverageValue = resource.MustParse("20k") },
			"by nothing":   func(s manifest.Set) { scaler(s).Metrics = nil },
			"by request": func(s manifest.Set) {
				scaler(s).Metrics[0].Resource.Target = autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: new(int32(70))}
			},
			"by what no pod gets": func(s manifest.Set) {
				*scaler(s).Metrics[0].Resource.Target.AverageValue = resource.MustParse("2")
			},
			"down at once":  func(s manifest.Set) { scaler(s).Behavior = nil },
			"down by steps": func(s manifest.Set) { scaler(s).Behavior.ScaleDown.Policies[0].Value = 3 },
		}},
	}
}

func drain(s manifest.Set) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	const farewells = 10 * time.Second // after the drain: last commits, leaving the cluster, and a slow machine
	for _, w := range ours(s) {
		p, err := s.Process(w, somePod())
		if err != nil {
			fault("%v", err)
			continue
		}
		timeout, err := time.ParseDuration(arg(p.Args, "drain-timeout"))
		if err != nil {
			fault("%s: %v", w.Name, err)
		}
		if need := p.Pause + timeout + farewells; p.Grace < need {
			fault("%s is killed after %s, needs %s", w.Name, p.Grace, need)
		}
		if w.Name == "gateway" && p.Pause < 3*time.Second {
			fault("%s sends people away before proxies know that it goes", w.Name)
		}
		d := manifest.Get[appsv1.Deployment](s, w.Name).Spec
		if r := d.Strategy.RollingUpdate; d.Strategy.Type != appsv1.RollingUpdateDeploymentStrategyType || r == nil || r.MaxUnavailable.IntValue() != 0 || r.MaxSurge.IntValue() != 1 {
			fault("%s: a roll is not one pod more, then one less", w.Name)
		}
		if d.MinReadySeconds < 5 {
			fault("%s: a roll goes on before what moved has settled", w.Name)
		}
	}
	return faults
}

// arg returns the value of --name=value.
func arg(args []string, name string) string {
	for _, a := range args {
		if value, ok := strings.CutPrefix(a, "--"+name+"="); ok {
			return value
		}
	}
	return ""
}

// setArg is for tests of rules: it changes an argument.
func setArg(s manifest.Set, workload, name, value string) {
	args := container(s, workload).Args
	at := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, "--"+name+"=") })
	args[at] = "--" + name + "=" + value
}

func disruption(s manifest.Set) (faults []string) {
	for _, w := range s.Workloads() {
		if w.Ends() {
			continue // an evicted job's pod is tried again
		}
		budget := manifest.Get[policyv1.PodDisruptionBudget](s, w.Name)
		if budget == nil {
			faults = append(faults, w.Name+" has no budget")
			continue
		}
		gone := 0 // how many pods may be gone at once
		switch {
		case budget.Spec.MaxUnavailable != nil:
			gone = budget.Spec.MaxUnavailable.IntValue()
		case budget.Spec.MinAvailable != nil:
			gone = w.Replicas - budget.Spec.MinAvailable.IntValue()
		}
		// The only pod of its kind goes only when somebody deletes it, never in passing.
		if want := min(w.Replicas-1, 1); gone != want || w.Replicas < 2 && w.Name != "redis" {
			faults = append(faults, fmt.Sprintf("%s: %d of %d pods may be gone", w.Name, gone, w.Replicas))
		}
		if p := budget.Spec.UnhealthyPodEvictionPolicy; p == nil || *p != policyv1.IfHealthyBudget {
			faults = append(faults, w.Name+": when none is ready, all may be evicted at once")
		}
	}
	return faults
}

func autoscaling(s manifest.Set) (faults []string) {
	for _, a := range manifest.All[autoscalingv2.HorizontalPodAutoscaler](s) {
		fault := func(format string, args ...any) { faults = append(faults, a.Name+": "+fmt.Sprintf(format, args...)) }
		d := manifest.Get[appsv1.Deployment](s, a.Spec.ScaleTargetRef.Name)
		if d == nil {
			fault("there is no %s", a.Spec.ScaleTargetRef.Name)
			continue
		}
		if d.Spec.Replicas != nil {
			fault("the Deployment says %d, too", *d.Spec.Replicas)
		}
		if a.Spec.MinReplicas == nil || *a.Spec.MinReplicas >= a.Spec.MaxReplicas {
			fault("there is nothing between its least and its most")
		}
		if len(a.Spec.Metrics) == 0 || a.Spec.Metrics[0].Resource == nil || a.Spec.Metrics[0].Resource.Name != "cpu" {
			fault("it does not go by CPU, which needs no adapter")
		} else {
			// The request is the least that a pod needs. It says nothing about when the pod is
			// busy.
			target, most := a.Spec.Metrics[0].Resource.Target, container(s, d.Name).Resources.Limits.Cpu()
			if target.AverageValue == nil || target.AverageValue.MilliValue() > most.MilliValue()/2 {
				fault("it does not add pods at an amount of CPU that leaves room to the limit of %s", most)
			}
		}
		for _, m := range a.Spec.Metrics {
			if m.Pods != nil {
				faults = append(faults, connections(s, m.Pods)...)
			}
		}
		down := a.Spec.Behavior
		if down == nil || down.ScaleDown.StabilizationWindowSeconds == nil || *down.ScaleDown.StabilizationWindowSeconds < 300 ||
			len(down.ScaleDown.Policies) != 1 || down.ScaleDown.Policies[0].Type != autoscalingv2.PodsScalingPolicy || down.ScaleDown.Policies[0].Value != 1 {
			fault("it does not take pods away slowly and one by one")
		}
	}
	return faults
}

// connections checks the metric of the gateways.
func connections(s manifest.Set, metric *autoscalingv2.PodsMetricSource) (faults []string) {
	if metric.Metric.Name != "pixelplayground_connections" { // TestServer_HasTheMetric checks that it exists
		faults = append(faults, "the server has no metric "+metric.Metric.Name)
	}
	gateway, _ := s.Workload("gateway")
	p, err := s.Process(gateway, somePod())
	if err != nil {
		return append(faults, err.Error())
	}
	most, err := resource.ParseQuantity(p.Env["PLAYGROUND_MAX_CONNECTIONS"])
	if err != nil || metric.Target.AverageValue.Value() > most.Value()*3/4 {
		faults = append(faults, fmt.Sprintf("pods are added at %s connections each, of %s at most", metric.Target.AverageValue, &most))
	}
	return faults
}

package k8s

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"pixelplayground/k8s/manifest"
)

// severalRedises is the rule whose broken changes need a kustomization with several Redises.
const severalRedises = "of several Redises one is the master, and can be replaced"

// sentinelRules is about several Redises, if the manifests have them. TestKubernetes_RedisFailover
// rehearses them with real Redises; these rules check what a rehearsal can't see.
func sentinelRules() []rule {
	store := func(s manifest.Set) *appsv1.StatefulSetSpec {
		return &manifest.Get[appsv1.StatefulSet](s, "redis").Spec
	}
	change := func(file, from, to string) func(manifest.Set) {
		return func(s manifest.Set) {
			m := configMap(s, "redis")
			m.Data[file] = strings.Replace(m.Data[file], from, to, 1)
		}
	}
	return []rule{{severalRedises, replicated, map[string]func(manifest.Set){
		"one too few": func(s manifest.Set) { *store(s).Replicas = 2 },
		"one by one":  func(s manifest.Set) { store(s).PodManagementPolicy = appsv1.OrderedReadyPodManagement },
		"on one node": func(s manifest.Set) {
			store(s).Template.Spec.TopologySpreadConstraints[0].WhenUnsatisfiable = corev1.ScheduleAnyway
		},
		"any is ready": func(s manifest.Set) {
			container(s, "redis").ReadinessProbe.Exec.Command = []string{"redis-cli", "ping"}
		},
		"stops at once":  func(s manifest.Set) { container(s, "redis").Lifecycle = nil },
		"no such script": func(s manifest.Set) { container(s, "redis").Command[1] = "/etc/redis/start.sh" },
		"not when ready": func(s manifest.Set) { manifest.Get[corev1.Service](s, "redis-1").Spec.PublishNotReadyAddresses = false },
		"another's": func(s manifest.Set) {
			manifest.Get[corev1.Service](s, "redis-1").Spec.Selector[appsv1.StatefulSetPodNameLabel] = "redis-2"
		},
		"a replica": func(s manifest.Set) {
			delete(manifest.Get[corev1.Service](s, "redis").Spec.Selector, appsv1.StatefulSetPodNameLabel)
		},
		"alone":           change("replication.conf", "min-replicas-to-write 1", "min-replicas-to-write 0"),
		"cut off":         change("replication.conf", "min-replicas-max-lag 2", "min-replicas-max-lag 10"),
		"other port":      change("sentinel.conf", "port 26379", "port 26380"),
		"by number":       change("sentinel.conf", "resolve-hostnames yes", "resolve-hostnames no"),
		"never missed":    change("sentinel.conf", "down-after-milliseconds canvas 2000", "down-after-milliseconds canvas 30000"),
		"other name":      func(s manifest.Set) { setRedis(s, "master_name=canvas", "master_name=mymaster") },
		"one Sentinel":    func(s manifest.Set) { setRedis(s, "&addr=redis-1:26379&addr=redis-2:26379", "") },
		"others' members": func(s manifest.Set) { store(s).Template.Spec.Containers[1].Env[2].Value = "redis-0 redis-1" },
	}}}
}

// setRedis is for tests of rules: it changes the URL that servers are given.
func setRedis(s manifest.Set, from, to string) {
	for _, name := range []string{"gateway", "canvas"} {
		v := variable(s, name, "PLAYGROUND_REDIS")
		v.Value = strings.Replace(v.Value, from, to, 1)
	}
}

func replicated(s manifest.Set) (faults []string) {
	if manifest.Get[corev1.Service](s, "redis-1") == nil {
		return nil
	}
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	store, files := manifest.Get[appsv1.StatefulSet](s, "redis"), configMap(s, "redis").Data
	names := []string{"redis-0", "redis-1", "redis-2"}
	if int(*store.Spec.Replicas) != len(names) || store.Spec.PodManagementPolicy != appsv1.ParallelPodManagement || store.Spec.MinReadySeconds == 0 {
		fault("they are not three that start together and roll one by one")
	}
	if c := store.Spec.Template.Spec.TopologySpreadConstraints; len(c) == 0 || c[0].TopologyKey != corev1.LabelHostname || c[0].WhenUnsatisfiable != corev1.DoNotSchedule {
		fault("two may be on one node, and be lost with it")
	}
	for _, name := range names {
		service := manifest.Get[corev1.Service](s, name)
		if service == nil || !service.Spec.PublishNotReadyAddresses || service.Spec.Selector[appsv1.StatefulSetPodNameLabel] != name {
			fault("%s is not the address of that pod, ready or not", name)
		}
	}
	if s := manifest.Get[corev1.Service](s, "redis"); s.Spec.Selector[appsv1.StatefulSetPodNameLabel] != names[0] {
		fault("who knows one Redis only is sent to any")
	}
	faults = append(faults, replicatedPods(s, names, files)...)
	conf := directives(files["replication.conf"])
	if lag, err := strconv.Atoi(conf["min-replicas-max-lag"]); err != nil || lag > 2 || conf["min-replicas-to-write"] != "1" {
		fault("a master that is cut off goes on writing: %v", conf)
	}
	sentinel := "\n" + files["sentinel.conf"]
	for _, line := range []string{"port 26379", "sentinel resolve-hostnames yes", "sentinel announce-hostnames yes", "sentinel down-after-milliseconds canvas 2000"} {
		if !strings.Contains(sentinel, "\n"+line+"\n") {
			fault("sentinel.conf does not say %s", line)
		}
	}
	for _, w := range ours(s) {
		p, err := s.Process(w, somePod())
		if err != nil {
			fault("%v", err)
			continue
		}
		where, err := url.Parse(p.Env["PLAYGROUND_REDIS"])
		if err != nil {
			fault("%v", err)
			continue
		}
		if q := where.Query(); q.Get("master_name") != "canvas" || len(q["addr"]) != len(names)-1 {
			fault("%s asks %s for the master", w.Name, where.Redacted())
		}
	}
	return faults
}

// replicatedPods checks what both containers are given, and the scripts that they name.
func replicatedPods(s manifest.Set, names []string, files map[string]string) (faults []string) {
	w, _ := s.Workload("redis")
	for _, c := range w.Each() {
		p, err := s.Process(c, somePod())
		if err != nil {
			return []string{err.Error()}
		}
		if p.Env["ALL"] != strings.Join(names, " ") || p.Env["FIRST"] != names[0] || p.Env["SELF"] != somePod().Name {
			faults = append(faults, fmt.Sprintf("%s is told of %v", c.Container().Name, p.Env))
		}
	}
	c := w.Container()
	scripts := [][]string{c.Command, of(w, "sentinel").Command}
	if c.Lifecycle != nil && c.Lifecycle.PreStop != nil && c.Lifecycle.PreStop.Exec != nil {
		scripts = append(scripts, c.Lifecycle.PreStop.Exec.Command)
	} else {
		faults = append(faults, "a master that is to stop does not have another one take over first")
	}
	if !slices.Equal(c.ReadinessProbe.Exec.Command, []string{"sh", "/etc/redis/ready.sh"}) {
		faults = append(faults, "a replica is ready before it has what the master has")
	}
	for _, command := range append(scripts, c.ReadinessProbe.Exec.Command) {
		if name, ok := strings.CutPrefix(command[len(command)-1], "/etc/redis/"); command[0] == "sh" && (!ok || files[name] == "") {
			faults = append(faults, "there is no script "+name)
		}
	}
	return faults
}

// of returns the container of that name.
func of(w manifest.Workload, name string) *corev1.Container {
	seen, _ := w.Of(name)
	return seen.Container()
}

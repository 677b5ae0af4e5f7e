package k8s

import (
	"bufio"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"pixelplayground/k8s/manifest"
)

// redisRules is about the Redis in the manifests, if they have one.
func redisRules() []rule {
	change := func(from, to string) func(manifest.Set) {
		return func(s manifest.Set) {
			m := configMap(s, "redis")
			m.Data["redis.conf"] = strings.Replace(m.Data["redis.conf"], from, to, 1)
		}
	}
	return []rule{
		{"Redis keeps what it acknowledged", keeps, map[string]func(manifest.Set){
			"in memory":      change("appendonly yes", "appendonly no"),
			"when it likes":  change("appendfsync always", "appendfsync no"),
			"what it likes":  change("noeviction", "allkeys-lru"),
			"beside volume":  change("dir /data", "dir /tmp"),
			"too much":       change("maxmemory 512mb", "maxmemory 900mb"),
			"too little":     change("maxmemory 512mb", "maxmemory 128mb"),
			"too long a log": func(s manifest.Set) { configMap(s, "settings").Data["PLAYGROUND_LOG_PIXELS"] = "100000" },
			"no volume":      func(s manifest.Set) { manifest.Get[appsv1.StatefulSet](s, "redis").Spec.VolumeClaimTemplates = nil },
			"deleted": func(s manifest.Set) {
				manifest.Get[appsv1.StatefulSet](s, "redis").Spec.PersistentVolumeClaimRetentionPolicy = nil
			},
			"two": func(s manifest.Set) { *manifest.Get[appsv1.StatefulSet](s, "redis").Spec.Replicas = 2 },
		}},
		{"the server finds Redis", found, map[string]func(manifest.Set){
			"host": func(s manifest.Set) {
				variable(s, "gateway", "PLAYGROUND_REDIS").Value = "redis://store:6379"
			},
			"port": func(s manifest.Set) {
				variable(s, "gateway", "PLAYGROUND_REDIS").Value = "redis://redis:6380"
			},
		}},
	}
}

// directives reads a redis.conf whose values have no quotes except "".
func directives(text string) map[string]string {
	said := make(map[string]string)
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		if line := strings.TrimSpace(lines.Text()); line != "" && line[0] != '#' {
			name, value, _ := strings.Cut(line, " ")
			said[name] = value
		}
	}
	return said
}

func keeps(s manifest.Set) (faults []string) {
	store := manifest.Get[appsv1.StatefulSet](s, "redis")
	if store == nil {
		return nil
	}
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	conf := directives(configMap(s, "redis").Data["redis.conf"])
	if conf["appendonly"] != "yes" || conf["appendfsync"] != "always" && conf["appendfsync"] != "everysec" || conf["maxmemory-policy"] != "noeviction" {
		fault("it may lose or forget: %v", conf)
	}
	c := &store.Spec.Template.Spec.Containers[0]
	if !slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool {
		return m.MountPath == conf["dir"] && slices.ContainsFunc(store.Spec.VolumeClaimTemplates, func(claim corev1.PersistentVolumeClaim) bool {
			return claim.Name == m.Name
		})
	}) {
		fault("%s is not on a volume that stays", conf["dir"])
	}
	if p := store.Spec.PersistentVolumeClaimRetentionPolicy; p == nil || p.WhenDeleted != appsv1.RetainPersistentVolumeClaimRetentionPolicyType || p.WhenScaled != appsv1.RetainPersistentVolumeClaimRetentionPolicyType {
		fault("the volume goes with it")
	}
	if manifest.Get[corev1.Service](s, "redis-1") == nil { // otherwise sentinelRules checks both containers
		if *store.Spec.Replicas != 1 {
			fault("%d Redises would each keep a canvas of their own", *store.Spec.Replicas)
		}
	}
	most, err := resource.ParseQuantity(strings.Replace(conf["maxmemory"], "mb", "Mi", 1))
	if err != nil {
		fault("maxmemory: %v", err)
	}
	// While it rewrites its log, Redis shares memory with a child process, and copies what changes
	// meanwhile.
	if limit := c.Resources.Limits.Memory(); most.Value() > limit.Value()/2 {
		fault("%s of memory for data is more than half of %s", &most, limit)
	}
	if need, err := kept(configMap(s, "settings").Data); err != nil || need > most.Value() {
		fault("the canvas may need %d bytes of %s: %v", need, &most, err)
	}
	return faults
}

// kept is the most bytes that a canvas takes in Redis: 3 for each pixel, and for each region a log
// with 150 for each pixel (`playground --help`, --log-pixels).
func kept(settings map[string]string) (int64, error) {
	var width, height, region, logged int64
	if _, err := fmt.Sscanf(settings["PLAYGROUND_CANVAS"], "%dx%d", &width, &height); err != nil {
		return 0, err
	}
	for name, value := range map[string]*int64{"PLAYGROUND_REGION": &region, "PLAYGROUND_LOG_PIXELS": &logged} {
		n, err := strconv.ParseInt(settings[name], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		*value = n
	}
	regions := ((width + region - 1) / region) * ((height + region - 1) / region)
	return 3*width*height + 150*logged*regions, nil
}

func found(s manifest.Set) (faults []string) {
	if manifest.Get[appsv1.StatefulSet](s, "redis") == nil {
		return nil
	}
	for _, w := range ours(s) {
		p, err := s.Process(w, somePod())
		if err != nil {
			return []string{err.Error()}
		}
		where, err := url.Parse(p.Env["PLAYGROUND_REDIS"])
		if err != nil {
			return []string{err.Error()}
		}
		port := "redis"
		if where.Query().Has("master_name") {
			port = "sentinel"
		}
		for _, address := range append(where.Query()["addr"], where.Host) {
			host, number, _ := net.SplitHostPort(address)
			service := manifest.Get[corev1.Service](s, host)
			if service == nil || !slices.ContainsFunc(service.Spec.Ports, func(p corev1.ServicePort) bool {
				return p.Name == port && strconv.Itoa(int(p.Port)) == number
			}) {
				faults = append(faults, w.Name+" looks for Redis at "+address)
			}
		}
	}
	return faults
}

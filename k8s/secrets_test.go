package k8s

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"pixelplayground/k8s/manifest"
)

// secretRules: secrets reach processes only by files, so that they can be replaced while the
// processes run.
func secretRules(t *testing.T) []rule {
	documented := documentedSecret(t)
	mounted := func(s manifest.Set, workload, name string) *corev1.VolumeMount {
		mounts := container(s, workload).VolumeMounts
		return &mounts[slices.IndexFunc(mounts, func(m corev1.VolumeMount) bool { return m.Name == name })]
	}
	set := func(s manifest.Set, v corev1.EnvVar) {
		c := container(s, "canvas")
		c.Env = append(c.Env, v)
	}
	from := func(key string) *corev1.EnvVarSource {
		return &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "playground"}, Key: key}}
	}
	return []rule{
		{"secrets are made by hand, as documented", func(s manifest.Set) []string { return made(s, documented) }, map[string]func(manifest.Set){
			"key":  func(s manifest.Set) { workload(s, "canvas").Volume("secrets").Secret.Items[0].Key = "key" },
			"name": func(s manifest.Set) { workload(s, "canvas").Volume("secrets").Secret.SecretName = "cluster" },
			"in no command": func(s manifest.Set) {
				workload(s, "redis").Volume("secrets").Projected.Sources[0].Secret.Items[0].Key = "redis-password-other"
			},
			"not needed": func(s manifest.Set) {
				workload(s, "redis").Volume("secrets").Projected.Sources[1].Secret.Optional = nil
			},
			"public": func(s manifest.Set) { configMap(s, "settings").Data["PLAYGROUND_ADMIN_TOKEN"] = "letmein" },
		}},
		{"no secret is in a variable, a command line or a URL", told, map[string]func(manifest.Set){
			"variable": func(s manifest.Set) {
				set(s, corev1.EnvVar{Name: "PLAYGROUND_GOSSIP_KEY", ValueFrom: from("gossip-key")})
			},
			"all": func(s manifest.Set) {
				container(s, "canvas").EnvFrom[0] = corev1.EnvFromSource{SecretRef: &corev1.SecretEnvSource{}}
			},
			"written":   func(s manifest.Set) { set(s, corev1.EnvVar{Name: "PLAYGROUND_ADMIN_TOKEN", Value: "letmein"}) },
			"URL":       func(s manifest.Set) { variable(s, "canvas", "PLAYGROUND_REDIS").Value = "redis://:hush@redis:6379" },
			"parameter": func(s manifest.Set) { variable(s, "canvas", "PLAYGROUND_REDIS").Value += "?password=hush" },
			"arguments": func(s manifest.Set) { container(s, "redis").Args = []string{"--requirepass", "hush"} },
			"settings": func(s manifest.Set) {
				configMap(s, "settings").Data["PLAYGROUND_ORIGINS"] = "https://user:hush@canvas.example"
			},
		}},
		{"secrets are files that can be read and change, and each setting names one", inFiles, map[string]func(manifest.Set){
			"one file":  func(s manifest.Set) { mounted(s, "canvas", "secrets").SubPath = "gossip-key" },
			"elsewhere": func(s manifest.Set) { mounted(s, "canvas", "secrets").MountPath = "/etc/secrets" },
			"another file": func(s manifest.Set) {
				variable(s, "canvas", "PLAYGROUND_GOSSIP_KEY_FILE").Value = "/etc/playground/key"
			},
			"not said":      func(s manifest.Set) { variable(s, "gateway", "PLAYGROUND_ADMIN_TOKEN_FILE").Name = "TZ" },
			"no group":      func(s manifest.Set) { workload(s, "gateway").Template.Spec.SecurityContext.FSGroup = nil },
			"another group": func(s manifest.Set) { *workload(s, "redis").Template.Spec.SecurityContext.FSGroup = 1000 },
			"for root":      func(s manifest.Set) { *workload(s, "canvas").Volume("secrets").Secret.DefaultMode = 0o400 },
			"for all":       func(s manifest.Set) { workload(s, "canvas").Volume("secrets").Secret.DefaultMode = nil },
			"one for all": func(s manifest.Set) {
				workload(s, "gateway").Volume("operators").Secret.Items[0].Mode = new(int32(0o444))
			},
			"all of it":       func(s manifest.Set) { workload(s, "canvas").Volume("secrets").Secret.Items = nil },
			"operators' here": func(s manifest.Set) { workload(s, "canvas").Volume("secrets").Secret.Items[0].Key = "admin-token" },
		}},
	}
}

// keyOf is a key that a volume takes from a Secret, and whether the pod starts without it.
type keyOf struct {
	secret   string
	item     corev1.KeyToPath // none: the whole Secret
	optional bool
}

// keysOf returns the keys that a volume takes.
func keysOf(v corev1.Volume) (keys []keyOf) {
	add := func(secret string, items []corev1.KeyToPath, optional *bool) {
		if len(items) == 0 {
			items = []corev1.KeyToPath{{}}
		}
		for _, item := range items {
			keys = append(keys, keyOf{secret, item, optional != nil && *optional})
		}
	}
	if v.Secret != nil {
		add(v.Secret.SecretName, v.Secret.Items, v.Secret.Optional)
	}
	if v.Projected != nil {
		for _, source := range v.Projected.Sources {
			add(source.Secret.Name, source.Secret.Items, source.Secret.Optional)
		}
	}
	return keys
}

// usedKeys returns the keys of the Secret that pods need to start, in order.
func usedKeys(s manifest.Set) []string {
	used := make(map[string]bool)
	for _, w := range s.Workloads() {
		for _, v := range w.Template.Spec.Volumes {
			for _, k := range keysOf(v) {
				if k.secret == "playground" && !k.optional {
					used[k.item.Key] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(used))
}

// made checks that no manifest holds a secret, and that the documented keys are the ones that pods
// need. Other keys and Secrets are for the time while one replaces another, or are cert-manager's.
func made(s manifest.Set, documented []string) (faults []string) {
	if n := len(manifest.All[corev1.Secret](s)); n > 0 {
		faults = append(faults, fmt.Sprintf("%d Secrets are among the manifests", n))
	}
	for _, m := range manifest.All[corev1.ConfigMap](s) {
		for name := range m.Data {
			if secretSetting(name) {
				faults = append(faults, name+" is in a ConfigMap")
			}
		}
	}
	certified := make(map[string]bool)
	for _, c := range manifest.All[manifest.Certificate](s) {
		certified[c.Spec.SecretName] = true
	}
	for _, w := range s.Workloads() {
		for _, v := range w.Template.Spec.Volumes {
			for _, k := range keysOf(v) {
				if !k.optional && !certified[k.secret] && (k.secret != "playground" || !slices.Contains(documented, k.item.Key)) {
					faults = append(faults, fmt.Sprintf("%s: the guide makes no Secret %s with %s", w.Name, k.secret, k.item.Key))
				}
			}
		}
	}
	return faults
}

// secretSetting reports whether a variable, by its name, holds a secret.
func secretSetting(name string) bool {
	return regexp.MustCompile(`PASSWORD|TOKEN|AUTH|(GOSSIP|PEER)_KEY`).MatchString(name) && !fileSetting(name)
}

// fileSetting reports whether a variable, by its name, names a file with a secret.
func fileSetting(name string) bool {
	return regexp.MustCompile(`_FILE$|^PLAYGROUND_PEER_`).MatchString(name)
}

func told(s manifest.Set) (faults []string) {
	for _, w := range containers(s) {
		fault := func(format string, args ...any) {
			faults = append(faults, w.Name+"'s "+w.Container().Name+": "+fmt.Sprintf(format, args...))
		}
		for _, from := range w.Container().EnvFrom {
			if from.SecretRef != nil {
				fault("all of a Secret are variables")
			}
		}
		for _, v := range w.Container().Env {
			if v.ValueFrom != nil && v.ValueFrom.SecretKeyRef != nil || secretSetting(v.Name) {
				fault("%s is a secret", v.Name)
			}
		}
		p, err := s.Process(w, somePod())
		if err != nil {
			fault("%v", err)
			continue
		}
		for _, text := range slices.Concat(slices.Collect(maps.Values(p.Env)), p.Command, p.Args) {
			if regexp.MustCompile(`://[^/]*@|[?&](password|sentinel_password)=|requirepass|masterauth`).MatchString(text) {
				fault("%q has a password", text)
			}
		}
	}
	return faults
}

func inFiles(s manifest.Set) (faults []string) {
	for _, w := range containers(s) {
		fault := func(format string, args ...any) {
			faults = append(faults, w.Name+"'s "+w.Container().Name+": "+fmt.Sprintf(format, args...))
		}
		p, err := s.Process(w, somePod())
		if err != nil {
			fault("%v", err)
			continue
		}
		faults = append(faults, readable(w, p)...)
		files := make(map[string]bool)
		for _, m := range p.Mounts {
			for name := range m.Files {
				files[path.Join(m.Path, name)] = m.Secret
			}
		}
		named := make(map[string]bool)
		for name, file := range p.Env {
			if !fileSetting(name) {
				continue
			}
			if named[file] = true; !files[file] {
				fault("%s names %s, which is in no Secret", name, file)
			}
		}
		if p.Env["PLAYGROUND_ROLES"] == "" {
			continue // Redis' scripts know their files; the rehearsals test that
		}
		for file, secret := range files {
			if secret && !named[file] {
				fault("%s is there and no setting names it", file)
			}
		}
		for _, v := range w.Template.Spec.Volumes {
			for _, k := range keysOf(v) {
				if k.item.Key != k.item.Path {
					fault("%s is called %s", k.item.Key, k.item.Path)
				}
			}
		}
		want := []string{"PLAYGROUND_GOSSIP_KEY_FILE", "PLAYGROUND_REDIS_PASSWORD_FILE"}
		if w.Name == "gateway" {
			want = append(want, "PLAYGROUND_ADMIN_TOKEN_FILE")
		}
		for _, name := range want {
			if p.Env[name] == "" {
				fault("%s is not set", name)
			}
		}
	}
	return faults
}

// readable checks that files belong to root and to the pod's group, and that only the group can
// read them. A file that is mounted by itself would not change.
func readable(w manifest.Workload, p manifest.Process) (faults []string) {
	pod := w.Template.Spec.SecurityContext
	for _, m := range p.Mounts {
		if !m.Secret {
			continue
		}
		if m.SubPath != "" {
			faults = append(faults, fmt.Sprintf("%s: %s stays as it was when the pod started", w.Name, m.Path))
		}
		if m.Mode != 0o440 || pod.FSGroup == nil || pod.RunAsGroup == nil || *pod.FSGroup != *pod.RunAsGroup {
			faults = append(faults, fmt.Sprintf("%s: %s has mode %o and may not be read by the pod's group alone", w.Name, m.Path, m.Mode))
		}
	}
	for _, v := range w.Template.Spec.Volumes {
		for _, k := range keysOf(v) {
			if k.item.Mode != nil {
				faults = append(faults, fmt.Sprintf("%s: %s has a mode of its own", w.Name, k.item.Path))
			}
		}
	}
	return faults
}

// documentedSecret returns the keys that the guide's commands give the Secret.
func documentedSecret(t *testing.T) (keys []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`--from-literal=([a-z-]+)=`).FindAllStringSubmatch(guide(t), -1) {
		keys = append(keys, m[1])
	}
	if !strings.Contains(guide(t), "create secret generic playground ") || len(keys) == 0 {
		t.Fatal("the guide does not say how to make the Secret")
	}
	return keys
}

// TestGuide_MakesNoSecretInVain: everything that the guide's commands make is used.
func TestGuide_MakesNoSecretInVain(t *testing.T) {
	used := usedKeys(kustomization{"base"}.load(t))
	for _, key := range documentedSecret(t) {
		if !slices.Contains(used, key) {
			t.Errorf("the guide makes %s, and nothing reads it", key)
		}
	}
}

package k8s

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"pixelplayground/k8s/manifest"
)

const backups = "backups are of the servers' canvas, kept on a volume of their own, and do not overlap"

func backupRules(t *testing.T) []rule {
	server, claim := serverSettings(t), backupClaim(t)
	job := func(s manifest.Set) *batchv1.CronJobSpec { return &manifest.Get[batchv1.CronJob](s, "backup").Spec }
	return []rule{{backups, func(s manifest.Set) []string { return backupFaults(s, server, claim) }, map[string]func(manifest.Set){
		"two at once":   func(s manifest.Set) { job(s).ConcurrencyPolicy = batchv1.AllowConcurrent },
		"for ever":      func(s manifest.Set) { job(s).JobTemplate.Spec.ActiveDeadlineSeconds = nil },
		"another Redis": func(s manifest.Set) { variable(s, "backup", "PLAYGROUND_REDIS").Value = "redis://store:6379" },
		"another canvas": func(s manifest.Set) {
			configMap(s, "settings").Data["PLAYGROUND_REDIS_PREFIX"] = "a"
			container(s, "backup").EnvFrom = nil
		},
		"no password":    func(s manifest.Set) { variable(s, "backup", "PLAYGROUND_REDIS_PASSWORD_FILE").Name = "TZ" },
		"all for ever":   func(s manifest.Set) { container(s, "backup").Args = []string{"backup", "/backups"} },
		"into its image": func(s manifest.Set) { container(s, "backup").Args[2] = "/tmp" },
		"another claim":  func(s manifest.Set) { workload(s, "backup").Volume("backups").PersistentVolumeClaim.ClaimName = "data" },
		"unwritable":     func(s manifest.Set) { workload(s, "backup").Template.Spec.SecurityContext.FSGroup = nil },
		"a restart": func(s manifest.Set) {
			workload(s, "backup").Template.Spec.RestartPolicy = corev1.RestartPolicyOnFailure
		},
		"one of the peers": func(s manifest.Set) {
			workload(s, "backup").Template.Labels["app.kubernetes.io/name"] = "pixel-playground"
		},
		"a flag": func(s manifest.Set) { container(s, "backup").Args[1] = "--keeps=14" },
	}}}
}

// backupClaim is the volume that is made by hand.
func backupClaim(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("components/backup/volume.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set, err := manifest.Decode(text)
	if err != nil || len(set) != 1 {
		t.Fatal(set, err)
	}
	return manifest.All[corev1.PersistentVolumeClaim](set)[0].Name
}

func backupFaults(s manifest.Set, server known, claim string) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, "backup: "+fmt.Sprintf(format, args...)) }
	for _, c := range manifest.All[batchv1.CronJob](s) {
		if c.Spec.ConcurrencyPolicy != batchv1.ForbidConcurrent || c.Spec.JobTemplate.Spec.ActiveDeadlineSeconds == nil {
			fault("two may run at once, or one for ever")
		}
		w, _ := s.Workload(c.Name)
		gateway, _ := s.Workload("gateway")
		own, err := s.Process(w, somePod())
		servers, bad := s.Process(gateway, somePod())
		if err != nil || bad != nil {
			fault("%v %v", err, bad)
			continue
		}
		for _, setting := range []string{"PLAYGROUND_REDIS", "PLAYGROUND_REDIS_PASSWORD_FILE", "PLAYGROUND_REDIS_PREFIX", "PLAYGROUND_CANVAS", "PLAYGROUND_REGION"} {
			if own.Env[setting] != servers.Env[setting] {
				fault("%s is %q, the servers' %q", setting, own.Env[setting], servers.Env[setting])
			}
		}
		if args := own.Args; len(args) != 3 || args[0] != "backup" || !strings.HasPrefix(args[1], "--keep=") || args[2] != "/backups" {
			fault("it is told %v", args)
		}
		spec := w.Template.Spec
		v := w.Volume("backups")
		mounted := slices.ContainsFunc(w.Container().VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == "backups" && m.MountPath == "/backups" })
		if v == nil || v.PersistentVolumeClaim == nil || v.PersistentVolumeClaim.ClaimName != claim || !mounted {
			fault("what it writes is not on the volume %s", claim)
		}
		if spec.SecurityContext.FSGroup == nil || *spec.SecurityContext.FSGroup != *spec.SecurityContext.RunAsGroup {
			fault("it may not write to its volume")
		}
		if spec.RestartPolicy != corev1.RestartPolicyNever {
			fault("the log of a try that failed is gone")
		}
		if w.Template.Labels["app.kubernetes.io/name"] == gateway.Template.Labels["app.kubernetes.io/name"] {
			fault("servers take it for one of them")
		}
		for name := range own.Env {
			if strings.HasPrefix(name, "PLAYGROUND_") && !slices.Contains(server.variables, name) {
				fault("no setting is %s", name)
			}
		}
	}
	return faults
}

// TestBackup_Upload: the documented patch renders, and its additions keep the rules for pods.
func TestBackup_Upload(t *testing.T) {
	_, page, _ := strings.Cut(pages(t)["operations.md"], "\n## Backup and restore\n")
	page, _, _ = strings.Cut(page, "\n## ")
	blocks := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(page, -1)
	if len(blocks) != 2 {
		t.Fatalf("the page has %d blocks", len(blocks))
	}
	set := knob{title: "upload", files: map[string]string{"kustomization.yaml": blocks[0][1] + blocks[1][1]}}.load(t)
	w, _ := set.Workload("backup")
	spec := w.Template.Spec
	if len(spec.InitContainers) != 1 || !slices.Contains(spec.InitContainers[0].Args, "backup") || w.Container().Name != "upload" {
		t.Errorf("a backup is not followed by its upload: %+v", spec)
	}
	if v := w.Container().VolumeMounts; len(v) != 1 || v[0].Name != "backups" || !v[0].ReadOnly {
		t.Errorf("what is uploaded is on %v", v)
	}
	if faults := security(set); len(faults) > 0 {
		t.Error(faults)
	}
}

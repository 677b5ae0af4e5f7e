package k8s

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"pixelplayground/k8s/manifest"
)

const backups = "backups are of the servers' canvas, kept in a place of their own, and do not overlap"

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
		args := own.Args
		if len(args) != 3 || args[0] != "backup" || !strings.HasPrefix(args[1], "--keep=") {
			fault("it is told %v", args)
			continue
		}
		if strings.HasPrefix(args[2], "s3://") {
			faults = append(faults, bucketFaults(w, own)...)
		} else if v := w.Volume("backups"); args[2] != "/backups" || v == nil || v.PersistentVolumeClaim == nil || v.PersistentVolumeClaim.ClaimName != claim || !mounts(w, "backups", args[2]) {
			fault("what it writes is not on the volume %s", claim)
		}
		spec := w.Template.Spec
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

func mounts(w manifest.Workload, volume, path string) bool {
	return slices.ContainsFunc(w.Container().VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == volume && m.MountPath == path })
}

// bucketFaults says what keeps a backup from its bucket. The volume is then room for the copy that
// a restore makes.
func bucketFaults(w manifest.Workload, own manifest.Process) (faults []string) {
	if v := w.Volume("backups"); v == nil || v.EmptyDir == nil || !mounts(w, "backups", "/tmp") || mounts(w, "backups", "/backups") {
		faults = append(faults, "backup: a restore has no room for its copy")
	}
	v, file := w.Volume("s3"), own.Env["AWS_SHARED_CREDENTIALS_FILE"]
	if v == nil || v.Secret == nil || v.Secret.SecretName != "backup-s3" || !mounts(w, "s3", path.Dir(file)) {
		faults = append(faults, "backup: the file with the keys is not there")
	}
	if !strings.HasPrefix(own.Env["PLAYGROUND_S3_ENDPOINT"], "https://") || !strings.HasSuffix(own.Args[2], "/") {
		faults = append(faults, "backup: it is told of no server or folder: "+own.Args[2])
	}
	return faults
}

// TestBackup_ToABucket: the documented component and its settings render, and keep the rules.
func TestBackup_ToABucket(t *testing.T) {
	_, page, _ := strings.Cut(pages(t)["operations.md"], "\n## Backup and restore\n")
	page, _, _ = strings.Cut(page, "\n## ")
	blocks := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(page, -1)
	if len(blocks) != 2 {
		t.Fatalf("the page has %d blocks", len(blocks))
	}
	set := knob{title: "bucket", files: map[string]string{"kustomization.yaml": blocks[1][1]}}.load(t)
	w, _ := set.Workload("backup")
	own, err := set.Process(w, somePod())
	if err != nil || own.Args[2] != "s3://my-bucket/canvas/" || own.Env["PLAYGROUND_S3_ENDPOINT"] != "https://s3.example.org" {
		t.Errorf("%v, %v, %v", err, own.Args, own.Env)
	}
	for _, r := range rules(t) {
		for _, fault := range r.faults(set) {
			t.Errorf("%s: %s", r.name, fault)
		}
	}
}

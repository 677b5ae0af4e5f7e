package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sassoftware/go-rpmutils"
)

// expected is what a package has to install, with the permissions.
func expected() map[string]fs.FileMode {
	return map[string]fs.FileMode{
		"/usr/bin/playground": 0o755, "/usr/bin/pixelctl": 0o755, "/usr/lib/systemd/system/pixel-playground.service": 0o644,
		"/etc/default/pixel-playground": 0o640, docs + "/copyright": 0o644, docs + "/licenses-of-libraries": 0o644,
		docs + "/sbom.cdx.json": 0o644, docs + "/examples/nginx.conf": 0o644,
	}
}

func testDebian(t *testing.T, file string) {
	if _, err := exec.LookPath("dpkg-deb"); err != nil && os.Getenv("CI") == "" {
		t.Skip("this system has no dpkg")
	}
	root := t.TempDir()
	command(t, "dpkg-deb", "-x", file, root)
	for path, mode := range expected() {
		if is, err := os.Stat(filepath.Join(root, path)); err != nil || is.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v, want %v", path, is, err, mode)
		}
	}
	fields := command(t, "dpkg-deb", "-f", file)
	for _, line := range []string{"Package: pixel-playground\n", "Version: 1.2.3~rc.1\n", "Maintainer: Pixel Playground"} {
		if !strings.Contains(fields, line) {
			t.Errorf("%q is missing in\n%s", line, fields)
		}
	}
	runsAsAService(t, root)
	verifies(t, root)
	installs(t, file)
}

// settingsOf reads the assignments of a file that systemd reads as an environment.
func settingsOf(text string) map[string]string {
	settings := make(map[string]string)
	for _, m := range regexp.MustCompile(`(?m)^(PLAYGROUND_[A-Z_]+)=(.*)$`).FindAllStringSubmatch(text, -1) {
		settings[m[1]] = m[2]
	}
	return settings
}

func text(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// runsAsAService starts what the unit starts, with the settings that the package brings, and listens in systemd's place.
func runsAsAService(t *testing.T, root string) {
	t.Helper()
	unit := text(t, filepath.Join(root, "usr/lib/systemd/system/pixel-playground.service"))
	start := regexp.MustCompile(`(?m)^ExecStart=(\S+)$`).FindStringSubmatch(unit)
	data := regexp.MustCompile(`(?m)^Environment=PLAYGROUND_DATA=%S/(\S+)$`).FindStringSubmatch(unit)
	if start == nil || data == nil || !strings.Contains(unit, "\nStateDirectory="+data[1]+"\n") {
		t.Fatalf("not understood:\n%s", unit)
	}
	settings := settingsOf(text(t, filepath.Join(root, settingsFile)))
	if settings["PLAYGROUND_LISTEN"] != "127.0.0.1:8080" || settings["PLAYGROUND_PROXIES"] == "" {
		t.Errorf("the package sets %v", settings)
	}
	state := t.TempDir()
	settings["PLAYGROUND_LISTEN"], settings["PLAYGROUND_DATA"] = "127.0.0.1:0", filepath.Join(state, data[1])
	socket, told := supervisor(t)
	settings["NOTIFY_SOCKET"] = socket
	cmd := exec.Command(filepath.Join(root, start[1]))
	cmd.Env = environment(settings)
	serves(t, cmd)
	for _, want := range []string{"READY=1", "STOPPING=1"} {
		if got := told(); got != want {
			t.Errorf("systemd is told %q, want %s", got, want)
		}
	}
	if kept, err := os.ReadDir(filepath.Join(state, data[1])); err != nil || len(kept) == 0 {
		t.Errorf("the canvas: %v, %v", kept, err)
	}
}

// verifies: systemd understands the unit, and finds that it is shut off.
func verifies(t *testing.T, root string) {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Log("this system has no systemd-analyze")
		return
	}
	unit := filepath.Join(t.TempDir(), "pixel-playground.service")
	says := strings.Replace(text(t, filepath.Join(root, "usr/lib/systemd/system/pixel-playground.service")), "ExecStart=/", "ExecStart="+root+"/", 1)
	if err := os.WriteFile(unit, []byte(says), 0o644); err != nil {
		t.Fatal(err)
	}
	if said := command(t, "systemd-analyze", "verify", "--man=no", unit); strings.Contains(said, "pixel-playground") {
		t.Errorf("systemd-analyze verify: %s", said)
	}
	command(t, "systemd-analyze", "security", "--offline=true", "--threshold=20", unit) // at most 2.0; a service without any of it has 9.6
}

// installs the package into a system of its own, upgrades it over changed settings, and removes it. Its scripts are run, which ask
// systemd for nothing where it does not run.
func installs(t *testing.T, file string) {
	t.Helper()
	if _, err := os.Stat("/run/systemd/system"); err == nil || os.Geteuid() != 0 {
		t.Log("not installed: that takes root, and scripts would speak to this system's systemd")
		return
	}
	root := t.TempDir()
	for _, dir := range []string{"info", "updates"} {
		if err := os.MkdirAll(filepath.Join(root, "var/lib/dpkg", dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "var/lib/dpkg/status"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	dpkg := func(args ...string) {
		t.Helper()
		command(t, "dpkg", append([]string{"--root=" + root, "--force-script-chrootless", "--log=/dev/null"}, args...)...)
	}
	dpkg("--install", file)
	settings, changed := filepath.Join(root, settingsFile), "PLAYGROUND_LISTEN=:8080\n"
	if err := os.WriteFile(settings, []byte(changed), 0o640); err != nil {
		t.Fatal(err)
	}
	dpkg("--install", file)
	if got := text(t, settings); got != changed {
		t.Errorf("after an upgrade the settings are %q", got)
	}
	dpkg("--remove", name)
	if _, err := os.Stat(filepath.Join(root, "usr/bin/playground")); err == nil || text(t, settings) != changed {
		t.Errorf("after it was removed: %v", err)
	}
	dpkg("--purge", name)
	if _, err := os.Stat(settings); err == nil {
		t.Error("it was purged, and its settings are there")
	}
}

func testRPM(t *testing.T, file string) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := rpmutils.ReadRpm(f)
	if err != nil {
		t.Fatal(err)
	}
	for tag, want := range map[int]string{
		rpmutils.NAME: name, rpmutils.VERSION: "1.2.3~rc.1", rpmutils.RELEASE: "1", rpmutils.BUILDHOST: "localhost", rpmutils.LICENSE: "MIT",
	} {
		if got, err := p.Header.GetString(tag); err != nil || got != want {
			t.Errorf("tag %d is %q, %v, want %q", tag, got, err, want)
		}
	}
	files, err := p.Header.GetFiles()
	if err != nil {
		t.Fatal(err)
	}
	has := make(map[string]rpmutils.FileInfo)
	for _, f := range files {
		has[f.Name()] = f
	}
	for path, mode := range expected() {
		if f := has[path]; f == nil || fs.FileMode(f.Mode()).Perm() != mode || f.UserName() != "root" || f.GroupName() != "root" {
			t.Errorf("%s: %+v, want %v", path, f, mode)
		}
	}
	if got := has[settingsFile].Flags(); got != rpmutils.RPMFILE_CONFIG|rpmutils.RPMFILE_NOREPLACE {
		t.Errorf("an upgrade would replace the settings: flags %b", got)
	}
	root := t.TempDir()
	if err := p.ExpandPayload(root); err != nil { // sums are right
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(root, "usr/bin/playground"), 0o755); err != nil { // which its reader does not do
		t.Fatal(err)
	}
	runsAsAService(t, root)
}

func command(t *testing.T, program string, args ...string) string {
	t.Helper()
	said, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%s %s: %v\n%s", program, strings.Join(args, " "), err, said)
	}
	return string(said)
}

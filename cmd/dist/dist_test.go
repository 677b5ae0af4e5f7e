package main

import (
	"archive/tar"
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

// patience bounds every wait here; normally it takes milliseconds.
const patience = 30 * time.Second

const testVersion = "1.2.3-rc.1"

// Goal: what `make dist` makes can be used, and is the same wherever it is made. Method: a release for this computer's
// architecture, which is made twice; each thing in it is unpacked or installed, and run.
func TestRelease(t *testing.T) {
	if runtime.GOOS != "linux" && os.Getenv("CI") == "" {
		t.Skip("packages and images are for Linux")
	}
	out := t.TempDir()
	r := release{
		source: "../..", stamp: "v" + testVersion, when: time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC), targets: []target{{"linux", runtime.GOARCH}},
	}
	var err error
	if r.version, err = r.says(); err != nil || r.version != testVersion {
		t.Fatalf("it is %q, %v", r.version, err)
	}
	if err := r.make(out); err != nil {
		t.Fatal(err)
	}
	t.Run("is the same again", func(t *testing.T) {
		if err := r.compare(out); err != nil {
			t.Error(err)
		}
	})
	t.Run("has its sums", func(t *testing.T) {
		check := exec.Command("sha256sum", "-c", sumsFile)
		check.Dir = out
		said, err := check.CombinedOutput()
		if err != nil || strings.Count(string(said), ": OK\n") != 6 {
			t.Errorf("%v\n%s", err, said)
		}
	})
	t.Run("archive", func(t *testing.T) { testArchive(t, only(t, out, "*.tar.gz")) })
	t.Run("chart", func(t *testing.T) { testChart(t, only(t, out, "*.tgz")) })
	t.Run("SBOM", func(t *testing.T) { testSBOM(t, only(t, out, "*.cdx.json")) })
	t.Run("Debian", func(t *testing.T) { testDebian(t, only(t, out, "*.deb")) })
	t.Run("RPM", func(t *testing.T) { testRPM(t, only(t, out, "*.rpm")) })
	t.Run("image", func(t *testing.T) { testImage(t, only(t, out, "*_oci.tar")) })
}

// only is the one file that a pattern matches.
func only(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %v, %v, want one", pattern, found, err)
	}
	return found[0]
}

// unpack unpacks an archive, and returns where.
func unpack(t *testing.T, archive string) (dir string) {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	untar(t, unpacked, dir)
	return dir
}

// testChart: it is whole, and for this release; what is in it is for k8s' tests.
func testChart(t *testing.T, archive string) {
	top := filepath.Join(unpack(t, archive), name)
	about := text(t, filepath.Join(top, "Chart.yaml"))
	if !strings.Contains(about, "\nversion: \""+testVersion+"\"\n") || !strings.Contains(about, "\nappVersion: \""+testVersion+"\"\n") {
		t.Errorf("it is\n%s", about)
	}
	for packed, from := range map[string]string{"files/redis.sh": "base/redis.sh", "files/alerts.yaml": "components/monitoring/alerts.yaml", "values.yaml": "chart/values.yaml"} {
		if text(t, filepath.Join(top, packed)) != text(t, filepath.Join("../../k8s", from)) {
			t.Errorf("%s is not %s", packed, from)
		}
	}
}

func testArchive(t *testing.T, archive string) {
	top := filepath.Join(unpack(t, archive), name+"_"+testVersion)
	for _, program := range []string{"playground", "pixelctl"} {
		said, err := exec.Command(filepath.Join(top, program), "--version").CombinedOutput()
		if err != nil || !strings.HasPrefix(string(said), testVersion) {
			t.Errorf("%s --version: %q, %v", program, said, err)
		}
	}
	licences, err := os.ReadFile(filepath.Join(top, "LICENSES-OF-LIBRARIES"))
	if err != nil {
		t.Fatal(err)
	}
	for _, library := range []string{"stdlib 1.", "uplot 1.", "go.etcd.io/bbolt v", "github.com/gobwas/ws v"} {
		if !strings.Contains(string(licences), "\n"+library) {
			t.Errorf("no licence of %s", library)
		}
	}
}

// testSBOM: each program is there, and each library that a program has is described.
func testSBOM(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var b bom
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	refs := []string{b.Metadata.Component.Ref}
	for _, c := range b.Components {
		refs = append(refs, c.Ref)
	}
	if sorted := slices.Sorted(slices.Values(refs)); len(slices.Compact(sorted)) != len(refs) {
		t.Error("a component is there twice")
	}
	uses := make(map[string][]string)
	for _, d := range b.Dependencies {
		uses[d.Ref] = d.On
		for _, on := range d.On {
			if !slices.Contains(refs, on) {
				t.Errorf("%s uses %s, which is not described", d.Ref, on)
			}
		}
	}
	bolt := regexp.MustCompile(`^pkg:golang/go\.etcd\.io/bbolt@v\d`)
	if !slices.ContainsFunc(uses["playground"], bolt.MatchString) || len(uses[name]) != 2 {
		t.Errorf("the server has %v", uses["playground"])
	}
}

// untar unpacks below a directory; as root, with the owners.
func untar(t *testing.T, from io.Reader, dir string) {
	t.Helper()
	for r := tar.NewReader(from); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, filepath.FromSlash(header.Name))
		if header.Typeflag == tar.TypeDir {
			err = os.MkdirAll(to, fs.FileMode(header.Mode))
		} else {
			err = write(to, r, fs.FileMode(header.Mode))
		}
		if err == nil && os.Geteuid() == 0 {
			err = os.Lchown(to, header.Uid, header.Gid)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func write(to string, from io.Reader, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	w, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, from)
	return errors.Join(err, w.Close())
}

// serves starts a server, sees that it serves and says so to systemd, and stops it.
func serves(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.Stderr = t.Output()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	at := strings.Index(line, "http://")
	if at < 0 {
		t.Fatalf("it says %q: %v", line, cmd.Wait())
	}
	answer, err := http.Get(strings.TrimSpace(line[at:]) + "/readyz")
	if err != nil {
		t.Error(err)
	} else if _ = answer.Body.Close(); answer.StatusCode != http.StatusOK {
		t.Errorf("/readyz: %s", answer.Status)
	}
	if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// supervisor listens as systemd does.
func supervisor(t *testing.T) (path string, told func() string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return path, func() string {
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		message := make([]byte, 100)
		n, err := conn.Read(message)
		if err != nil {
			return err.Error()
		}
		return string(message[:n])
	}
}

func TestPackageVersion(t *testing.T) {
	when := time.Date(2026, 2, 1, 12, 30, 0, 0, time.UTC)
	ascending := []struct{ version, want string }{
		{"0.9.0", "0.9.0"},
		{"1.2.3-dev+abcdef1", "1.2.3~dev.20260201.123000.abcdef1"},
		{"1.2.3-rc.1", "1.2.3~rc.1"},
		{"1.2.3", "1.2.3"},
		{"1.3.0-dev+v1.2.3-4-gabcdef1-dirty", "1.3.0~dev.20260201.123000.v1.2.3.4.gabcdef1.dirty"},
		{"1.3.0", "1.3.0"},
	}
	for i, test := range ascending {
		if got := packageVersion(test.version, when); got != test.want {
			t.Errorf("%s: %s, want %s", test.version, got, test.want)
		}
		if dpkg, err := exec.LookPath("dpkg"); err == nil && i > 0 {
			before := packageVersion(ascending[i-1].version, when)
			if err := exec.Command(dpkg, "--compare-versions", before, "lt", test.want).Run(); err != nil {
				t.Errorf("dpkg: %s is not before %s", before, test.want)
			}
		}
	}
}

// TestClear: what is not a release is not removed.
func TestClear(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "thesis.txt")
	for _, test := range []struct {
		file string
		ok   bool
	}{{"", true}, {mine, false}, {filepath.Join(dir, sumsFile), true}} {
		if test.file != "" {
			if err := os.WriteFile(test.file, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := clear(dir); (err == nil) != test.ok {
			t.Errorf("with %s: %v", test.file, err)
		}
	}
	if err := clear(filepath.Join(dir, "new", "one")); err != nil {
		t.Error(err)
	}
}

func TestReleased(t *testing.T) {
	nowhere := t.TempDir() // no commit
	for epoch, want := range map[string]string{"": "1980-01-01T00:00:00Z", "1769947200": "2026-02-01T12:00:00Z", "soon": ""} {
		when, err := released(nowhere, epoch)
		if got := when.Format(time.RFC3339); err == nil && got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %s, %v, want %s", epoch, got, err, want)
		}
	}
}

func environment(pairs map[string]string) (env []string) {
	for name, value := range pairs {
		env = append(env, fmt.Sprintf("%s=%s", name, value))
	}
	return env
}

package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// imageIn is the image of an OCI archive for this computer.
func imageIn(t *testing.T, archive string) v1.Image {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dir := t.TempDir()
	untar(t, f, dir)
	top, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(top); err != nil { // every digest and size is right
		t.Fatal(err)
	}
	names, err := top.IndexManifest()
	if err != nil || len(names.Manifests) != 1 || names.Manifests[0].Annotations["org.opencontainers.image.ref.name"] != testVersion {
		t.Fatalf("%+v, %v", names, err)
	}
	index, err := top.ImageIndex(names.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	platforms, err := index.IndexManifest()
	if err != nil || len(platforms.Manifests) != 1 || platforms.Manifests[0].Platform.String() != "linux/"+runtime.GOARCH {
		t.Fatalf("%+v, %v", platforms, err)
	}
	image, err := index.Image(platforms.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// testImage: the image is what the Dockerfile says, and runs from a root that is its own, as its user, who can write to the volume
// and nowhere else.
func testImage(t *testing.T, archive string) {
	image := imageIn(t, archive)
	about, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config := about.Config
	if about.OS != "linux" || about.Architecture != runtime.GOARCH || config.User != "65532:65532" ||
		!slices.Equal(config.Entrypoint, []string{"/usr/local/bin/playground"}) || !slices.Equal(slices.Collect(maps.Keys(config.Volumes)), []string{"/data"}) ||
		!slices.Equal(slices.Sorted(maps.Keys(config.ExposedPorts)), []string{"7946/tcp", "7946/udp", "7947/tcp", "8080/tcp"}) ||
		config.Labels["org.opencontainers.image.version"] != testVersion || config.Labels["org.opencontainers.image.licenses"] != "MIT" {
		t.Errorf("the image is %+v", about)
	}
	root := t.TempDir()
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, layer := range layers {
		content, err := layer.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		untar(t, content, root)
		_ = content.Close()
	}
	if certificates := text(t, filepath.Join(root, "etc/ssl/certs/ca-certificates.crt")); strings.Count(certificates, "BEGIN CERTIFICATE") < 50 {
		t.Errorf("there are few authorities: %.100s", certificates)
	}
	cmd := exec.Command(filepath.Join(root, config.Entrypoint[0]))
	cmd.Env = append(config.Env, "PLAYGROUND_LISTEN=127.0.0.1:0")
	if os.Geteuid() == 0 {
		cmd.Path, cmd.Dir = config.Entrypoint[0], "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
		writableOnly(t, root, "data", 65532)
	} else {
		cmd.Env = append(cmd.Env, "PLAYGROUND_DATA="+filepath.Join(root, "data"))
	}
	serves(t, cmd)
	if kept, err := os.ReadDir(filepath.Join(root, "data")); err != nil || len(kept) == 0 {
		t.Errorf("the canvas: %v, %v", kept, err)
	}
}

// writableOnly: of all that is below root, a user may change one folder.
func writableOnly(t *testing.T, root, folder string, uid uint32) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		is, err := entry.Info()
		if err != nil {
			return err
		}
		owned := is.Sys().(*syscall.Stat_t).Uid == uid
		if owned != (path == filepath.Join(root, folder)) || is.Mode().Perm()&0o022 != 0 {
			t.Errorf("%s: owned: %v, %v", path, owned, is.Mode())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestDockerfile_IsUnderstood(t *testing.T) {
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	d, err := readDockerfile(string(text), map[string]string{"VERSION": "v1"})
	if err != nil {
		t.Fatal(err)
	}
	want := []copied{
		{"/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs/ca-certificates.crt", ""},
		{"/out/playground", "/usr/local/bin/playground", ""},
		{"/out/pixelctl", "/usr/local/bin/pixelctl", ""},
		{"/out/data", "/data", "65532:65532"},
	}
	if !slices.Equal(d.copies, want) {
		t.Errorf("it copies %v, want %v", d.copies, want)
	}
	if !slices.Contains(d.config.Env, "PLAYGROUND_LISTEN=:8080") || d.config.Labels["org.opencontainers.image.version"] != "v1" {
		t.Errorf("it is %+v", d.config)
	}
}

// TestDockerfile_RefusesWhatItDoesNotKnow: an image that differs from the Dockerfile is not made.
func TestDockerfile_RefusesWhatItDoesNotKnow(t *testing.T) {
	for _, line := range []string{
		"RUN true", "HEALTHCHECK NONE", "WORKDIR /data", "ENTRYPOINT /bin/playground", `LABEL a="${OTHER}"`, "LABEL a=b", "COPY /out/playground",
	} {
		if _, err := readDockerfile(fmt.Sprintf("FROM golang AS build\nRUN build\nFROM scratch\n%s\n", line), nil); err == nil {
			t.Errorf("%s was taken", line)
		}
	}
	if _, err := readDockerfile("FROM debian\nUSER 1\n", nil); err == nil {
		t.Error("an image on another was taken")
	}
}

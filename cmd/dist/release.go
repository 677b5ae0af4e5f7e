package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// name is what files and packages are called.
const name = "pixel-playground"

// release is what is made of a tree.
type release struct {
	source  string    // the root of the tree
	stamp   string    // what is built, as make knows it
	version string    // what the programs make of the stamp
	when    time.Time // what all files are dated
	targets []target
}

// file is one that goes into archives, packages and images.
type file struct {
	path string // in them, with slashes
	from string // on disk
	mode fs.FileMode
}

// make puts all files of the release into a directory.
func (r release) make(out string) error {
	work, err := os.MkdirTemp("", "dist-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	var built []product
	for _, t := range r.targets {
		fmt.Println(" ", t)
		p, err := r.build(t, filepath.Join(work, t.String()))
		if err != nil {
			return err
		}
		if err := r.pack(p, out); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		built = append(built, p)
	}
	if err := r.writeImage(built, filepath.Join(out, r.file("oci.tar"))); err != nil {
		return fmt.Errorf("image: %w", err)
	}
	if err := r.writeChart(work, out); err != nil {
		return fmt.Errorf("chart: %w", err)
	}
	return writeSums(out)
}

func (r release) file(end string) string { return name + "_" + r.version + "_" + end }

// product is what was built for one target.
type product struct {
	target
	programs  map[string]string // by name: files
	libraries []library
	licences  string // a file
	sbom      string // a file
}

// build compiles the programs for a target into a directory and finds out what is in them.
func (r release) build(t target, dir string) (p product, err error) {
	flags, err := r.flags()
	if err != nil {
		return p, err
	}
	args := append([]string{"build", "-o", dir + "/"}, flags...)
	for _, program := range t.programs() {
		args = append(args, "./cmd/"+program)
	}
	env := append(settled(), "GOOS="+t.os, "GOARCH="+t.arch)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return p, err
	}
	if _, err := output(r.source, env, "go", args...); err != nil {
		return p, err
	}
	p = product{target: t, programs: make(map[string]string), sbom: filepath.Join(dir, "sbom.json"), licences: filepath.Join(dir, "licences")}
	for _, program := range t.programs() {
		p.programs[program] = filepath.Join(dir, t.executable(program))
	}
	if p.libraries, err = r.libraries(p.programs); err != nil {
		return p, err
	}
	sbom, err := r.sbom(p)
	if err != nil {
		return p, err
	}
	licences, err := r.licences(p.libraries)
	if err != nil {
		return p, err
	}
	return p, errors.Join(os.WriteFile(p.sbom, sbom, 0o644), os.WriteFile(p.licences, licences, 0o644))
}

// flags are those of Go's compiler and linker. Debugging information is left out twice: by the linker, and by the compiler, which
// shares its work with `make test` then.
func (r release) flags() ([]string, error) {
	module, err := output(r.source, nil, "go", "list", "-m")
	stamp := strings.TrimSpace(module) + "/cmd/commandline.stamp=" + r.stamp
	return []string{"-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false", "-ldflags=-s -w -buildid= -X " + stamp}, err
}

// settled is all in the environment that would change a program, but for the version of Go.
func settled() []string {
	return []string{"GOAMD64=v1", "GOARM64=v8.0", "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOFIPS140=off", "GOWORK=off"}
}

// says asks a program for its version. It is run here, whatever it is made for.
func (r release) says() (string, error) {
	flags, err := r.flags()
	if err != nil {
		return "", err
	}
	version, err := output(r.source, settled(), "go", slices.Concat([]string{"run"}, flags, []string{"./cmd/pixelctl", "--version"})...)
	return strings.TrimSpace(version), err
}

// pack writes what is made for one target alone.
func (r release) pack(p product, out string) error {
	sbom, err := os.ReadFile(p.sbom)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, r.file(p.String()+".cdx.json")), sbom, 0o644); err != nil {
		return err
	}
	if err := r.writeArchive(p, out); err != nil {
		return err
	}
	if p.os != "linux" {
		return nil
	}
	return r.writePackages(p, out)
}

// compare makes the release once more, from a copy of the sources at another place, and says what differs. What the compiler made
// comes from Go's cache, if it is the same by Go's own reckoning.
func (r release) compare(out string) error {
	elsewhere, err := os.MkdirTemp("", "dist-again-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(elsewhere)
	copied, again := r, filepath.Join(elsewhere, "out")
	copied.source = filepath.Join(elsewhere, "at", "another", "place")
	if err := errors.Join(copySources(r.source, copied.source), os.Mkdir(again, 0o755)); err != nil {
		return err
	}
	if err := copied.make(again); err != nil {
		return err
	}
	first, err := os.ReadFile(filepath.Join(out, sumsFile))
	if err != nil {
		return err
	}
	second, err := os.ReadFile(filepath.Join(again, sumsFile))
	if err != nil {
		return err
	}
	if bytes.Equal(first, second) {
		return nil
	}
	return fmt.Errorf("the second time differs:\n%s\nthe first time:\n%s", second, first)
}

// copySources copies a tree without what is not its source. A link becomes what it leads to.
func copySources(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir() && slices.Contains([]string{".git", "bin", "data", "dist", "node_modules"}, inside):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, inside), 0o755)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, inside), content, 0o644)
	})
}

// output runs a command in a directory, with more environment, and returns what it prints.
func output(dir string, env []string, command string, args ...string) (string, error) {
	cmd := exec.Command(command, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", command, args[0], err, &stderr)
	}
	return string(out), nil
}

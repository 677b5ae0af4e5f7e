package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // so that nfpm.Get knows them
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

const (
	docs        = "/usr/share/doc/" + name
	description = "Pixel Playground, a canvas that anyone can draw on together\n" +
		"The server, as a service that systemd runs, and pixelctl, the tool for it. The service is neither enabled nor started: " +
		"look at /etc/default/" + name + " first. Removing the package leaves the canvas in /var/lib/" + name + "."
)

// installed is what a package brings besides the programs, from the tree.
func (r release) installed() (all []file) {
	ours := func(path, from string, mode os.FileMode) {
		all = append(all, file{path, filepath.Join(r.source, from), mode})
	}
	ours("/usr/lib/systemd/system/"+name+".service", "cmd/dist/systemd/"+name+".service", 0o644)
	ours(settingsFile, "cmd/dist/systemd/"+name+".default", 0o640) // it may hold secrets
	ours(docs+"/copyright", "LICENSE", 0o644)
	for _, proxy := range []string{"Caddyfile", "haproxy.cfg", "nginx.conf", "traefik.yaml"} {
		ours(docs+"/examples/"+proxy, "cmd/playground/proxies/"+proxy, 0o644)
	}
	return all
}

// settingsFile is what administrators edit: an upgrade leaves it as it is.
const settingsFile = "/etc/default/" + name

// writePackages writes a package for dpkg and one for rpm.
func (r release) writePackages(p product, out string) error {
	for _, kind := range []string{"deb", "rpm"} {
		packager, err := nfpm.Get(kind)
		if err != nil {
			return err
		}
		about := r.about(p)
		w, err := os.Create(filepath.Join(out, packager.ConventionalFileName(about)))
		if err != nil {
			return err
		}
		if err := errors.Join(packager.Package(about, w), w.Close()); err != nil {
			return err
		}
	}
	return nil
}

func (r release) about(p product) *nfpm.Info {
	script := func(name string) string { return filepath.Join(r.source, "cmd/dist/systemd", name) }
	about := nfpm.Info{
		Name: name, Arch: p.arch, Platform: p.os, Version: packageVersion(r.version, r.when), VersionSchema: "none",
		Section: "net", Priority: "optional", Maintainer: "Pixel Playground contributors", Vendor: "Pixel Playground contributors",
		Description: description, License: "MIT", MTime: r.when, DisableGlobbing: true,
		Overridables: nfpm.Overridables{
			Scripts: nfpm.Scripts{PostInstall: script("installed.sh"), PreRemove: script("removing.sh"), PostRemove: script("removed.sh")},
			RPM:     nfpm.RPM{BuildHost: "localhost", Compression: "zstd"}, // of RHEL 8 or later
			Deb:     nfpm.Deb{Compression: "zstd"},                         // of Debian 12, Ubuntu 22.04 or later
		},
	}
	add := func(f file, kind string) {
		about.Contents = append(about.Contents, &files.Content{
			Source: f.from, Destination: f.path, Type: kind, FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: f.mode, MTime: r.when},
		})
	}
	for _, program := range p.target.programs() {
		add(file{"/usr/bin/" + program, p.programs[program], 0o755}, files.TypeFile)
	}
	for _, f := range r.installed() {
		kind := files.TypeFile
		if f.path == settingsFile {
			kind = files.TypeConfigNoReplace
		}
		add(f, kind)
	}
	add(file{docs + "/licenses-of-libraries", p.licences, 0o644}, files.TypeFile)
	add(file{docs + "/sbom.cdx.json", p.sbom, 0o644}, files.TypeFile)
	return &about
}

// packageVersion is a semantic version as dpkg and rpm order them: what comes before a release has a tilde, and what was built
// between two has its time, since the name of a commit is in no order.
func packageVersion(version string, when time.Time) string {
	dotted := strings.NewReplacer("-", ".", "+", ".")
	release, build, _ := strings.Cut(version, "+")
	number, before, _ := strings.Cut(release, "-")
	if before != "" {
		number += "~" + dotted.Replace(before)
	}
	if build != "" {
		number += "." + when.Format("20060102.150405") + "." + dotted.Replace(build)
	}
	return number
}

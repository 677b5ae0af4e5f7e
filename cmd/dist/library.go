package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// library is other people's work in the programs.
type library struct {
	name, version string
	url           string   // its package URL
	in            []string // which programs have it
	dir           string   // where its sources are
}

// libraries are those of programs, by file, as the linker noted them; besides them the standard library, and what the page brings.
func (r release) libraries(programs map[string]string) ([]library, error) {
	found := make(map[string]*library)
	add := func(l library, program string) {
		if found[l.url] == nil {
			found[l.url] = &l
		}
		found[l.url].in = append(found[l.url].in, program)
	}
	for _, program := range slices.Sorted(maps.Keys(programs)) {
		info, err := buildinfo.ReadFile(programs[program])
		if err != nil {
			return nil, err
		}
		version, _, _ := strings.Cut(strings.TrimPrefix(info.GoVersion, "go"), " ")
		add(library{name: "stdlib", version: version, url: "pkg:golang/stdlib@" + version}, program)
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			add(library{name: m.Path, version: m.Version, url: "pkg:golang/" + m.Path + "@" + m.Version}, program)
		}
		page, err := r.vendored()
		if err != nil {
			return nil, err
		}
		add(page, program) // the reports of pixelctl have it, too
	}
	var all []library
	for _, url := range slices.Sorted(maps.Keys(found)) {
		all = append(all, *found[url])
	}
	return all, r.locate(all)
}

// vendored is the library whose files are in the tree.
func (r release) vendored() (library, error) {
	dir := filepath.Join(r.source, "web/vendor/uplot")
	says, err := os.ReadFile(filepath.Join(dir, "VERSION"))
	if err != nil {
		return library{}, err
	}
	version := regexp.MustCompile(`^uPlot (\d+\.\d+\.\d+)`).FindSubmatch(says)
	if version == nil {
		return library{}, fmt.Errorf("%s/VERSION: %q names no version", dir, says)
	}
	return library{name: "uplot", version: string(version[1]), url: "pkg:npm/uplot@" + string(version[1]), dir: dir}, nil
}

// locate finds the sources of all libraries.
func (r release) locate(all []library) error {
	args := []string{"mod", "download", "-json"}
	for i, l := range all {
		switch {
		case l.name == "stdlib":
			root, err := output(r.source, nil, "go", "env", "GOROOT")
			if err != nil {
				return err
			}
			all[i].dir = strings.TrimSpace(root)
		case l.dir == "":
			args = append(args, l.name+"@"+l.version)
		}
	}
	text, err := output(r.source, nil, "go", args...)
	if err != nil {
		return err
	}
	for modules := json.NewDecoder(strings.NewReader(text)); modules.More(); {
		var m struct{ Path, Dir string }
		if err := modules.Decode(&m); err != nil {
			return err
		}
		for i := range all {
			if all[i].name == m.Path {
				all[i].dir = m.Dir
			}
		}
	}
	return nil
}

// licences is what the licences of libraries ask to be given along: all of their texts.
func (r release) licences(all []library) ([]byte, error) {
	var text bytes.Buffer
	fmt.Fprintf(&text, "The programs contain these libraries.\n")
	for _, l := range all {
		entries, err := os.ReadDir(l.dir)
		if err != nil {
			return nil, err
		}
		found := false
		for _, entry := range entries {
			if !entry.Type().IsRegular() || !licence.MatchString(entry.Name()) {
				continue
			}
			says, err := os.ReadFile(filepath.Join(l.dir, entry.Name()))
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&text, "\n%s\n%s %s: %s\n\n%s\n", strings.Repeat("=", 80), l.name, l.version, entry.Name(), bytes.TrimSpace(says))
			found = true
		}
		if !found {
			return nil, errors.New(l.name + ": no licence is found in " + l.dir)
		}
	}
	return text.Bytes(), nil
}

var licence = regexp.MustCompile(`(?i)^(licen[cs]e|copying|copyright|notice|patents|unlicense)([.-]|$)`)

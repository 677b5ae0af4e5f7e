// Package javascript makes the npm package of the JavaScript client: the module that servers have at
// /client.js, its types, and what npm wants to know. The code itself is the page's, in web/js.
package javascript

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	_ "embed" // what the package has besides the module
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pixelplayground/web"
	"pixelplayground/web/bundle"
)

//go:embed package.json
var manifest string

//go:embed README.md
var readme []byte

// file is one of the package.
type file struct {
	name    string
	content []byte
}

// files are all of the package, with a version like 1.2.3.
func files(version string) ([]file, error) {
	module, err := bundle.Module(web.Files(), "js/client.js")
	if err != nil {
		return nil, fmt.Errorf("bundle client: %w", err)
	}
	types, err := fs.ReadFile(web.Files(), "js/client.d.ts")
	if err != nil {
		return nil, err
	}
	return []file{
		{"package.json", []byte(strings.Replace(manifest, `"0.0.0"`, fmt.Sprintf("%q", version), 1))},
		{"README.md", readme},
		{"client.js", module},
		{"client.d.ts", types},
	}, nil
}

// Write writes the package's files into a folder, which it makes.
func Write(folder, version string) error {
	all, err := files(version)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, f := range all {
		if err := os.WriteFile(filepath.Join(folder, f.name), f.content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Pack is the package as npm pack makes it: npm installs and publishes it. The same version is always
// the same bytes.
func Pack(version string) ([]byte, error) {
	all, err := files(version)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipped)
	for _, f := range all {
		if err := archive.WriteHeader(&tar.Header{Name: "package/" + f.name, Mode: 0o644, Size: int64(len(f.content))}); err != nil {
			return nil, err
		}
		if _, err := archive.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	if err := zipped.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

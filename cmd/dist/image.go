package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// writeImage writes what the Dockerfile says, for each architecture of Linux, as one OCI archive.
func (r release) writeImage(built []product, to string) error {
	text, err := os.ReadFile(filepath.Join(r.source, "Dockerfile"))
	if err != nil {
		return err
	}
	says, err := readDockerfile(string(text), map[string]string{"VERSION": r.version})
	if err != nil {
		return fmt.Errorf("Dockerfile: %w", err)
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, p := range built {
		if p.os != "linux" {
			continue
		}
		image, err := r.image(p, says)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: p.os, Architecture: p.arch}},
		})
	}
	dir, err := os.MkdirTemp("", "dist-image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	at, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	if err := at.AppendIndex(index, layout.WithAnnotations(map[string]string{
		"org.opencontainers.image.ref.name": r.tag(),
		"io.containerd.image.name":          "docker.io/library/" + name + ":" + r.tag(), // what `docker load` calls it
	})); err != nil {
		return err
	}
	files, err := below(dir)
	if err != nil {
		return err
	}
	w, err := os.Create(to)
	if err != nil {
		return err
	}
	return errors.Join(writeTar(w, files, r.when), w.Close())
}

// tag is the version as images may be tagged.
func (r release) tag() string { return strings.ReplaceAll(r.version, "+", "-") }

// below lists all files in a directory, in a fixed order.
func below(dir string) (files []file, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		inside, err := filepath.Rel(dir, path)
		files = append(files, file{filepath.ToSlash(inside), path, 0o644})
		return err
	})
	return files, err
}

// image has one layer, and the settings of the Dockerfile.
func (r release) image(p product, says dockerfile) (v1.Image, error) {
	content, err := r.layer(p, says.copies)
	if err != nil {
		return nil, err
	}
	// Packed here, since the library takes the standard library's gzip, which is twice as slow.
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	opener := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil }
	layer, err := tarball.LayerFromOpener(opener, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.Append(image, mutate.Addendum{
		Layer: layer, MediaType: types.OCILayer, History: v1.History{Created: v1.Time{Time: r.when}, CreatedBy: "make dist"},
	})
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created, config.Config = p.os, p.arch, v1.Time{Time: r.when}, says.config
	return mutate.ConfigFile(image, config)
}

// layer is a tar file of what the Dockerfile copies, by the names that this has in its stage that builds.
func (r release) layer(p product, copies []copied) ([]byte, error) {
	var content bytes.Buffer
	l := layerWriter{w: tar.NewWriter(&content), when: r.when, made: make(map[string]bool)}
	for _, c := range copies {
		var err error
		program := path.Base(c.from)
		switch {
		case c.from == "/etc/ssl/certs/ca-certificates.crt":
			err = l.file(c.to, 0o644, authorities())
		case path.Dir(c.from) == "/out" && p.programs[program] != "":
			var text []byte
			if text, err = os.ReadFile(p.programs[program]); err == nil {
				err = l.file(c.to, 0o755, text)
			}
		case c.from == "/out/data":
			err = l.dir(c.to, c.owner)
		default:
			err = errors.New("nobody knows what that is")
		}
		if err != nil {
			return nil, fmt.Errorf("copy %s: %w", c.from, err)
		}
	}
	return content.Bytes(), l.w.Close()
}

// layerWriter writes files with the folders that they are in.
type layerWriter struct {
	w    *tar.Writer
	when time.Time
	made map[string]bool
}

func (l *layerWriter) dir(at, owner string) error {
	at = strings.Trim(at, "/")
	if at == "." || at == "" || l.made[at] {
		return nil
	}
	if err := l.dir(path.Dir(at), ""); err != nil {
		return err
	}
	l.made[at] = true
	header := tar.Header{Typeflag: tar.TypeDir, Name: at + "/", Mode: 0o755, ModTime: l.when, Format: tar.FormatPAX}
	if owner != "" {
		if _, err := fmt.Sscanf(owner, "%d:%d", &header.Uid, &header.Gid); err != nil {
			return fmt.Errorf("owner %s: must be numbers, for example 65532:65532", owner)
		}
	}
	return l.w.WriteHeader(&header)
}

func (l *layerWriter) file(at string, mode int64, content []byte) error {
	at = strings.Trim(at, "/")
	if err := l.dir(path.Dir(at), ""); err != nil {
		return err
	}
	header := tar.Header{Typeflag: tar.TypeReg, Name: at, Mode: mode, Size: int64(len(content)), ModTime: l.when, Format: tar.FormatPAX}
	if err := l.w.WriteHeader(&header); err != nil {
		return err
	}
	_, err := l.w.Write(content)
	return err
}

// authorities are the certificates that browsers trust, as Go's project publishes them. One that is only trusted up to a date
// is left out: a file of certificates can't say that.
func authorities() []byte {
	var all bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&all, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes everything
		}
	}
	return all.Bytes()
}

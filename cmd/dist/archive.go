package main

import (
	"archive/tar"
	"archive/zip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/gzip"
)

// archived is what somebody gets who unpacks an archive instead of installing a package.
func (r release) archived(p product) (files []file) {
	for _, program := range p.target.programs() {
		files = append(files, file{p.executable(program), p.programs[program], 0o755})
	}
	return append(files,
		file{"LICENSE", filepath.Join(r.source, "LICENSE"), 0o644},
		file{"LICENSES-OF-LIBRARIES", p.licences, 0o644},
	)
}

// writeArchive writes a zip file for Windows, and a tar file for all others.
func (r release) writeArchive(p product, out string) error {
	end, write := ".tar.gz", writeTarGz
	if p.os == "windows" {
		end, write = ".zip", writeZip
	}
	w, err := os.Create(filepath.Join(out, r.file(p.String()+end)))
	if err != nil {
		return err
	}
	files := r.archived(p)
	for i := range files { // one folder holds all
		files[i].path = name + "_" + r.version + "/" + files[i].path
	}
	return errors.Join(write(w, files, r.when), w.Close())
}

func writeTarGz(to io.Writer, files []file, when time.Time) error {
	packed := gzip.NewWriter(to)
	return errors.Join(writeTar(packed, files, when), packed.Close())
}

// writeTar writes the files in their order, owned by root.
func writeTar(to io.Writer, files []file, when time.Time) error {
	w := tar.NewWriter(to)
	for _, f := range files {
		content, err := os.ReadFile(f.from)
		if err != nil {
			return err
		}
		header := tar.Header{Typeflag: tar.TypeReg, Name: f.path, Mode: int64(f.mode), Size: int64(len(content)), ModTime: when, Format: tar.FormatPAX}
		if err := w.WriteHeader(&header); err != nil {
			return err
		}
		if _, err := w.Write(content); err != nil {
			return err
		}
	}
	return w.Close()
}

func writeZip(to io.Writer, files []file, when time.Time) error {
	w := zip.NewWriter(to)
	for _, f := range files {
		content, err := os.ReadFile(f.from)
		if err != nil {
			return err
		}
		header := zip.FileHeader{Name: f.path, Method: zip.Deflate, Modified: when}
		header.SetMode(f.mode)
		into, err := w.CreateHeader(&header)
		if err != nil {
			return err
		}
		if _, err := into.Write(content); err != nil {
			return err
		}
	}
	return w.Close()
}

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// writeChart packs the chart as `helm package` does, with the release's version and image. Files that are links to those of the
// manifests are files in it.
func (r release) writeChart(work, out string) error {
	source := filepath.Join(r.source, "k8s/chart")
	files, err := below(source)
	if err != nil {
		return err
	}
	about, err := os.ReadFile(filepath.Join(source, "Chart.yaml"))
	if err != nil {
		return err
	}
	for key, value := range map[string]string{"version": r.version, "appVersion": r.tag()} {
		line := regexp.MustCompile(`(?m)^` + key + `: .*$`)
		if !line.Match(about) {
			return fmt.Errorf("Chart.yaml: has no %s", key)
		}
		about = line.ReplaceAll(about, []byte(key+`: "`+value+`"`))
	}
	released := filepath.Join(work, "Chart.yaml")
	if err := os.WriteFile(released, about, 0o644); err != nil {
		return err
	}
	for i := range files {
		if files[i].path == "Chart.yaml" {
			files[i].from = released
		}
		files[i].path = name + "/" + files[i].path
	}
	w, err := os.Create(filepath.Join(out, name+"-"+r.version+".tgz"))
	if err != nil {
		return err
	}
	return errors.Join(writeTarGz(w, files, r.when), w.Close())
}

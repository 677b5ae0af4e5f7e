package manifest

import (
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
)

// Mount is a folder of files in a container, from Secrets or from a ConfigMap. The files follow
// changes of their source, except with a subPath: then they stay as they are at the start.
type Mount struct {
	Path    string
	SubPath string
	Secret  bool // else from a ConfigMap
	Mode    int32
	Files   map[string]string // by their paths in the folder
}

// mounts are the container's, in its order. A volume whose files don't come from the cluster's
// objects is left out.
func (s Set) mounts(w Workload, pod Pod) (mounts []Mount, err error) {
	for _, in := range w.Container().VolumeMounts {
		volume := w.Volume(in.Name)
		if volume == nil {
			continue // a volume that the StatefulSet claims
		}
		m := Mount{Path: in.MountPath, SubPath: in.SubPath}
		switch {
		case volume.Secret != nil:
			v := volume.Secret
			m.Secret, m.Mode = true, mode(v.DefaultMode)
			m.Files, err = project(pod.Secrets[v.SecretName], "Secret "+v.SecretName, v.Items, v.Optional)
		case volume.Projected != nil:
			m.Secret, m.Mode = true, mode(volume.Projected.DefaultMode)
			m.Files, err = projectAll(volume.Projected.Sources, pod)
		case volume.ConfigMap != nil:
			v := volume.ConfigMap
			m.Mode = mode(v.DefaultMode)
			var data map[string]string
			if held := Get[corev1.ConfigMap](s, v.Name); held != nil {
				data = held.Data
			}
			m.Files, err = project(data, "ConfigMap "+v.Name, v.Items, v.Optional)
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("volume %s: %w", in.Name, err)
		}
		mounts = append(mounts, m)
	}
	return mounts, nil
}

// Volume is the pod's of that name, nil if the pod has none.
func (w Workload) Volume(name string) *corev1.Volume {
	for i, v := range w.Template.Spec.Volumes {
		if v.Name == name {
			return &w.Template.Spec.Volumes[i]
		}
	}
	return nil
}

func mode(said *int32) int32 {
	if said == nil {
		return 0o644 // the cluster's default
	}
	return *said
}

// projectAll lays sources over each other: if several have a path, the last one's file is there.
func projectAll(sources []corev1.VolumeProjection, pod Pod) (map[string]string, error) {
	all := make(map[string]string)
	for _, source := range sources {
		if source.Secret == nil {
			return nil, fmt.Errorf("a source other than a Secret is not known here")
		}
		files, err := project(pod.Secrets[source.Secret.Name], "Secret "+source.Secret.Name, source.Secret.Items, source.Secret.Optional)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, files)
	}
	return all, nil
}

// project chooses what becomes a file. If data is nil or a key is missing, the pod does not start,
// unless they are optional.
func project(data map[string]string, name string, items []corev1.KeyToPath, optional *bool) (map[string]string, error) {
	missing := func(what string) error {
		if optional != nil && *optional {
			return nil
		}
		return fmt.Errorf("there is no %s", what)
	}
	if data == nil {
		return nil, missing(name)
	}
	if len(items) == 0 {
		return maps.Clone(data), nil
	}
	files := make(map[string]string)
	for _, item := range items {
		text, ok := data[item.Key]
		if ok {
			files[item.Path] = text
		} else if err := missing(name + " with " + item.Key); err != nil {
			return nil, err
		}
	}
	return files, nil
}

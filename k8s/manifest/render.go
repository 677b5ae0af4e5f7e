package manifest

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// Render builds the kustomization in dir, as kubectl kustomize does, together with components that
// the kustomization does not list itself. dir and components are folders in files.
func Render(files fs.FS, dir string, components ...string) ([]byte, error) {
	memory := filesys.MakeFsInMemory()
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		return memory.WriteFile(path.Join("/", name), content)
	})
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", dir, err)
	}
	// A folder beside the others, since a kustomization may only name paths relative to itself.
	const root = "/rendered/"
	var top strings.Builder
	fmt.Fprintf(&top, "resources: [../%s]\n", dir)
	if len(components) > 0 {
		fmt.Fprintf(&top, "components: [../%s]\n", strings.Join(components, ", ../"))
	}
	if err := memory.WriteFile(root+"kustomization.yaml", []byte(top.String())); err != nil {
		return nil, fmt.Errorf("render %s: %w", dir, err)
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(memory, root)
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", dir, err)
	}
	rendered, err := built.AsYaml()
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", dir, err)
	}
	return rendered, nil
}

// Load renders and decodes.
func Load(files fs.FS, dir string, components ...string) (Set, error) {
	rendered, err := Render(files, dir, components...)
	if err != nil {
		return nil, err
	}
	return Decode(rendered)
}

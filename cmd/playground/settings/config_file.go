package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"
)

// Source is where a setting's value was written; the zero source is its default.
type Source struct {
	Flag        bool
	Environment string // name of the variable
	File        string // path
	Line        int    // in the file, from 1
}

// Sources is the source of each setting that has one, by the setting's name.
type Sources map[string]Source

// wrongValue is the error for a setting that can't be used.
type wrongValue struct {
	setting, value string
	why            string // "must be …"
	example        string // a value that would do
	source         Source
}

// Error names the setting as it is called where it was written: flag, variable or line of the file.
func (e *wrongValue) Error() string {
	where, example := "--"+e.setting, "--"+e.setting+" "+e.example
	switch {
	case e.source.Environment != "":
		where, example = e.source.Environment, e.source.Environment+"="+e.example
	case e.source.File != "":
		where, example = fmt.Sprintf("%s:%d: %s", e.source.File, e.source.Line, e.setting), e.setting+": "+e.example
	}
	return fmt.Sprintf("%s %q: %s, for example %s", where, e.value, e.why, example)
}

// readFile sets what the YAML file says, unless something before it has set it. Without a path
// there is no file.
func readFile(path string, flags []*kong.Flag, from Sources) error {
	if path == "" {
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		var cause *os.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return &wrongValue{"config", path, "can't be read (" + err.Error() + "): must be a YAML file", "playground.yaml", from["config"]}
	}
	var document, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	quoted := regexp.MustCompile(`'[^ ,]{2,}'`) // quotes a part of the file, which may be a secret
	err = decoder.Decode(&document)
	if err == nil && decoder.Decode(&more) == nil {
		return fmt.Errorf("%s:%d: a second document begins, put all settings into the first", path, more.Line)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %s: must be lines of settings and their values, for example canvas: 1024x1024",
			path, quoted.ReplaceAllString(strings.ReplaceAll(err.Error(), "\n", " "), "…"))
	}
	if len(document.Content) == 0 {
		return nil // nothing but comments
	}
	settings := document.Content[0]
	if settings.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d: must be settings and their values, for example canvas: 1024x1024", path, settings.Line)
	}
	seen := make(map[string]bool)
	for i := 0; i < len(settings.Content); i += 2 {
		key, value := settings.Content[i], settings.Content[i+1]
		at := Source{File: path, Line: key.Line}
		flag, err := settable(key.Value, flags)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", path, key.Line, err)
		}
		if seen[flag.Name] {
			return fmt.Errorf("%s:%d: %s is set twice, remove one", path, key.Line, flag.Name)
		}
		seen[flag.Name] = true
		text, ok := scalar(value)
		if !ok {
			return fmt.Errorf("%s:%d: %s must be one value or a list of values", path, key.Line, flag.Name)
		}
		if _, set := from[flag.Name]; !set {
			flag.Target.SetString(text)
			from[flag.Name] = at
		}
	}
	return nil
}

// settable returns the flag that a key of the file names.
func settable(key string, flags []*kong.Flag) (*kong.Flag, error) {
	var known []string
	for _, flag := range flags {
		if len(flag.Envs) == 0 || flag.Group == nil || flag.Name == "config" {
			continue // --help, --version, a command's own flags, and the file's own setting
		}
		if flag.Name == key {
			return flag, nil
		}
		known = append(known, flag.Name)
	}
	slices.Sort(known)
	return nil, fmt.Errorf("there is no setting %q, there are %s", key, strings.Join(known, ", "))
}

// scalar returns a value as a flag would have it: a list is joined by commas.
func scalar(value *yaml.Node) (string, bool) {
	switch value.Kind {
	case yaml.ScalarNode:
		return value.Value, true
	case yaml.SequenceNode:
		var all []string
		for _, one := range value.Content {
			if one.Kind != yaml.ScalarNode {
				return "", false
			}
			all = append(all, one.Value)
		}
		return strings.Join(all, ","), true
	}
	return "", false
}

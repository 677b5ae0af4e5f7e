package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// dockerfile is the last stage of a Dockerfile: what the image has and what is run.
type dockerfile struct {
	config v1.Config
	copies []copied
}

// copied is one file or folder that the last stage takes from an earlier one.
type copied struct{ from, to, owner string }

// readDockerfile understands what ours uses, and refuses everything else: so the image that is made without an engine follows the
// Dockerfile, or there is none. args are the arguments that it would be built with.
func readDockerfile(text string, args map[string]string) (d dockerfile, err error) {
	text = regexp.MustCompile(`(?m)^\s*#.*\n`).ReplaceAllString(text, "")
	text = strings.ReplaceAll(text, "\\\n", " ")
	last := strings.LastIndex(text, "FROM scratch\n")
	if last < 0 {
		return d, fmt.Errorf("the last stage is not FROM scratch")
	}
	d.config.ExposedPorts, d.config.Volumes, d.config.Labels = make(map[string]struct{}), make(map[string]struct{}), make(map[string]string)
	for line := range strings.Lines(text[last:]) {
		instruction, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if err := d.follow(instruction, strings.TrimSpace(rest), args); err != nil {
			return d, fmt.Errorf("%s: %w", strings.TrimSpace(line), err)
		}
	}
	return d, nil
}

func (d *dockerfile) follow(instruction, rest string, args map[string]string) error {
	switch instruction {
	case "", "FROM", "ARG":
	case "USER":
		d.config.User = rest
	case "VOLUME":
		d.config.Volumes[rest] = struct{}{}
	case "ENV":
		d.config.Env = append(d.config.Env, strings.Fields(rest)...)
	case "EXPOSE":
		for _, port := range strings.Fields(rest) {
			if !strings.Contains(port, "/") {
				port += "/tcp"
			}
			d.config.ExposedPorts[port] = struct{}{}
		}
	case "ENTRYPOINT":
		return json.Unmarshal([]byte(rest), &d.config.Entrypoint)
	case "LABEL":
		return d.label(rest, args)
	case "COPY":
		return d.copy(rest)
	default:
		return fmt.Errorf("%s is not understood here", instruction)
	}
	return nil
}

// label reads NAME="VALUE" pairs; a value may be an argument.
func (d *dockerfile) label(rest string, args map[string]string) error {
	pairs := regexp.MustCompile(`^([a-z.]+)="([^"]*)"\s*`)
	for rest != "" {
		m := pairs.FindStringSubmatch(rest)
		if m == nil {
			return fmt.Errorf("%q is no label", rest)
		}
		value := m[2]
		for arg, is := range args {
			value = strings.ReplaceAll(value, "${"+arg+"}", is)
		}
		if strings.Contains(value, "$") {
			return fmt.Errorf("%q has an argument that is not known", value)
		}
		d.config.Labels[m[1]] = value
		rest = rest[len(m[0]):]
	}
	return nil
}

func (d *dockerfile) copy(rest string) error {
	var owner string
	var paths []string
	for _, word := range strings.Fields(rest) {
		if is, ok := strings.CutPrefix(word, "--chown="); ok {
			owner = is
		} else if !strings.HasPrefix(word, "--from=") {
			paths = append(paths, word)
		}
	}
	if len(paths) < 2 {
		return fmt.Errorf("it copies nothing")
	}
	to := paths[len(paths)-1]
	for _, from := range paths[:len(paths)-1] {
		target := to
		if strings.HasSuffix(to, "/") {
			target += from[strings.LastIndex(from, "/")+1:]
		}
		d.copies = append(d.copies, copied{from, target, owner})
	}
	return nil
}

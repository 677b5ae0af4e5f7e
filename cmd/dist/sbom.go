package main

import (
	"encoding/json"
	"slices"
	"time"
)

// bom is as much of a CycloneDX bill of materials as is said here: which programs there are, and which libraries are in each.
type bom struct {
	Schema       string       `json:"$schema"`
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp time.Time `json:"timestamp"`
	Component component `json:"component"`
}

type component struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref"`
	Name    string `json:"name"`
	Version string `json:"version"`
	URL     string `json:"purl,omitempty"`
}

type dependency struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn"`
}

func (r release) sbom(p product) ([]byte, error) {
	whole := component{Type: "application", Ref: name, Name: name, Version: r.version}
	b := bom{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", Spec: "1.6", Version: 1,
		Metadata:     metadata{r.when, whole},
		Dependencies: []dependency{{name, p.target.programs()}},
	}
	for _, program := range p.target.programs() {
		b.Components = append(b.Components, component{Type: "application", Ref: program, Name: program, Version: r.version})
		uses := dependency{Ref: program, On: []string{}}
		for _, l := range p.libraries {
			if slices.Contains(l.in, program) {
				uses.On = append(uses.On, l.url)
			}
		}
		b.Dependencies = append(b.Dependencies, uses)
	}
	for _, l := range p.libraries {
		b.Components = append(b.Components, component{Type: "library", Ref: l.url, Name: l.name, Version: l.version, URL: l.url})
	}
	text, err := json.MarshalIndent(b, "", "  ")
	return append(text, '\n'), err
}

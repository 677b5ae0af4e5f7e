// Package describe has the descriptions of what programs can ask of a server: OpenAPI of the HTTP API, AsyncAPI of
// the protocols over WebSockets. They are written by hand, and tests compare them with the code: those of this
// package with the golden frames, those of transport/api with its routes and answers.
package describe

import (
	_ "embed" // the descriptions
	"encoding/json"
	"net/http"
	"sync"

	"gopkg.in/yaml.v3"

	"pixelplayground/transport/api/answer"
)

var (
	//go:embed openapi.yaml
	openAPI []byte
	//go:embed asyncapi.yaml
	asyncAPI []byte
)

// Routes are the resources with the descriptions, in YAML and in JSON.
func Routes() map[string]answer.Methods {
	return map[string]answer.Methods{
		"/api/openapi.yaml":  asYAML("openapi.yaml", openAPI),
		"/api/openapi.json":  asJSON("openapi.json", openAPI),
		"/api/asyncapi.yaml": asYAML("asyncapi.yaml", asyncAPI),
		"/api/asyncapi.json": asJSON("asyncapi.json", asyncAPI),
	}
}

// caching: they change with the version of the server only.
const caching = "public, max-age=300"

func asYAML(name string, text []byte) answer.Methods {
	file := answer.NewFile(name, text)
	return answer.Methods{"GET": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", caching)
		file.Send(w, r)
	}}
}

// asJSON converts a description when it is first asked for: most processes never are.
func asJSON(name string, text []byte) answer.Methods {
	made := sync.OnceValues(func() (*answer.File, error) {
		var all map[string]any
		if err := yaml.Unmarshal(text, &all); err != nil {
			return nil, err
		}
		converted, err := json.Marshal(all)
		return answer.NewFile(name, converted), err
	})
	return answer.Methods{"GET": func(w http.ResponseWriter, r *http.Request) {
		file, err := made()
		if err != nil {
			answer.Fail(w, http.StatusInternalServerError, "The description could not be made")
			return
		}
		w.Header().Set("Cache-Control", caching)
		file.Send(w, r)
	}}
}

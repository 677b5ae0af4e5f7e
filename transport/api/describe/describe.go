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
		"/api/openapi.yaml":  asYAML(openAPI),
		"/api/openapi.json":  asJSON(openAPI),
		"/api/asyncapi.yaml": asYAML(asyncAPI),
		"/api/asyncapi.json": asJSON(asyncAPI),
	}
}

// caching: they change with the version of the server only.
const caching = "public, max-age=300"

func asYAML(text []byte) answer.Methods {
	return answer.Methods{"GET": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
		w.Header().Set("Cache-Control", caching)
		_, _ = w.Write(text)
	}}
}

// asJSON converts a description when it is first asked for: most processes never are.
func asJSON(text []byte) answer.Methods {
	made := sync.OnceValues(func() ([]byte, error) {
		var all map[string]any
		if err := yaml.Unmarshal(text, &all); err != nil {
			return nil, err
		}
		return json.Marshal(all)
	})
	return answer.Methods{"GET": func(w http.ResponseWriter, _ *http.Request) {
		converted, err := made()
		if err != nil {
			answer.Fail(w, http.StatusInternalServerError, "The description could not be made")
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", caching)
		_, _ = w.Write(converted)
	}}
}

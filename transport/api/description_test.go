package api

import (
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"pixelplayground/actors/rules"
	"pixelplayground/actors/store/memory"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/api/describe"
	"pixelplayground/transport/api/moderation"
	"pixelplayground/transport/api/templates"
	"pixelplayground/transport/auth"
)

// property is as much of JSON Schema as openapi.yaml uses.
type property struct {
	Type       string
	Ref        string `yaml:"$ref"`
	Required   []string
	Properties map[string]property
	Items      *property
	Additional *property `yaml:"additionalProperties"`
}

// openAPI is the description as it is served.
type openAPI struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct{ Schema property }
		}
	}
	Components struct{ Schemas map[string]property }
}

func described(t *testing.T, p *pod) (d openAPI) {
	t.Helper()
	w := p.ask("GET", "/api/openapi.yaml", "")
	var paths struct {
		Paths map[string]map[string]yaml.Node
	}
	if err := yaml.Unmarshal(w.Body.Bytes(), &paths); w.Code != http.StatusOK || err != nil {
		t.Fatalf("%d %v", w.Code, err)
	}
	for _, operations := range paths.Paths { // what all operations of a path have in common is no operation
		delete(operations, "parameters")
	}
	text, err := yaml.Marshal(paths)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	var components struct {
		Components struct{ Schemas map[string]property }
	}
	if err := yaml.Unmarshal(w.Body.Bytes(), &components); err != nil {
		t.Fatal(err)
	}
	d.Components = components.Components
	return d
}

// fullPod has all routes that there can be; served are they.
func fullPod(t *testing.T) (p *pod, served map[string]answer.Methods) {
	t.Helper()
	documents := memory.New(memory.Config{Geometry: small})
	t.Cleanup(func() { documents.Close() })
	p = newPodWith(t, func(ports *Ports) {
		ports.People, ports.Rules = &ranks{}, &Rules{Acts: lawless{}, Documents: documents, People: lawless{}}
		ports.Templates = templates.New(&url.URL{Scheme: "http", Host: "example.org"}, func() {}, slog.New(slog.DiscardHandler))
	})
	served = maps.Clone(p.server.served)
	maps.Copy(served, auth.New(auth.Config{SignIn: auth.SignInConfig{Issuer: "https://issuer.example"}}, documents, nil, nil).Routes())
	return p, served
}

// Goal: the description has all routes with their methods, and no others.
func TestDescription_Routes(t *testing.T) {
	p, served := fullPod(t)
	d := described(t, p)
	for path, m := range served {
		for method := range m {
			if _, ok := d.Paths[path][strings.ToLower(method)]; !ok {
				t.Errorf("%s %s is not described", method, path)
			}
		}
	}
	for path, operations := range d.Paths {
		for method := range operations {
			if served[path][strings.ToUpper(method)] == nil {
				t.Errorf("%s %s is described, and does not exist", method, path)
			}
		}
	}
}

// Goal: what is described of bodies is what they have. Method: the fields of the types behind them are compared.
func TestDescription_Types(t *testing.T) {
	p, _ := fullPod(t)
	schemas := described(t, p).Components.Schemas
	for name, v := range map[string]any{
		"Act": rules.Act{}, "By": rules.By{}, "Target": rules.Target{}, "Area": rules.Area{}, "Phase": rules.Phase{}, "Selection": rules.Selection{},
		"Rules": rules.Shown{}, "Key": auth.KeyShown{}, "Ban": auth.Ban{}, "PersonPixel": moderation.Pixel{}, "Versions": Versions{}, "Ready": readyShown{},
	} {
		var fields []string
		for field := range reflect.TypeOf(v).Fields() {
			if key, _, _ := strings.Cut(field.Tag.Get("json"), ","); key != "" && key != "-" {
				fields = append(fields, key)
			}
		}
		has := slices.Sorted(maps.Keys(schemas[name].Properties))
		if name == "Act" { // in lists
			has = slices.DeleteFunc(has, func(key string) bool { return key == "undone" || key == "mayUndo" })
		}
		slices.Sort(fields)
		if !slices.Equal(fields, has) {
			t.Errorf("%s has the fields %v, described are %v", name, fields, has)
		}
	}
}

// Goal: answers are what is described. Method: a pod is asked, and each field of its answers is looked up.
func TestDescription_Answers(t *testing.T) {
	p, _ := fullPod(t)
	d := described(t, p)
	for _, ask := range []struct{ method, path, target, body string }{
		{"GET", "/healthz", "/healthz", ""}, {"GET", "/readyz", "/readyz", ""}, {"GET", "/health", "/health", ""},
		{"PUT", "/api/pixel", "/api/pixel", `{"x":1,"y":1,"color":"#FF0000"}`},
		{"PUT", "/api/pixels", "/api/pixels", `{"pixels":[{"x":1,"y":1,"color":"#FF0000"}]}`},
		{"GET", "/api/canvas", "/api/canvas", ""}, {"GET", "/api/pixel/{x}/{y}", "/api/pixel/1/1", ""},
		{"GET", "/api/rules", "/api/rules", ""}, {"GET", "/api/acts", "/api/acts", ""}, {"GET", "/api/reports", "/api/reports", ""},
		{"POST", "/api/reports", "/api/reports", `{"x":1,"y":1,"words":"here"}`},
	} {
		w := p.ask(ask.method, ask.target, ask.body, "Cookie", "who=moderator", "Content-Type", "application/json")
		responses := d.Paths[ask.path][strings.ToLower(ask.method)].Responses
		of, ok := responses[map[bool]string{true: "201", false: "200"}[w.Code == http.StatusCreated]]
		if !ok || w.Code >= 300 {
			t.Errorf("%s %s: %d %s", ask.method, ask.target, w.Code, w.Body)
			continue
		}
		var body any
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatal(err)
		}
		d.compare(t, ask.method+" "+ask.path, of.Content["application/json"].Schema, body)
	}
	w := p.ask("GET", "/api/pixel/1000/1", "", "Cookie", "who=moderator")
	var failure any
	if err := json.Unmarshal(w.Body.Bytes(), &failure); err != nil || w.Code != http.StatusBadRequest {
		t.Fatalf("%d %v", w.Code, err)
	}
	d.compare(t, "a failure", d.Components.Schemas["Error"], failure)
}

// compare holds an answer against its schema.
func (d openAPI) compare(t *testing.T, at string, of property, v any) {
	t.Helper()
	if of.Ref != "" {
		of = d.Components.Schemas[strings.TrimPrefix(of.Ref, "#/components/schemas/")]
	}
	kind := ""
	switch v := v.(type) {
	case string:
		kind = "string"
	case bool:
		kind = "boolean"
	case float64:
		if kind = "integer"; of.Type == "number" {
			kind = "number"
		}
	case []any:
		kind = "array"
		for _, element := range v {
			d.compare(t, at+"[]", *of.Items, element)
		}
	case map[string]any:
		kind = "object"
		for key, value := range v {
			field, ok := of.Properties[key]
			if !ok && of.Additional != nil {
				field, ok = *of.Additional, true
			}
			if !ok {
				t.Errorf("%s has a field %s, which is not described", at, key)
				continue
			}
			d.compare(t, at+"."+key, field, value)
		}
		for _, key := range of.Required {
			if _, ok := v[key]; !ok {
				t.Errorf("%s has no field %s", at, key)
			}
		}
	}
	if kind != of.Type {
		t.Errorf("%s is %v, described is %s", at, v, of.Type)
	}
}

// Goal: no page that says where the descriptions are is wrong.
func TestDescription_IsServed(t *testing.T) {
	p := newPod(t)
	for path := range describe.Routes() {
		if w := p.ask("GET", path, ""); w.Code != http.StatusOK || w.Body.Len() < 1000 {
			t.Errorf("%s: %d, %d bytes", path, w.Code, w.Body.Len())
		}
	}
}

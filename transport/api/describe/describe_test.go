package describe

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
	"gopkg.in/yaml.v3"
)

// schema is as much of JSON Schema as asyncapi.yaml uses.
type schema struct {
	Title       string
	Type        string
	Format      string
	Description string
	Const       any
	MinItems    int      `yaml:"minItems"`
	PrefixItems []schema `yaml:"prefixItems"`
}

// Goal: every message of the binary protocol is described, with its elements. Method: each golden frame is held against the
// description of its type, and each description has a golden frame.
func TestAsyncAPI_GoldenFrames(t *testing.T) {
	var described struct {
		Components struct {
			Messages map[string]struct{ Payload schema }
		}
	}
	if err := yaml.Unmarshal(asyncAPI, &described); err != nil {
		t.Fatal(err)
	}
	byType := make(map[int]schema)
	for _, m := range described.Components.Messages {
		if len(m.Payload.PrefixItems) > 0 {
			byType[m.Payload.PrefixItems[0].Const.(int)] = m.Payload
		}
	}
	text, err := os.ReadFile("../../../codec/testdata/frames.json")
	if err != nil {
		t.Fatal(err)
	}
	var frames []struct{ Name, Hex string }
	if err := json.Unmarshal(text, &frames); err != nil {
		t.Fatal(err)
	}
	seen := make(map[int]bool)
	for _, f := range frames {
		if strings.Contains(f.Name, "new-elements") {
			continue // of a later version
		}
		raw, err := hex.DecodeString(f.Hex)
		if err != nil {
			t.Fatal(err)
		}
		var elements []any
		if err := msgpack.Unmarshal(raw, &elements); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		kind := int(number(elements[0]))
		if seen[kind] = true; strings.HasPrefix(f.Name, "unknown") {
			continue
		}
		of, ok := byType[kind]
		if !ok {
			t.Errorf("%s: type %d is not described", f.Name, kind)
			continue
		}
		if len(elements) < of.MinItems || len(elements) > len(of.PrefixItems) {
			t.Errorf("%s has %d elements, described are %d to %d", f.Name, len(elements), of.MinItems, len(of.PrefixItems))
		}
		for i, item := range of.PrefixItems[1:] {
			if i+1 < len(elements) && !item.fits(elements[i+1]) {
				t.Errorf("%s: %s is %T, described is %s %s", f.Name, item.Title, elements[i+1], item.Type, item.Format)
			}
		}
	}
	for kind := range byType {
		if !seen[kind] {
			t.Errorf("type %d is described, and has no golden frame", kind)
		}
	}
}

// number is an integer of any width.
func number(v any) uint64 {
	n := uint64(0)
	_, _ = fmt.Sscan(fmt.Sprint(v), &n)
	return n
}

func (s schema) fits(v any) bool {
	kind := ""
	switch v.(type) {
	case nil:
		kind = "nil"
	case string:
		kind = "string"
	case []byte:
		kind = "bin"
	case []any:
		kind = "array"
	case bool:
		kind = "boolean"
	case float32, float64:
		kind = "number"
	default:
		kind = "integer"
	}
	switch {
	case s.Description != "":
		return strings.Contains(s.Description, kind) || kind == "integer" && strings.Contains(s.Description, "0")
	case s.Format == "binary":
		return kind == "bin"
	case s.Type == "number":
		return kind == "number" || kind == "integer"
	}
	return kind == s.Type
}

// Goal: the descriptions are served in both forms, and mean the same.
func TestRoutes_BothForms(t *testing.T) {
	for path, m := range Routes() {
		w := httptest.NewRecorder()
		m["GET"](w, httptest.NewRequest("GET", path, nil))
		var all map[string]any
		var err error
		if strings.HasSuffix(path, ".json") {
			err = json.Unmarshal(w.Body.Bytes(), &all)
		} else {
			err = yaml.Unmarshal(w.Body.Bytes(), &all)
		}
		if version, ok := all["openapi"].(string); w.Code != 200 || err != nil || ok != strings.Contains(path, "openapi") || ok && version != "3.1.0" {
			t.Errorf("%s: %d, %v, %v", path, w.Code, err, all["openapi"])
		}
		small, asked := httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)
		asked.Header.Set("Accept-Encoding", "gzip")
		m["GET"](small, asked)
		if kind := small.Header().Get("Content-Type"); !strings.HasPrefix(kind, "application/"+strings.TrimPrefix(filepath.Ext(path), ".")) || 3*small.Body.Len() > w.Body.Len() {
			t.Errorf("%s: compressed %d of %d bytes, of kind %q", path, small.Body.Len(), w.Body.Len(), kind)
		}
		for _, ref := range refs(all) {
			if at := find(all, strings.Split(strings.TrimPrefix(ref, "#/"), "/")); at == nil {
				t.Errorf("%s refers to %s, which is not there", path, ref)
			}
		}
	}
}

// refs are all "$ref" in a document.
func refs(v any) (all []string) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if text, ok := value.(string); ok && key == "$ref" {
				all = append(all, text)
			}
			all = append(all, refs(value)...)
		}
	case []any:
		for _, value := range v {
			all = append(all, refs(value)...)
		}
	}
	return all
}

func find(v any, path []string) any {
	for _, key := range path {
		m, _ := v.(map[string]any)
		if v = m[key]; v == nil {
			return nil
		}
	}
	return v
}

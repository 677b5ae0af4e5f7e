package moderation

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
)

// read reads a body of a kind, or answers why it can't be. Call free when it is not needed any more.
func (d *Desk) read(w http.ResponseWriter, r *http.Request, kind string, most int64) (body []byte, free func(), ok bool) {
	if is, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || is != kind {
		answer.Fail(w, http.StatusUnsupportedMediaType, "The body must be "+kind)
		return nil, nil, false
	}
	return d.Body(w, r, most)
}

// reads reads the JSON of a request, or answers why it can't be read, in words for people who have never heard of the language that the
// server is written in. A field that is not known is refused, at any depth: with "untill" for "until" a ban would be for ever.
func (d *Desk) reads(w http.ResponseWriter, r *http.Request, into any, most int64) bool {
	body, free, ok := d.read(w, r, "application/json", most)
	if !ok {
		return false
	}
	defer free()
	why := ""
	if !json.Valid(body) {
		why = "it is no JSON, or not all of it"
	} else if err := fits(body, reflect.TypeOf(into).Elem(), ""); err != nil {
		why = err.Error()
	} else if json.Unmarshal(body, into) != nil {
		why = "a value is none of those that it may have"
	}
	if why != "" {
		answer.Fail(w, http.StatusBadRequest, "The body is not what it should be: "+why)
	}
	return why == ""
}

// fits returns an error that names the first field of some JSON that a type does not have, or whose value is none of it. It looks into
// structs and lists of them, also of types that read themselves, which json.Decoder.DisallowUnknownFields does not.
func fits(text []byte, of reflect.Type, path string) error {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if string(text) == "null" && path != "" {
		return nil
	}
	reads := reflect.PointerTo(of).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
	switch kind := of.Kind(); {
	case of == reflect.TypeFor[canvas.Author]() || reads: // public ids are texts, and read by whatever they are part of
		return fitsText(text, of, path)
	case kind == reflect.Slice:
		var items []json.RawMessage
		if json.Unmarshal(text, &items) != nil {
			return wrong(path, "a list")
		}
		for i, item := range items {
			inside := fmt.Sprintf("%s[%d]", path, i)
			if string(item) == "null" { // a field that is null is left out; in a list it would stand for an id, a colour or a time
				return wrong(inside, "left out, or something other than null")
			}
			if err := fits(item, of.Elem(), inside); err != nil {
				return err
			}
		}
		return nil
	case kind == reflect.Struct:
		var given map[string]json.RawMessage
		if json.Unmarshal(text, &given) != nil || given == nil {
			return wrong(path, "an object, in braces")
		}
		for _, name := range slices.Sorted(maps.Keys(given)) {
			inside := strings.TrimPrefix(path+"."+name, ".")
			field, ok := fieldOf(of, name)
			if !ok {
				return fmt.Errorf("there is no field %.60q", inside)
			}
			if err := fits(given[name], field.Type, inside); err != nil {
				return err
			}
		}
		return nil
	}
	if json.Unmarshal(text, reflect.New(of).Interface()) != nil {
		return wrong(path, called(of.Kind()))
	}
	return nil
}

func wrong(path, what string) error {
	if path == "" {
		return fmt.Errorf("it must be %s", what)
	}
	return fmt.Errorf("%.60s: must be %s", path, what)
}

// fitsText says why a value that is written as a text is none of its type.
func fitsText(text []byte, of reflect.Type, path string) error {
	var said string
	if json.Unmarshal(text, &said) != nil {
		return wrong(path, called(reflect.String))
	}
	var err error
	if of == reflect.TypeFor[canvas.Author]() {
		_, err = canvas.ParseAuthor(said)
	} else {
		err = reflect.New(of).Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(said))
	}
	if err != nil {
		return fmt.Errorf("%.60s: %w", path, err)
	}
	return nil
}

// called is how people call the values of a kind.
func called(kind reflect.Kind) string {
	switch kind {
	case reflect.String:
		return "a text, in quotation marks"
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	case reflect.Uint64:
		return "a whole number, 0 or more, and not too large"
	}
	return "a whole number, and not too large"
}

// fieldOf finds the field of a struct by its name in JSON. Another case of letters is another name.
func fieldOf(of reflect.Type, name string) (reflect.StructField, bool) {
	for i := range of.NumField() {
		field := of.Field(i)
		if tag, _, _ := strings.Cut(field.Tag.Get("json"), ","); tag == name && tag != "-" {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

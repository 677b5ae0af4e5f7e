package moderation

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"pixelplayground/transport/api/answer"
)

// maxBody bounds the body of a request but for acts and masks, in bytes. An act's is that of an act.
const maxBody = 4 << 10

// read reads a body of a kind, or answers why it can't be. Call free when it is not needed any more.
func (d *Desk) read(w http.ResponseWriter, r *http.Request, kind string, most int64) (body []byte, free func(), ok bool) {
	if is, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || is != kind {
		answer.Fail(w, http.StatusUnsupportedMediaType, "The body must be "+kind)
		return nil, nil, false
	}
	return d.Body(w, r, most)
}

// reads reads the JSON of a request, or answers why it can't be read. A field that is not known is refused, at any depth: with
// "untill" for "until" a ban would be for ever.
func (d *Desk) reads(w http.ResponseWriter, r *http.Request, into any, most int64) bool {
	body, free, ok := d.read(w, r, "application/json", most)
	if !ok {
		return false
	}
	defer free()
	err := known(body, reflect.TypeOf(into).Elem(), "")
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		answer.Fail(w, http.StatusBadRequest, "The body is not what it should be: "+err.Error())
	}
	return err == nil
}

// known returns an error that names the first field of some JSON that a type does not have. It looks into structs and lists
// of them, also of types that read themselves, which json.Decoder.DisallowUnknownFields does not.
func known(text []byte, of reflect.Type, path string) error {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	switch of.Kind() {
	case reflect.Slice:
		var items []json.RawMessage
		if json.Unmarshal(text, &items) != nil {
			return nil // what is no list at all, who reads it refuses
		}
		for _, item := range items {
			if err := known(item, of.Elem(), path); err != nil {
				return err
			}
		}
	case reflect.Struct:
		var given map[string]json.RawMessage
		if json.Unmarshal(text, &given) != nil {
			return nil
		}
		for name, value := range given {
			field, ok := fieldOf(of, name)
			if !ok {
				return fmt.Errorf("there is no field %.60q", path+name)
			}
			if err := known(value, field.Type, path+name+"."); err != nil {
				return err
			}
		}
	}
	return nil
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

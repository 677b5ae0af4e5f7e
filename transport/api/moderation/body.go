package moderation

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"pixelplayground/transport/api/answer"
)

// maxBody bounds the body of a request but for acts and masks, in bytes. An act's is that of an act.
const maxBody = 4 << 10

// read reads a body of a kind, or answers why it can't be.
func read(w http.ResponseWriter, r *http.Request, kind string, most int64) (body []byte, ok bool) {
	if is, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || is != kind {
		answer.Fail(w, http.StatusUnsupportedMediaType, "The body must be "+kind)
		return nil, false
	}
	if r.ContentLength > most {
		answer.TooLarge(w, most)
		return nil, false
	}
	var err error
	answer.AwaitBody(w, func() { body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, most)) })
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		answer.TooLarge(w, most)
	case err != nil:
		answer.Fail(w, http.StatusBadRequest, "The request broke off")
	}
	return body, err == nil
}

// asked reads the JSON of a request, or answers why it can't be read. A field that is not known is refused: with
// "untill" for "until" a ban would be for ever.
func asked(w http.ResponseWriter, r *http.Request, into any, most int64) bool {
	body, ok := read(w, r, "application/json", most)
	if !ok {
		return false
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil && decoder.More() {
		err = errors.New("there is something behind it")
	}
	if err != nil {
		answer.Fail(w, http.StatusBadRequest, "The body is not what it should be: "+err.Error())
	}
	return err == nil
}

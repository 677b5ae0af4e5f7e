package templates

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"path"
	"strings"
)

// Bounds of a list, for whoever may write it is not always the operator. Pages decode all pictures, at 16 bytes
// of memory a pixel.
const (
	maxList      = 4 << 20  // bytes
	maxHead      = 16 << 10 // bytes of the head of an answer, of which tags are kept
	maxTemplates = 64
	maxName      = 60                // characters
	maxPicture   = 2 << 20           // bytes
	maxPictures  = 16 << 20          // bytes of all
	maxPixels    = 4_000_000         // of a picture, and of what is shown of it on the canvas
	maxAllPixels = 4 * maxPixels     // of all that are shown
	farthest     = 1 << 16           // pixels from the canvas's corner
	dataPrefix   = "data:image/png;" // of a picture that is in the list itself
)

// list is what the operator's URL must answer with. Fields that are not known are ignored.
type list struct {
	Name      string   `json:"name"`
	Templates []wanted `json:"templates"`
}

// wanted is one template of it.
type wanted struct {
	Name    string `json:"name"`
	X       int    `json:"x"` // of its left column on the canvas; it may reach beyond
	Y       int    `json:"y"`
	Width   int    `json:"width"`   // pixels of the canvas; 0: the picture's own
	Picture string `json:"picture"` // a PNG: data:, or an address in the folder of the list
}

// readList reads a list. What is wrong with a single template is found when its turn comes.
func readList(body []byte) (list, error) {
	var l list
	if err := json.Unmarshal(body, &l); err != nil {
		return list{}, fmt.Errorf("it is no such list: %w", err)
	}
	switch {
	case l.Templates == nil:
		return list{}, errors.New(`it is no such list: it has no "templates"`)
	case len(l.Templates) > maxTemplates:
		return list{}, fmt.Errorf("it has %d templates, at most %d", len(l.Templates), maxTemplates)
	}
	l.Name = shortened(l.Name)
	names := make(map[string]bool)
	for i := range l.Templates {
		t := &l.Templates[i]
		t.Name = shortened(t.Name)
		switch {
		case t.Name == "":
			return list{}, fmt.Errorf("template %d has no name", i+1)
		case names[t.Name]:
			return list{}, fmt.Errorf("two templates are called %q", t.Name)
		}
		names[t.Name] = true
	}
	return l, nil
}

// shortened is a name of one line that is not too long.
func shortened(name string) string {
	name = strings.Join(strings.Fields(name), " ")
	if all := []rune(name); len(all) > maxName {
		name = string(all[:maxName])
	}
	return name
}

// check says what is wrong with where a template is to be.
func (t wanted) check() error {
	switch {
	case max(t.X, t.Y) > farthest || min(t.X, t.Y) < -farthest:
		return fmt.Errorf("x and y must be from %d to %d", -farthest, farthest)
	case t.Width < 0 || t.Width > farthest:
		return fmt.Errorf("the width must be from 1 to %d, or 0 for the picture's own", farthest)
	}
	return nil
}

// shown is how large it is on the canvas, as the page reckons too.
func (t wanted) shown(width, height int) (wide, high int) {
	if t.Width == 0 {
		return width, height
	}
	return t.Width, max(1, int(math.Floor(float64(height)*float64(t.Width)/float64(width)+0.5)))
}

// inList is a picture that is in the list itself; ok is false if it is elsewhere.
func inList(picture string) (content []byte, ok bool, err error) {
	data, ok := strings.CutPrefix(picture, dataPrefix)
	if !ok {
		return nil, false, nil
	}
	text, ok := strings.CutPrefix(data, "base64,")
	if !ok {
		return nil, true, errors.New("the picture in the list must be " + dataPrefix + "base64,…")
	}
	content, err = base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, true, errors.New("the picture in the list is no base64")
	}
	return content, true, nil
}

// beside is where a picture is that the list names. It must be in the list's folder, or below: whoever may write the
// list must not have this server ask anybody else, or for anything else.
func beside(at *url.URL, picture string) (*url.URL, error) {
	ref, err := url.Parse(picture)
	if err != nil || picture == "" {
		return nil, errors.New("the picture must be the address of a PNG beside the list, or " + dataPrefix + "base64,…")
	}
	found := at.ResolveReference(ref)
	found.Fragment, found.RawFragment = "", ""
	folder := path.Dir(path.Clean("/" + at.Path))
	if found.Scheme != at.Scheme || found.Host != at.Host || found.User != nil || found.Opaque != "" ||
		!strings.HasPrefix(path.Clean("/"+found.Path), strings.TrimSuffix(folder, "/")+"/") {
		return nil, errors.New("the picture must be in the folder of the list: this server asks nobody else")
	}
	return found, nil
}

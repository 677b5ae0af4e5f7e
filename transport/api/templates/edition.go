package templates

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"net/http"
	"strings"

	"pixelplayground/transport/api/answer"
)

// edition is a list as people are shown it, with its pictures. It is immutable.
type edition struct {
	list     *answer.File
	pictures map[string]*answer.File // by the hash of their content
	shown    int                     // templates that have a picture
}

// listed is what people are told of a template.
type listed struct {
	Name    string `json:"name"`
	X       int    `json:"x"`
	Y       int    `json:"y"`
	Width   int    `json:"width,omitempty"`   // pixels of the canvas
	Picture string `json:"picture,omitempty"` // its address, which says what is in it
	Trouble string `json:"trouble,omitempty"` // why there is none
}

// draft is an edition that is being made.
type draft struct {
	edition
	name          string
	templates     []listed
	bytes, pixels int
}

// add adds a template. Whatever is wrong with it is told in its place: whoever has written the list sees that on the page.
func (d *draft) add(t wanted, content []byte, trouble error) {
	one := listed{Name: t.Name, X: t.X, Y: t.Y}
	if trouble == nil {
		trouble = d.picture(&one, t, content)
	}
	if trouble != nil {
		one = listed{Name: t.Name, Trouble: trouble.Error()}
	}
	d.templates = append(d.templates, one)
}

// picture adds the picture of a template.
func (d *draft) picture(one *listed, t wanted, content []byte) error {
	if err := t.check(); err != nil {
		return err
	}
	head, err := png.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return errors.New("the picture is no PNG")
	}
	wide, high := t.shown(head.Width, head.Height)
	switch {
	case len(content) > maxPicture:
		return fmt.Errorf("the picture has more than %d MiB", maxPicture>>20)
	case tooMany(head.Width, head.Height) || tooMany(wide, high):
		return fmt.Errorf("the picture has more than %d million pixels", maxPixels/1_000_000)
	case d.bytes+len(content) > maxPictures || d.pixels+wide*high > maxAllPixels:
		return errors.New("all pictures together are too large")
	}
	d.bytes, d.pixels = d.bytes+len(content), d.pixels+wide*high
	sum := sha256.Sum256(content)
	name := hex.EncodeToString(sum[:12])
	if d.pictures[name] == nil {
		d.pictures[name] = answer.NewFile(name+".png", content)
	}
	one.Width, one.Picture = wide, "api/templates/"+name+".png"
	d.shown++
	return nil
}

// tooMany reports whether a picture of this size has too many pixels. Each side alone fits into 31 bits.
func tooMany(width, height int) bool { return int64(width)*int64(height) > maxPixels }

func (d *draft) finish() *edition {
	body, err := json.Marshal(struct {
		Name      string   `json:"name,omitempty"`
		Templates []listed `json:"templates"`
	}{d.name, d.templates})
	if err != nil {
		panic(err) // it consists of texts and numbers
	}
	d.list = answer.NewFile("templates.json", append(body, '\n'))
	return &d.edition
}

// newDraft begins an edition.
func newDraft(name string) *draft {
	return &draft{edition: edition{pictures: make(map[string]*answer.File)}, name: name, templates: []listed{}}
}

// GetList answers with the list.
func (f *Follower) GetList(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache") // may be kept, but whether it is current must be asked
	f.latest.Load().list.Send(w, r)
}

// GetPicture answers with a picture of it.
func (f *Follower) GetPicture(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutSuffix(r.PathValue("picture"), ".png")
	picture := f.latest.Load().pictures[name]
	if !ok || picture == nil {
		answer.Fail(w, http.StatusNotFound, "No template has this picture any more")
		return
	}
	header := w.Header()
	header.Set("Cache-Control", "private, max-age=31536000, immutable") // its name says what is in it; and not everybody may look
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	picture.Send(w, r)
}

package moderation

import (
	"context"
	"encoding/base64"
	"errors"
	"image"
	"net/http"
	"time"

	"pixelplayground/actors/record/rollback"
	"pixelplayground/actors/rules"
	"pixelplayground/transport/api/answer"
)

// Rollbacks is what works out what a rollback would do, and changes nothing.
type Rollbacks interface {
	// Preview says what a rollback of a selection would do now, if it were decided by somebody. Errors about a selection wrap rules.ErrInvalid;
	// ErrNoRecord: there is no record, so nothing can be rolled back.
	Preview(ctx context.Context, by rules.By, selection rules.Selection) (*rollback.Preview, error)
}

// ErrNoRecord says that nothing can be rolled back, because nothing is recorded.
var ErrNoRecord = errors.New("there is no record")

// previewPatience is how long working out a preview may take.
const previewPatience = 10 * time.Second

// noRecord is the answer where there is no record.
const noRecord = "Nothing can be rolled back here: the server was started without --record"

func (d *Desk) preview(w http.ResponseWriter, r *http.Request, c caller) {
	var said struct {
		Selection rules.Selection `json:"selection"`
	}
	if !d.paced(w, d.asked, c) || !d.reads(w, r, &said, rules.MaxAct) {
		return
	}
	if err := said.Selection.Check(d.Geometry, d.Now().UnixMilli()); err != nil {
		d.failed(w, err)
		return
	}
	if d.Rollbacks == nil {
		answer.Fail(w, http.StatusConflict, noRecord)
		return
	}
	if !d.previews.take() {
		tooMuch(w, time.Second)
		return
	}
	defer d.previews.give()
	ctx, cancel := context.WithTimeout(r.Context(), previewPatience)
	defer cancel()
	found, err := d.Rollbacks.Preview(ctx, c.by, said.Selection)
	if errors.Is(err, ErrNoRecord) {
		answer.Fail(w, http.StatusConflict, noRecord)
		return
	}
	if err != nil {
		d.failed(w, err)
		return
	}
	would := previewed{
		Pixels: found.Pixels, Unknown: found.Unknown, Protected: found.Spared, Users: []share{}, Area: areaOf(found.Area), Before: dataURL(found.Before), After: dataURL(found.After), Selection: found.Selection,
	}
	for _, one := range found.Users {
		would.Users = append(would.Users, share{userID(one.User), one.Name, one.Pixels})
	}
	answer.JSON(w, http.StatusOK, would)
}

// previewed is the answer about a preview.
type previewed struct {
	Pixels    int             `json:"pixels"`
	Unknown   int             `json:"unknown,omitempty"`
	Protected int             `json:"protected,omitempty"`
	Users     []share         `json:"users"` // those with most first
	Area      area            `json:"area"`
	Before    string          `json:"before,omitempty"`
	After     string          `json:"after,omitempty"`
	Selection rules.Selection `json:"selection"`
}

// share is how many pixels are somebody's.
type share struct {
	User   userID `json:"user"`
	Name   string `json:"name"`
	Pixels int    `json:"pixels"`
}

type area struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

func areaOf(r image.Rectangle) area { return area{r.Min.X, r.Min.Y, r.Dx(), r.Dy()} }

// dataURL has a picture in it, since the next request may come to another pod, which does not know it.
func dataURL(png []byte) string {
	if png == nil {
		return ""
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(png)
}

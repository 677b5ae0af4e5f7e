package api

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/api/history"
)

// Why an entry is not a pixel, in the words that existing clients expect.
const (
	badFormat = "Invalid data format"
	badPlace  = "Coordinates out of bounds"
	badColor  = "Invalid color format. Use hex format like #FF0000"
	badList   = "Pixels must be an array"
)

func (s *server) getPixel(w http.ResponseWriter, r *http.Request) {
	x, errX := strconv.Atoi(r.PathValue("x"))
	y, errY := strconv.Atoi(r.PathValue("y"))
	if errX != nil || errY != nil || !s.Geometry.Contains(x, y) {
		answer.Fail(w, http.StatusBadRequest, badPlace)
		return
	}
	region, pos := s.Geometry.Locate(x, y)
	snapshot, err := s.read(r.Context(), region)
	if err != nil {
		s.unreadable(w, r, err)
		return
	}
	color := snapshot.Tile.At(pos)
	who, record := s.placedBy(w, r, x, y, snapshot.Position.Seq, &color)
	answer.JSON(w, http.StatusOK, struct {
		X     int    `json:"x"`
		Y     int    `json:"y"`
		Color string `json:"color"`
		*history.Who
		Record string `json:"record,omitempty"` // why nothing is said of who placed it; empty: nobody knows more
	}{x, y, color.String(), who, record})
}

func (s *server) read(ctx context.Context, region canvas.RegionID) (*canvas.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return s.Canvas.Read(ctx, region)
}

func (s *server) putPixel(w http.ResponseWriter, r *http.Request) {
	person, ok := s.drawer(w, r)
	if !ok || !s.allowAny(w, r, person) {
		return
	}
	body, free, ok := s.body(w, r, answer.MaxPixelBody)
	if !ok {
		return
	}
	defer free()
	var sent any
	if json.Unmarshal(body, &sent) != nil {
		answer.Fail(w, http.StatusBadRequest, badFormat)
		return
	}
	dot, color, problem := s.entry(sent)
	if problem != "" {
		answer.Fail(w, http.StatusBadRequest, problem)
		return
	}
	done, err := s.place(r.Context(), person, []actors.Stroke{{Dots: []canvas.Dot{dot}, Spelling: spelling(dot, color)}})
	left := allowanceOf(done.Left, done.Limited)
	left.Say(w)
	if err != nil {
		s.refuse(w, r, err, 0, left)
		return
	}
	answer.JSON(w, http.StatusOK, struct {
		Success   bool   `json:"success"`
		X         uint16 `json:"x"`
		Y         uint16 `json:"y"`
		Color     string `json:"color"` // as sent
		Timestamp int64  `json:"timestamp"`
		*answer.Allowance
	}{true, dot.X, dot.Y, color, s.Now().UnixMilli(), left})
}

func allowanceOf(left actors.Left, limited bool) *answer.Allowance {
	if !limited {
		return nil
	}
	a := &answer.Allowance{Left: left.Pixels}
	if !left.Next.IsZero() {
		a.Next = left.Next.Add(time.Millisecond - 1).UnixMilli() // no client shall be early
	}
	return a
}

// allowAny reports whether the person may place any pixel now, or answers when that is so, before
// its body costs anything. A small body is always read, so that the answer says when the
// person may place as many pixels as it has sent. If nobody can say, neither is a reason to refuse.
func (s *server) allowAny(w http.ResponseWriter, r *http.Request, person canvas.Person) bool {
	if r.ContentLength >= 0 && r.ContentLength <= freeBody {
		return true
	}
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	left, limited, err := s.Canvas.Left(ctx, person)
	if err != nil || !limited || left.Pixels > 0 {
		return true
	}
	known := allowanceOf(left, limited)
	known.Say(w)
	answer.RetryAfter(w, left.Next.Sub(s.Now()))
	answer.JSON(w, http.StatusTooManyRequests, answer.Failure{Error: canvas.RefusedRate.Text(), Allowance: known})
	return false
}

// entry checks one decoded JSON pixel. color is the colour as sent; problem is empty if the pixel is
// valid.
func (s *server) entry(sent any) (dot canvas.Dot, color, problem string) {
	fields, _ := sent.(map[string]any)
	x, okX := fields["x"].(float64)
	y, okY := fields["y"].(float64)
	color, okColor := fields["color"].(string)
	if !okX || !okY || !okColor || x != math.Trunc(x) || y != math.Trunc(y) {
		return dot, color, badFormat
	}
	if x < 0 || y < 0 || x >= float64(s.Geometry.Width) || y >= float64(s.Geometry.Height) {
		return dot, color, badPlace
	}
	c, err := canvas.ParseColor(color)
	if err != nil {
		return dot, color, badColor
	}
	return canvas.Dot{X: uint16(x), Y: uint16(y), Color: c}, color, ""
}

// spelling is what canvas.Op keeps of a colour as sent.
func spelling(dot canvas.Dot, color string) string {
	if color == dot.Color.String() {
		return ""
	}
	return color
}

func (s *server) place(ctx context.Context, person canvas.Person, strokes []actors.Stroke) (actors.Placed, error) {
	ctx, cancel := context.WithTimeout(ctx, placeTimeout)
	defer cancel()
	return s.Canvas.Place(ctx, person, strokes)
}

// refuse answers a request of which not all pixels were written: updated of them were. left is what
// is left of the allowance; nil: there is no limit, or it is not known.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error, updated int, left *answer.Allowance) {
	why, wait := canvas.RefusedUnavailable, time.Second
	var refused *actors.RefusedError
	if errors.As(err, &refused) {
		why, wait = refused.Why, refused.Retry
	}
	if why == canvas.RefusedRate && wait == 0 {
		answer.Fail(w, http.StatusRequestEntityTooLarge, "At most "+strconv.Itoa(s.Burst)+" pixels at once")
		return
	}
	status, lasts := http.StatusServiceUnavailable, false // lasts: nobody knows until when
	switch why {
	case canvas.RefusedRate:
		status = http.StatusTooManyRequests
	case canvas.RefusedBusy, canvas.RefusedUnavailable, canvas.RefusedDraining, canvas.RefusedUnsure:
		s.Log.Warn("write refused", "path", r.URL.Path, "reason", why.String(), "err", err)
	case canvas.RefusedRights, canvas.RefusedFrozen, canvas.RefusedProtected, canvas.RefusedBanned:
		status, lasts = http.StatusForbidden, wait == 0
	case canvas.RefusedColor:
		status, lasts = http.StatusBadRequest, wait == 0
	default: // the API has checked for the other reasons before, so this is a fault of ours
		s.Log.Error("write refused", "path", r.URL.Path, "reason", why.String(), "err", err)
		answer.JSON(w, http.StatusInternalServerError, answer.Failure{Error: why.Text(), Updated: updated, Allowance: left})
		return
	}
	if !lasts {
		answer.RetryAfter(w, wait)
	}
	answer.JSON(w, status, answer.Failure{Error: why.Text(), Updated: updated, Allowance: left})
}

const maxEntries = 100_000 // in one request

func (s *server) putPixels(w http.ResponseWriter, r *http.Request) {
	person, ok := s.drawer(w, r)
	if !ok || !s.allowAny(w, r, person) {
		return
	}
	body, free, ok := s.body(w, r, answer.MaxPixelsBody)
	if !ok {
		return
	}
	defer free()
	var strokes []actors.Stroke
	var valid, status int
	var problem string
	// In a slot, so that only a few bodies are decoded at once: see answer.MaxPixelsBody.
	s.slots.during(func() { strokes, valid, status, problem = s.strokes(body) })
	if problem != "" {
		answer.Fail(w, status, problem)
		return
	}
	done, err := s.place(r.Context(), person, strokes)
	left := allowanceOf(done.Left, done.Limited)
	left.Say(w)
	if err != nil {
		s.refuse(w, r, err, done.Pixels, left)
		return
	}
	answer.JSON(w, http.StatusOK, struct {
		Success   bool  `json:"success"`
		Updated   int   `json:"updated"`
		Timestamp int64 `json:"timestamp"`
		*answer.Allowance
	}{true, valid, s.Now().UnixMilli(), left})
}

// strokes makes ops of the pixels that were sent, in their order. Consecutive pixels whose colours
// have the same spelling are one op. valid counts the valid entries. Other entries are skipped, as
// existing clients expect.
func (s *server) strokes(body []byte) (strokes []actors.Stroke, valid, status int, problem string) {
	var sent struct {
		Pixels any `json:"pixels"`
	}
	if json.Unmarshal(body, &sent) != nil {
		return nil, 0, http.StatusBadRequest, badList
	}
	entries, ok := sent.Pixels.([]any)
	if !ok {
		return nil, 0, http.StatusBadRequest, badList
	}
	if len(entries) > maxEntries {
		return nil, 0, http.StatusRequestEntityTooLarge, "At most " + strconv.Itoa(maxEntries) + " pixels in one request"
	}
	for _, entry := range entries {
		dot, color, problem := s.entry(entry)
		if problem != "" {
			continue
		}
		valid++
		spelt, last := spelling(dot, color), len(strokes)-1
		if last < 0 || strokes[last].Spelling != spelt || len(strokes[last].Dots) == codec.MaxPlacePixels {
			strokes = append(strokes, actors.Stroke{Spelling: spelt})
			last++
		}
		strokes[last].Dots = append(strokes[last].Dots, dot)
	}
	return strokes, valid, 0, ""
}

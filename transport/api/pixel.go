package api

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
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
		fail(w, http.StatusBadRequest, badPlace)
		return
	}
	region, pos := s.Geometry.Locate(x, y)
	snapshot, err := s.read(r.Context(), region)
	if err != nil {
		s.unreadable(w, r, err)
		return
	}
	reply(w, http.StatusOK, struct {
		X     int    `json:"x"`
		Y     int    `json:"y"`
		Color string `json:"color"`
	}{x, y, snapshot.Tile.At(pos).String()})
}

func (s *server) read(ctx context.Context, region canvas.RegionID) (*canvas.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return s.Canvas.Read(ctx, region)
}

func (s *server) putPixel(w http.ResponseWriter, r *http.Request) {
	if !s.allowAny(w, r) {
		return
	}
	body, free, ok := s.body(w, r, maxPixelBody)
	if !ok {
		return
	}
	defer free()
	var sent any
	if json.Unmarshal(body, &sent) != nil {
		fail(w, http.StatusBadRequest, badFormat)
		return
	}
	dot, color, problem := s.entry(sent)
	if problem != "" {
		fail(w, http.StatusBadRequest, problem)
		return
	}
	if !s.allow(w, r, 1) {
		return
	}
	if _, err := s.place(r.Context(), []actors.Stroke{{Dots: []canvas.Dot{dot}, Spelling: spelling(dot, color)}}); err != nil {
		s.refuse(w, r, err, 0, 1)
		return
	}
	reply(w, http.StatusOK, struct {
		Success   bool   `json:"success"`
		X         uint16 `json:"x"`
		Y         uint16 `json:"y"`
		Color     string `json:"color"` // as sent
		Timestamp int64  `json:"timestamp"`
	}{true, dot.X, dot.Y, color, s.Now().UnixMilli()})
}

// allow takes n pixels from the client's allowance, or answers when to try again.
func (s *server) allow(w http.ResponseWriter, r *http.Request, n int) bool {
	wait, ok := s.limits.take(clientOf(r), n, s.Now())
	switch {
	case !ok && wait == 0:
		fail(w, http.StatusRequestEntityTooLarge, "At most "+strconv.Itoa(s.Burst)+" pixels at once")
	case !ok:
		retryAfter(w, wait)
		fail(w, http.StatusTooManyRequests, canvas.RefusedRate.Text())
	}
	return ok
}

// allowAny reports whether the client may place any pixel now, or answers when it may, before
// its body costs anything. A small body is always read, so that the answer says when the
// client may place as many pixels as it has sent.
func (s *server) allowAny(w http.ResponseWriter, r *http.Request) bool {
	if r.ContentLength >= 0 && r.ContentLength <= freeBody {
		return true
	}
	wait := s.limits.wait(clientOf(r), s.Now())
	if wait > 0 {
		retryAfter(w, wait)
		fail(w, http.StatusTooManyRequests, canvas.RefusedRate.Text())
	}
	return wait == 0
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

func (s *server) place(ctx context.Context, strokes []actors.Stroke) (durable int, err error) {
	ctx, cancel := context.WithTimeout(ctx, placeTimeout)
	defer cancel()
	return s.Canvas.Place(ctx, strokes)
}

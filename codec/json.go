package codec

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"pixelplayground/actors/canvas"
)

// Errors in a text message. Neither closes the connection.
var (
	// ErrNotJSON is answered with JSONErrorFormat.
	ErrNotJSON = errors.New("not JSON")
	// ErrBadPixel is answered with JSONErrorPixel.
	ErrBadPixel = errors.New("bad pixel")
)

// Texts that clients of the JSON protocol know.
const (
	JSONErrorFormat = "Invalid message format"
	JSONErrorPixel  = "Invalid pixel data"
	Anonymous       = "Anonymous" // the name of a user who has not set one
)

// Messages of the JSON protocol, decoded by DecodeJSON.
type (
	// JSONSetUsername sets the display name.
	JSONSetUsername struct{ Username string }
	// JSONPixelUpdate places a pixel, which is on the canvas.
	JSONPixelUpdate struct {
		Dot      canvas.Dot
		Spelling string // the colour as sent if that differs from Color.String(), else empty
		Alias    string // display name for this pixel alone; empty: the client's own
	}
	// JSONPing asks for a pong.
	JSONPing struct{}
	// JSONUnknown is to be ignored.
	JSONUnknown struct{}
)

// JSONMessage is one of the types above.
type JSONMessage interface{ jsonMessage() }

func (JSONSetUsername) jsonMessage() {}
func (JSONPixelUpdate) jsonMessage() {}
func (JSONPing) jsonMessage()        {}
func (JSONUnknown) jsonMessage()     {}

// DecodeJSON reads a text message for a canvas of the given geometry. Errors are or wrap ErrNotJSON
// and ErrBadPixel. Names are cleaned by canvas.CleanName.
func DecodeJSON(p []byte, g canvas.Geometry) (JSONMessage, error) {
	if len(p) > MaxClientMessage {
		return nil, fmt.Errorf("%d bytes, at most %d: %w", len(p), MaxClientMessage, ErrNotJSON)
	}
	// A map, because a struct would take "X" for "x" too, which JavaScript never did.
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(p, &fields); err != nil {
		if json.Valid(p) {
			return JSONUnknown{}, nil // a list, a number: JSON without a type
		}
		return nil, fmt.Errorf("%v: %w", err, ErrNotJSON)
	}
	switch kind, _ := jsonString(fields["type"]); kind {
	case "set_username":
		if name, ok := jsonString(fields["username"]); ok {
			return JSONSetUsername{Username: canvas.CleanName(name)}, nil
		}
	case "pixel_update":
		return decodeJSONPixel(fields, g)
	case "ping":
		return JSONPing{}, nil
	}
	return JSONUnknown{}, nil
}

func decodeJSONPixel(fields map[string]json.RawMessage, g canvas.Geometry) (JSONMessage, error) {
	x, okX := jsonCoordinate(fields["x"])
	y, okY := jsonCoordinate(fields["y"])
	if !okX || !okY || !g.Contains(x, y) {
		return nil, fmt.Errorf("x and y must be integers on the canvas: %w", ErrBadPixel)
	}
	spelling, _ := jsonString(fields["color"])
	c, err := canvas.ParseColor(spelling)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrBadPixel)
	}
	if spelling == c.String() {
		spelling = ""
	}
	alias, _ := jsonString(fields["username"])
	return JSONPixelUpdate{
		Dot:      canvas.Dot{X: uint16(x), Y: uint16(y), Color: c},
		Spelling: spelling,
		Alias:    canvas.CleanName(alias),
	}, nil
}

func jsonString(raw json.RawMessage) (s string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	return s, json.Unmarshal(raw, &s) == nil
}

// jsonCoordinate reads a number as JavaScript does: 3, 3.0 and 30e-1 are the same integer.
func jsonCoordinate(raw json.RawMessage) (int, bool) {
	if len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f != math.Trunc(f) || f < 0 || f > math.MaxUint16 {
		return 0, false
	}
	return int(f), true
}

package history

import (
	"encoding/json"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
)

// lineWriter writes one pixel a line, as JSON.
type lineWriter struct{}

// lineShown is a line.
type lineShown struct {
	X uint16 `json:"x"`
	Y uint16 `json:"y"`
	pixelShown
}

func (lineWriter) contentType() string  { return lines }
func (lineWriter) needsSnapshots() bool { return false }
func (lineWriter) units() int           { return 64 }

func (lineWriter) snapshot(dst []byte, _ *canvas.Snapshot, _ time.Time) []byte { return dst }

func (lineWriter) pixels(dst []byte, all []record.Pixel) []byte {
	for i := range all {
		dst = appendLine(dst, lineShown{all[i].X, all[i].Y, shown(&all[i])})
	}
	return dst
}

// end writes a line only if there is more, and how to ask for it.
func (lineWriter) end(dst []byte, _ canvas.RegionID, seq uint64, at time.Time, more bool) []byte {
	if !more {
		return dst
	}
	return appendLine(dst, struct {
		More  bool   `json:"more"`
		After uint64 `json:"after"`
		From  int64  `json:"from"`
	}{true, seq, at.UnixMilli()})
}

func appendLine(dst []byte, line any) []byte {
	text, err := json.Marshal(line)
	if err != nil {
		return dst // no field of a line can fail
	}
	return append(append(dst, text...), '\n')
}

package history

import (
	"encoding/json"
	"strconv"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
)

// lineWriter writes one pixel a line, as JSON: what pixelShown has, and where the pixel is. It writes
// by hand what encoding/json would take five times as long for.
type lineWriter struct {
	// The author of the last pixel as JSON, since strokes have many pixels of one.
	user   canvas.Author
	name   string
	author []byte
}

func (*lineWriter) contentType() string  { return lines }
func (*lineWriter) needsSnapshots() bool { return false }
func (*lineWriter) units() int           { return 24 }

func (*lineWriter) snapshot(dst []byte, _ *canvas.Snapshot, _ time.Time) []byte { return dst }

func (l *lineWriter) pixels(dst []byte, all []record.Pixel) []byte {
	for i := range all {
		dst = l.appendPixel(dst, &all[i])
	}
	return dst
}

func (l *lineWriter) appendPixel(dst []byte, p *record.Pixel) []byte {
	dst = strconv.AppendUint(append(dst, `{"x":`...), uint64(p.X), 10)
	dst = strconv.AppendUint(append(dst, `,"y":`...), uint64(p.Y), 10)
	dst = strconv.AppendUint(append(dst, `,"seq":`...), p.Seq, 10)
	dst = strconv.AppendInt(append(dst, `,"time":`...), p.Time, 10)
	dst = append(p.Color.AppendText(append(dst, `,"color":"`...)), '"')
	if p.Known {
		dst = append(p.Before.AppendText(append(dst, `,"before":"`...)), '"')
	}
	if l.author == nil || l.user != p.User || l.name != p.Name {
		l.user, l.name = p.User, p.Name
		l.author = appendField(appendField(l.author[:0], "user", p.User.Text()), "name", p.Name)
	}
	dst = append(dst, l.author...)
	return append(appendField(dst, "cause", string(p.Cause)), '}', '\n')
}

// appendField appends a field of an object behind others, unless its value is empty.
func appendField(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	text, err := json.Marshal(value)
	if err != nil {
		return dst // no string fails
	}
	return append(append(append(append(dst, `,"`...), name...), `":`...), text...)
}

// end writes a line only if there is more, and how to ask for it.
func (*lineWriter) end(dst []byte, _ canvas.RegionID, seq uint64, at time.Time, more bool) []byte {
	if !more {
		return dst
	}
	dst = strconv.AppendUint(append(dst, `{"more":true,"after":`...), seq, 10)
	dst = strconv.AppendInt(append(dst, `,"from":`...), at.UnixMilli(), 10)
	return append(dst, '}', '\n')
}

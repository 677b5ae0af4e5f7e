package codec

import (
	"encoding/binary"
	"math"

	"pixelplayground/actors/canvas"
)

// dotBytes is the size of a pixel in PLACE: x, y, red, green, blue.
const dotBytes = 2 + 2 + 3

// AppendPlace writes PLACE; 1 to MaxPlacePixels dots.
func AppendPlace(dst []byte, m Place) []byte {
	w := begin(dst, typePlace, 3)
	w.uint(m.Op)
	w.room(dotBytes * len(m.Dots))
	for _, d := range m.Dots {
		w.buf = append(w.buf, byte(d.X>>8), byte(d.X), byte(d.Y>>8), byte(d.Y),
			byte(d.Color>>16), byte(d.Color>>8), byte(d.Color))
	}
	return w.end()
}

func decodePlace(r *reader) Place {
	r.need(2)
	op := r.uint("op", math.MaxUint64)
	packed := r.packed("pixels", MaxPlacePixels, dotBytes)
	if op == 0 {
		r.fail("op: 0, must be at least 1")
	}
	if len(packed) == 0 {
		r.fail("pixels: none, must be at least one")
	}
	dots := make([]canvas.Dot, len(packed)/dotBytes)
	for i := range dots {
		p := packed[i*dotBytes:][:dotBytes]
		dots[i] = canvas.Dot{X: binary.BigEndian.Uint16(p), Y: binary.BigEndian.Uint16(p[2:]), Color: color(p[4:])}
	}
	return Place{Op: op, Dots: dots}
}

// color reads red, green, blue.
func color(p []byte) canvas.Color {
	return canvas.Color(p[0])<<16 | canvas.Color(p[1])<<8 | canvas.Color(p[2])
}

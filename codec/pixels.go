package codec

import (
	"encoding/binary"
	"math"

	"pixelplayground/actors/canvas"
)

// pixelBytes is the size of a pixel in PIXELS: position, red, green, blue.
const pixelBytes = 2 + 3

// AppendPixels writes PIXELS from a batch, merged or not, of at most canvas.MaxBatchPixels pixels. The
// message is never larger than MaxServerMessage: if the display names given for single pixels would
// make it so, the authors' ids take their place.
func AppendPixels(dst []byte, b *canvas.Batch) []byte {
	message := appendPixels(dst, b, true)
	if len(message)-len(dst) > MaxServerMessage {
		message = appendPixels(dst, b, false)
	}
	return message
}

func appendPixels(dst []byte, b *canvas.Batch, aliases bool) []byte {
	w := begin(dst, typePixels, 7)
	w.mark(canvas.Mark{Region: b.Region, Position: canvas.Position{Epoch: b.Epoch, Seq: b.From}})
	w.uint(b.To - b.From)
	w.room(pixelBytes * b.Pixels())
	for i := range b.Ops {
		for _, p := range b.Ops[i].Pixels {
			w.buf = append(w.buf, byte(p.Pos>>8), byte(p.Pos), byte(p.Color>>16), byte(p.Color>>8), byte(p.Color))
		}
	}
	w.authors(b.Ops, aliases)
	return w.end()
}

// AppendEmptyPixels writes the PIXELS that tells a client it has missed nothing since m.
func AppendEmptyPixels(dst []byte, m canvas.Mark) []byte {
	w := begin(dst, typePixels, 7)
	w.mark(m)
	w.uint(0)
	w.room(0)
	w.array(0)
	return w.end()
}

func decodePixels(r *reader) Pixels {
	r.need(6)
	from := r.mark()
	b := canvas.Batch{Region: from.Region, Epoch: from.Position.Epoch, From: from.Position.Seq}
	count := r.uint("count", math.MaxUint64-b.From)
	b.To = b.From + count

	packed := r.packed("pixels", canvas.MaxBatchPixels, pixelBytes)
	if n := len(packed) / pixelBytes; uint64(n) > count {
		r.fail("pixels: %d, at most count, which is %d", n, count)
	}
	pixels := make([]canvas.Pixel, len(packed)/pixelBytes)
	for i := range pixels {
		p := packed[i*pixelBytes:][:pixelBytes]
		pixels[i] = canvas.Pixel{Pos: binary.BigEndian.Uint16(p), Color: color(p[2:])}
	}
	b.Ops = decodeAuthors(r, pixels)
	return Pixels{Batch: b}
}

package timelapse

import (
	"bufio"
	"encoding/binary"
	"image"
	"io"
)

// gifEncoder writes an animated GIF, frame by frame: image/gif would hold all of them in memory. Each
// frame has a palette of its own, so up to 255 colours of what has changed are exact.
type gifEncoder struct {
	w       *bufio.Writer
	film    Film
	indices []byte // of the part that has changed
	codes   lzw
	approx  int // colours that no palette had room for
}

// NewGIF writes the film as a GIF. Close does not close w.
func NewGIF(w io.Writer, film Film) (e Encoder, approximate func() int) {
	g := &gifEncoder{w: bufio.NewWriter(w), film: film}
	width, height := film.size()
	g.w.WriteString("GIF89a")
	g.w.Write(le16(width, height))
	g.w.Write([]byte{0x70, 0, 0})                                  // no palette for all
	g.w.WriteString("\x21\xFF\x0BNETSCAPE2.0\x03\x01\x00\x00\x00") // for ever
	return g, func() int { return g.approx }
}

// size is that of the film, in its own pixels.
func (f Film) size() (width, height int) { return f.Area.Dx() * f.Scale, f.Area.Dy() * f.Scale }

func le16(numbers ...int) (b []byte) {
	for _, n := range numbers {
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
	}
	return b
}

// longestDelay is that of one image, in hundredths of a second.
const longestDelay = 0xFFFF

func (g *gifEncoder) Frame(f *Frame) error {
	p := newPalette(f)
	g.approx = max(g.approx, p.left)
	part := f.paint(&g.indices, g.film.Scale, p)
	delay := g.ends(f.First+f.Count) - g.ends(f.First)
	g.image(part, p, g.indices, min(delay, longestDelay))
	for delay -= longestDelay; delay > 0; delay -= longestDelay { // one pixel that is transparent
		g.image(image.Rect(0, 0, 1, 1), p, []byte{transparent}, min(delay, longestDelay))
	}
	return g.w.Flush()
}

// ends is when frame n begins, in hundredths of a second.
func (g *gifEncoder) ends(n int) int { return n * 100 / g.film.FPS }

func (g *gifEncoder) image(part image.Rectangle, p *palette, indices []byte, delay int) {
	bits := p.bits()
	g.w.Write([]byte{0x21, 0xF9, 4, 0x05}) // stays, and has a transparent colour
	g.w.Write(le16(delay))
	g.w.Write([]byte{transparent, 0, 0x2C})
	g.w.Write(le16(part.Min.X, part.Min.Y, part.Dx(), part.Dy()))
	g.w.WriteByte(0x80 | byte(bits-1))
	for i := range 1 << bits {
		if i < len(p.colors) {
			c := p.colors[i]
			g.w.Write([]byte{byte(c >> 16), byte(c >> 8), byte(c)})
		} else {
			g.w.Write([]byte{0, 0, 0})
		}
	}
	width := max(2, bits)
	g.w.WriteByte(byte(width))
	for data := g.codes.encode(indices, width); len(data) > 0; {
		n := min(255, len(data))
		g.w.WriteByte(byte(n))
		g.w.Write(data[:n])
		data = data[n:]
	}
	g.w.WriteByte(0)
}

func (g *gifEncoder) Close() error {
	g.w.WriteByte(0x3B)
	return g.w.Flush() // reports what failed before, too
}

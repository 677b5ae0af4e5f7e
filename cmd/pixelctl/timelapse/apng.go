package timelapse

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"io"

	"github.com/klauspost/compress/zlib"
)

// apng writes an animated PNG, in which all colours are exact.
type apng struct {
	w        io.WriteSeeker
	film     Film
	rows     []byte // of the part that has changed: a filter and RGBA each
	packed   bytes.Buffer
	deflate  *zlib.Writer
	frames   uint32
	sequence uint32 // of chunks about frames
	err      error
}

// Where the number of frames is in the file: it is known at the end.
const framesAt = 8 + 25

// NewAPNG writes the film as an animated PNG. Close does not close w.
func NewAPNG(w io.WriteSeeker, film Film) Encoder {
	a := &apng{w: w, film: film}
	a.deflate, a.err = zlib.NewWriterLevel(&a.packed, zlib.BestSpeed) // other levels take four times as long for an eighth less
	a.write([]byte("\x89PNG\r\n\x1a\n"))
	width, height := film.size()
	a.chunk("IHDR", be32(width, height), []byte{8, 6, 0, 0, 0}) // 8 bits, RGBA
	a.control()
	return a
}

// control says how many frames there are, and that they are repeated for ever.
func (a *apng) control() { a.chunk("acTL", be32(int(a.frames), 0)) }

func be32(numbers ...int) (b []byte) {
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return b
}

func (a *apng) write(b []byte) {
	if a.err == nil {
		_, a.err = a.w.Write(b)
	}
}

func (a *apng) chunk(name string, content ...[]byte) {
	body := append([]byte(name), bytes.Join(content, nil)...)
	a.write(be32(len(body) - len(name)))
	a.write(body)
	a.write(be32(int(crc32.ChecksumIEEE(body))))
}

// Frame implements Encoder.
func (a *apng) Frame(f *Frame) error {
	part := f.paintRGBA(&a.rows, a.film.Scale, 1)
	a.packed.Reset()
	a.deflate.Reset(&a.packed)
	if _, err := a.deflate.Write(a.rows); err != nil {
		return err
	}
	if err := a.deflate.Close(); err != nil {
		return err
	}
	// A delay is a fraction of two 16-bit numbers.
	for count := f.Count; count > 0; count -= longestDelay {
		a.chunk("fcTL", be32(int(a.sequence), part.Dx(), part.Dy(), part.Min.X, part.Min.Y), be16(min(count, longestDelay), a.film.FPS), []byte{0, 1}) // stays; over what is there
		a.sequence++
		if a.frames == 0 {
			a.chunk("IDAT", a.packed.Bytes())
		} else {
			a.chunk("fdAT", be32(int(a.sequence)), a.packed.Bytes())
			a.sequence++
		}
		a.frames++
	}
	return a.err
}

func be16(numbers ...int) (b []byte) {
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	}
	return b
}

// Close implements Encoder.
func (a *apng) Close() error {
	a.chunk("IEND")
	if a.err == nil {
		_, a.err = a.w.Seek(framesAt, io.SeekStart)
	}
	a.control()
	return a.err
}

// paintRGBA draws the part of a frame that has changed, scaled, with so many bytes before each row. What
// has not changed is transparent.
func (f *Frame) paintRGBA(rows *[]byte, scale, before int) image.Rectangle {
	part := image.Rectangle{f.Bounds.Min.Mul(scale), f.Bounds.Max.Mul(scale)}
	stride := before + 4*part.Dx()
	if size := stride * part.Dy(); cap(*rows) < size {
		*rows = make([]byte, size)
	} else {
		*rows = (*rows)[:size]
		clear(*rows)
	}
	for _, at := range f.Changed {
		x, y, c := int(at)%f.Width-f.Bounds.Min.X, int(at)/f.Width-f.Bounds.Min.Y, f.Colors[at]
		for row := range scale {
			line := (*rows)[(y*scale+row)*stride+before+4*x*scale:][:4*scale]
			for i := 0; i < len(line); i += 4 {
				line[i], line[i+1], line[i+2], line[i+3] = byte(c>>16), byte(c>>8), byte(c), 0xFF
			}
		}
	}
	return part
}

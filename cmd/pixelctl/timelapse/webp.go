package timelapse

import (
	"encoding/binary"
	"fmt"
	"image"
	"io"
)

// webp writes an animated WebP, in which all colours are exact.
type webp struct {
	w      io.WriteSeeker
	film   Film
	rows   []byte // of the part that has changed: RGBA
	packed packer
	size   int64 // of the file
	err    error
}

const (
	// longestWebP is what the format's numbers hold of a picture's edge.
	longestWebP = 1 << 14
	// longestShow is how long one image may be shown, in milliseconds.
	longestShow = 1<<24 - 1
	// largestRIFF is how large a file may be, in bytes.
	largestRIFF = 1<<32 - 2
)

// NewWebP writes the film as an animated WebP. Close does not close w.
func NewWebP(w io.WriteSeeker, film Film) (Encoder, error) {
	width, height := film.size()
	if width > longestWebP || height > longestWebP {
		return nil, fmt.Errorf("a film of %dx%d is too large for a .webp, which has at most %d pixels an edge: write a .png", width, height, longestWebP)
	}
	e := &webp{w: w, film: film}
	e.write([]byte("RIFF\x00\x00\x00\x00WEBP")) // its size is known at the end
	const animated, transparent = 0x02, 0x10
	e.chunk("VP8X", []byte{animated | transparent, 0, 0, 0}, le24(width-1, height-1))
	e.chunk("ANIM", []byte{0xFF, 0xFF, 0xFF, 0xFF}, []byte{0, 0}) // on white, for ever
	return e, nil
}

func le24(numbers ...int) (b []byte) {
	for _, n := range numbers {
		b = append(b, byte(n), byte(n>>8), byte(n>>16))
	}
	return b
}

func (e *webp) write(b []byte) {
	if e.err == nil {
		_, e.err = e.w.Write(b)
	}
	e.size += int64(len(b))
}

func (e *webp) chunk(name string, content ...[]byte) {
	size := 0
	for _, part := range content {
		size += len(part)
	}
	e.write(binary.LittleEndian.AppendUint32([]byte(name), uint32(size)))
	for _, part := range content {
		e.write(part)
	}
	if size%2 == 1 {
		e.write([]byte{0})
	}
}

// Frame implements Encoder.
func (e *webp) Frame(f *Frame) error {
	even := *f // the format has only even places
	even.Bounds.Min.X, even.Bounds.Min.Y = f.Bounds.Min.X&^1, f.Bounds.Min.Y&^1
	part := even.paintRGBA(&e.rows, e.film.Scale, 0)
	packed := e.packed.pack(e.rows, part.Dx(), part.Dy())
	for left := e.ends(f.First+f.Count) - e.ends(f.First); left > 0; left -= longestShow {
		e.image(part, packed, min(left, longestShow))
	}
	if e.err == nil && e.size > largestRIFF {
		e.err = fmt.Errorf("the film takes more than the 4 GB that a .webp may have: write a .png, or take a smaller --area or --scale")
	}
	return e.err
}

// ends is when frame n begins, in milliseconds.
func (e *webp) ends(n int) int { return n * 1000 / e.film.FPS }

// image writes what has changed. What has not is transparent, and stays.
func (e *webp) image(part image.Rectangle, packed []byte, shown int) {
	head := le24(part.Min.X/2, part.Min.Y/2, part.Dx()-1, part.Dy()-1, shown)
	head = append(head, 0)
	head = append(head, "VP8L"...)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(packed)))
	if len(packed)%2 == 1 {
		packed = append(packed, 0)
	}
	e.chunk("ANMF", head, packed)
}

// Close implements Encoder.
func (e *webp) Close() error {
	if e.err == nil {
		_, e.err = e.w.Seek(4, io.SeekStart)
	}
	if e.err == nil {
		_, e.err = e.w.Write(binary.LittleEndian.AppendUint32(nil, uint32(e.size-8)))
	}
	return e.err
}

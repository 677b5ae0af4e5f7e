// Package timelapse turns pixels, in the order in which they were placed, into a moving picture: a GIF,
// an animated PNG or WebP, or frames for a video. It knows nothing of where the pixels come from;
// pixelctl brings them. Of a frame only what has changed is encoded, and no more than one frame is in
// memory.
package timelapse

import (
	"image"
	"iter"
	"time"

	"pixelplayground/actors/canvas"
)

// Pixel is a pixel as it was placed, in canvas coordinates.
type Pixel struct {
	Time  int64 // Unix milliseconds
	X, Y  uint16
	Color canvas.Color
}

// Film is what is to be seen.
type Film struct {
	Area     image.Rectangle // of the canvas
	Scale    int             // edge of a canvas pixel in pixels of the film
	FPS      int             // frames a second, at most 50
	From, To int64           // Unix milliseconds
	Speed    float64         // seconds of the canvas in one second of the film
}

// hold is how long the last frame is shown before the film begins anew.
const hold = 2 * time.Second

// Frames is how many frames the film has, without those that hold its end.
func (f Film) Frames() int { return f.at(f.To) + 1 }

// at is the first frame that shows what was placed then.
func (f Film) at(time int64) int {
	if time <= f.From {
		return 0
	}
	n := float64(time-f.From) * float64(f.FPS) / (1000 * f.Speed)
	whole := int(n)
	if float64(whole) < n {
		whole++
	}
	return whole
}

// Frame is a frame that differs from the one before.
type Frame struct {
	*Picture
	Changed []int32         // positions in the picture, each once
	Bounds  image.Rectangle // around them
	First   int             // its number, from 0
	Count   int             // how many times it is shown
}

// Encoder writes a film. Frames come in order, the first of them with all of its pixels changed.
type Encoder interface {
	Frame(f *Frame) error
	// Close writes the end. The film can't be used unless it succeeds.
	Close() error
}

// Picture is how the area looks.
type Picture struct {
	Width, Height int // in pixels of the canvas
	Colors        []canvas.Color
}

// reel is a film that is being made.
type reel struct {
	film   Film
	to     Encoder
	frame  Frame
	marked []int32 // by position: the number, from 1, of the last frame in which it changed
}

// Make encodes a film that begins with a picture of its area. The pixels are in order of time; those
// outside of the area or of the film's time are left out. Made is told after each frame how many
// frames there are so far.
func Make(film Film, start *Picture, pixels iter.Seq2[Pixel, error], to Encoder, made func(frames int)) error {
	r := &reel{film: film, to: to, frame: Frame{Picture: start, Bounds: image.Rect(0, 0, start.Width, start.Height)}, marked: make([]int32, len(start.Colors))}
	for at := range start.Colors {
		r.frame.Changed = append(r.frame.Changed, int32(at))
	}
	for p, err := range pixels {
		if err != nil {
			return err
		}
		if p.Time > film.To {
			continue
		}
		if n := film.at(p.Time); n > r.frame.First {
			if err := r.show(n); err != nil {
				return err
			}
			made(n)
		}
		r.place(p)
	}
	if err := r.show(film.Frames() + int(hold.Seconds()*float64(film.FPS))); err != nil {
		return err
	}
	made(film.Frames())
	return to.Close()
}

// place draws a pixel on the frame that is next.
func (r *reel) place(p Pixel) {
	if !image.Pt(int(p.X), int(p.Y)).In(r.film.Area) {
		return
	}
	x, y := int(p.X)-r.film.Area.Min.X, int(p.Y)-r.film.Area.Min.Y
	at := int32(y*r.frame.Width + x)
	if r.frame.Colors[at] == p.Color {
		return
	}
	r.frame.Colors[at] = p.Color
	if number := int32(r.frame.First) + 1; r.frame.First > 0 && r.marked[at] != number {
		r.marked[at] = number
		r.frame.Changed = append(r.frame.Changed, at)
		r.frame.Bounds = r.frame.Bounds.Union(image.Rect(x, y, x+1, y+1))
	}
}

// show encodes the frame that was being drawn, and begins with frame n. If nothing has changed, the
// one before is just shown for longer, which is why a frame is encoded only when the next one begins.
func (r *reel) show(n int) error {
	f := &r.frame
	if len(f.Changed) > 0 {
		f.Count = n - f.First
		if err := r.to.Frame(f); err != nil {
			return err
		}
	}
	f.First, f.Changed, f.Bounds = n, f.Changed[:0], image.Rectangle{}
	return nil
}

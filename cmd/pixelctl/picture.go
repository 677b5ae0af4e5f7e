package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // formats that image.Decode knows
	_ "image/jpeg"
	_ "image/png"
	"io"
	"os"

	"pixelplayground/actors/canvas"
)

// untouched is the colour of pixels that a picture leaves as they are.
const untouched canvas.Color = 0xFF000000

// picture is what is to be on the canvas.
type picture struct {
	area   image.Rectangle // in canvas coordinates
	colors []canvas.Color  // row by row
}

// readPicture reads a PNG, JPEG or GIF (the first image of it) from a file, or from stdin for "-",
// turned as a JPEG's EXIF data says. Fully transparent pixels are left untouched; partly
// transparent ones are shown on the background colour.
func readPicture(name string, at point, stdin io.Reader) (*picture, error) {
	data, err := readAll(name, stdin)
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read picture %s: %w; PNG, JPEG and GIF will do", name, err)
	}
	if config.Width > canvas.MaxEdge || config.Height > canvas.MaxEdge || config.Width*config.Height > canvas.MaxPixels {
		return nil, fmt.Errorf("picture %s is %dx%d: no canvas is that large", name, config.Width, config.Height)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read picture %s: %w", name, err)
	}
	return newPicture(img, orientationOf(data), image.Point(at)), nil
}

func readAll(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(name)
}

func newPicture(img image.Image, turn orientation, at image.Point) *picture {
	from, file := img.Bounds().Min, img.Bounds().Size()
	size := file
	if turn.lies() {
		size = image.Pt(file.Y, file.X)
	}
	p := &picture{area: image.Rectangle{Min: at, Max: at.Add(size)}}
	p.colors = make([]canvas.Color, 0, size.X*size.Y)
	for y := range size.Y {
		for x := range size.X {
			fx, fy := turn.source(file, x, y)
			p.colors = append(p.colors, onBackground(img.At(from.X+fx, from.Y+fy)))
		}
	}
	return p
}

// onBackground is how a colour looks on white, which canvas.Background is.
func onBackground(c color.Color) canvas.Color {
	r, g, b, a := c.RGBA() // 16 bits each, multiplied by a
	if a == 0 {
		return untouched
	}
	rest := 0xFFFF - a
	return canvas.Color((r+rest)>>8<<16 | (g+rest)>>8<<8 | (b+rest)>>8)
}

// fits returns an error that says how to place the picture if it is not wholly on the canvas.
func (p *picture) fits(g canvas.Geometry) error {
	size, whole := p.area.Size(), g.Whole()
	if size.X > g.Width || size.Y > g.Height {
		return fmt.Errorf("the picture is %dx%d and the canvas %dx%d: scale the picture down", size.X, size.Y, g.Width, g.Height)
	}
	if !p.area.In(whole) {
		return fmt.Errorf("a picture of %dx%d at %d,%d is not wholly on the canvas of %dx%d: --at can be 0,0 to %d,%d",
			size.X, size.Y, p.area.Min.X, p.area.Min.Y, g.Width, g.Height, g.Width-size.X, g.Height-size.Y)
	}
	return nil
}

// at is the colour of a pixel in canvas coordinates.
func (p *picture) at(x, y int) canvas.Color {
	return p.colors[(y-p.area.Min.Y)*p.area.Dx()+x-p.area.Min.X]
}

// same reports whether a pixel looks as it should in img, which shows the canvas.
func (p *picture) same(x, y int, img *image.RGBA) bool {
	c := p.at(x, y)
	return c == untouched || c == onBackground(img.RGBAAt(x, y))
}

// different counts the pixels that don't look as they should.
func (p *picture) different(img *image.RGBA) int {
	n := 0
	for y := p.area.Min.Y; y < p.area.Max.Y; y++ {
		for x := p.area.Min.X; x < p.area.Max.X; x++ {
			if !p.same(x, y, img) {
				n++
			}
		}
	}
	return n
}

// opaque counts the pixels that are not left untouched.
func (p *picture) opaque() int {
	n := 0
	for _, c := range p.colors {
		if c != untouched {
			n++
		}
	}
	return n
}

// stroke is the pixels that are placed with one op: all in one region, from one or several rows.
type stroke []canvas.Dot

// cut makes strokes of at most size pixels from the pixels of a picture that wanted selects, and
// counts them. It goes region by region, and row by row within a region.
func (p *picture) cut(g canvas.Geometry, size int, wanted func(x, y int) bool) (strokes []stroke, pixels int) {
	for id := range canvas.RegionID(g.Regions()) {
		left, top, width, height := g.Bounds(id)
		part := p.area.Intersect(image.Rect(left, top, left+width, top+height))
		var s stroke
		for y := part.Min.Y; y < part.Max.Y; y++ {
			for x := part.Min.X; x < part.Max.X; x++ {
				if !wanted(x, y) {
					continue
				}
				pixels++
				s = append(s, canvas.Dot{X: uint16(x), Y: uint16(y), Color: p.at(x, y)})
				if len(s) == size {
					strokes, s = append(strokes, s), nil
				}
			}
		}
		if len(s) > 0 {
			strokes = append(strokes, s)
		}
	}
	return strokes, pixels
}

package record

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"slices"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record/pacing"
)

// picture makes a tile's file of a state. Where it is not known what is there, the picture is
// transparent, and its colour below that is the last one known.
func (s *state) picture(width int, pace *pacing.Pace) ([]byte, error) {
	at := func(pos int) color.NRGBA {
		c := s.color[pos]
		n := color.NRGBA{R: byte(c >> 16), G: byte(c >> 8), B: byte(c), A: 0xFF}
		if s.doubt[pos] {
			n.A = 0
		}
		return n
	}
	bounds := image.Rect(0, 0, width, len(s.color)/width)
	var all words[color.NRGBA]
	indexes := make([]uint32, len(s.color))
	for pos := range indexes {
		indexes[pos] = all.add(at(pos))
	}
	var picture draw.Image
	if len(all.list) <= 256 {
		paletted := image.NewPaletted(bounds, nil)
		for _, c := range all.list {
			paletted.Palette = append(paletted.Palette, c)
		}
		for pos, i := range indexes {
			paletted.Pix[pos] = byte(i)
		}
		picture = paletted
	} else {
		full := image.NewNRGBA(bounds)
		for pos, i := range indexes {
			full.SetNRGBA(pos%width, pos/width, all.list[i])
		}
		picture = full
	}
	var out bytes.Buffer
	if err := png.Encode(pacing.Output{Writer: &out, Pace: pace}, picture); err != nil {
		return nil, fmt.Errorf("encode a tile: %w", err)
	}
	return out.Bytes(), nil
}

// decodeTile reads a tile's file: the colours, and who placed them is not known.
func decodeTile(f *file, content []byte, g canvas.Geometry) (s *state, err error) {
	defer damaged(f, &err)
	_, _, width, height := g.Bounds(f.region)
	// A picture of another size could take up any amount of memory.
	head, err := png.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	if head.Width != width || head.Height != height {
		return nil, fmt.Errorf("%d x %d pixels", head.Width, head.Height)
	}
	picture, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	s = blank(width * height)
	s.at, s.time = f.end, f.last
	set := func(pos int, r, g, b, alpha byte) {
		s.color[pos], s.doubt[pos] = canvas.Color(r)<<16|canvas.Color(g)<<8|canvas.Color(b), alpha == 0
	}
	switch p := picture.(type) {
	case *image.Paletted:
		for pos, i := range p.Pix {
			c := color.NRGBAModel.Convert(p.Palette[i]).(color.NRGBA)
			set(pos, c.R, c.G, c.B, c.A)
		}
	case *image.RGBA: // of what has no alpha
		for pos := range s.color {
			set(pos, p.Pix[4*pos], p.Pix[4*pos+1], p.Pix[4*pos+2], p.Pix[4*pos+3])
		}
	case *image.NRGBA:
		for pos := range s.color {
			set(pos, p.Pix[4*pos], p.Pix[4*pos+1], p.Pix[4*pos+2], p.Pix[4*pos+3])
		}
	default:
		return nil, fmt.Errorf("a picture of kind %T", picture)
	}
	return s, nil
}

// picture is what a Reader keeps of a tile.
type picture struct {
	at    canvas.Position
	tile  canvas.Tile
	doubt []bool // nil: all of it is known
}

func (r *Reader) picture(ctx context.Context, f *file) (*picture, error) {
	key := "tile " + f.name()
	if kept, ok := r.cache.Get(key); ok {
		return kept.(*picture), nil
	}
	content, err := r.files.Get(ctx, f.name())
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.name(), err)
	}
	s, err := decodeTile(f, content, r.cfg.Geometry)
	if err != nil {
		return nil, err
	}
	p := &picture{at: f.end, tile: s.tile()}
	if slices.Contains(s.doubt, true) {
		p.doubt = s.doubt
	}
	r.cache.Put(key, p, len(p.tile)+len(p.doubt))
	return p, nil
}

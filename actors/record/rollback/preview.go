package rollback

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// Preview is what a rollback would do.
type Preview struct {
	Pixels        int             // that would change
	Unknown       int             // selected pixels that stay, since it is not known what was there before them
	Spared        int             // that stay because whoever asks may not draw there
	Users         []Share         // whose they are, those with most first, at most MaxUsers
	Area          image.Rectangle // that contains them; empty: there are none
	Before, After []byte          // pictures of the area, as PNG, of at most MaxEdge pixels an edge; nil: there are none
	Selection     rules.Selection // for the act: see forAct
}

// Share is how many pixels are somebody's.
type Share struct {
	Author
	Pixels int
}

// Bounds of a preview.
const (
	MaxUsers = 100
	MaxEdge  = 1024
)

// changed is what would change in a region.
type changed struct {
	region  canvas.RegionID
	changes []Change
}

// until is when a selection ends, if it were carried out now.
func until(s rules.Selection, now time.Time) int64 {
	if at := now.UnixMilli(); s.To == 0 || s.To > at {
		return at
	}
	return s.To
}

// forAct is the selection that the act should have which follows a preview. If it is of everybody's pixels,
// it ends at the preview, so that nothing is taken back that nobody has seen. If it names people or networks
// and has no end, it ends at the act: otherwise what they draw between preview and act would stay.
func forAct(s rules.Selection, now time.Time) rules.Selection {
	if len(s.Users) == 0 && len(s.Networks) == 0 {
		s.To = until(s, now)
	}
	return s
}

// NewPreview works out what a rollback of a selection would do now. spares is as in Taking.
func NewPreview(ctx context.Context, past Past, g canvas.Geometry, s rules.Selection, now time.Time, spares Spares) (*Preview, error) {
	forAct := forAct(s, now)
	s.To = until(s, now)
	t := Taking{Selection: s, Spares: spares}
	if s.From > 0 {
		t.From = time.UnixMilli(s.From)
	}
	found, shares := &Preview{Selection: forAct}, make(map[canvas.Author]*Share)
	var all []changed
	for _, region := range Regions(g, &s) {
		p, _, err := t.Read(ctx, past, g, region)
		if err != nil {
			return nil, err
		}
		changes, unknown, err := p.Changes()
		if err != nil {
			return nil, err
		}
		found.Unknown += unknown
		found.Spared += p.Spared()
		if len(changes) == 0 {
			continue
		}
		all = append(all, changed{region, changes})
		found.add(g, region, p, changes, shares)
	}
	for _, share := range shares {
		found.Users = append(found.Users, *share)
	}
	slices.SortFunc(found.Users, func(a, b Share) int { return cmp.Or(cmp.Compare(b.Pixels, a.Pixels), cmp.Compare(a.User, b.User)) })
	found.Users = found.Users[:min(len(found.Users), MaxUsers)]
	return found, found.paint(ctx, past, g, all, now)
}

// add counts the changes in a region.
func (f *Preview) add(g canvas.Geometry, region canvas.RegionID, p *Plan, changes []Change, shares map[canvas.Author]*Share) {
	f.Pixels += len(changes)
	for _, c := range changes {
		x, y := g.Point(region, c.Pos)
		f.Area = f.Area.Union(image.Rect(x, y, x+1, y+1))
		by := p.Author(c)
		share := shares[by.User]
		if share == nil {
			share = new(Share)
			shares[by.User] = share
		}
		share.Author = by
		share.Pixels++
	}
}

// paint makes the pictures. Of a large area they show one pixel of a few side by side.
func (f *Preview) paint(ctx context.Context, past Past, g canvas.Geometry, all []changed, now time.Time) error {
	if f.Area.Empty() {
		return nil
	}
	scale := (max(f.Area.Dx(), f.Area.Dy()) + MaxEdge - 1) / MaxEdge
	size := image.Rect(0, 0, (f.Area.Dx()+scale-1)/scale, (f.Area.Dy()+scale-1)/scale)
	before, after := image.NewNRGBA(size), image.NewNRGBA(size)
	for _, region := range g.Within(f.Area) {
		tile, _, err := past.Tile(ctx, region, now.Add(time.Hour))
		if err != nil {
			return fmt.Errorf("picture of region %d: %w", region, err)
		}
		f.copy(before, g, region, tile.Tile, scale)
		if i := slices.IndexFunc(all, func(c changed) bool { return c.region == region }); i >= 0 {
			tile.Tile = slices.Clone(tile.Tile)
			for _, c := range all[i].changes {
				tile.Tile.Set(c.Pos, c.To)
			}
		}
		f.copy(after, g, region, tile.Tile, scale)
	}
	var err error
	if f.Before, err = encode(before); err == nil {
		f.After, err = encode(after)
	}
	return err
}

// copy copies the part of a region that is in the area.
func (f *Preview) copy(to *image.NRGBA, g canvas.Geometry, region canvas.RegionID, tile canvas.Tile, scale int) {
	left, top, width, height := g.Bounds(region)
	in := image.Rect(left, top, left+width, top+height).Intersect(f.Area)
	first := func(at, from int) int { return at + (scale-(at-from)%scale)%scale }
	for y := first(in.Min.Y, f.Area.Min.Y); y < in.Max.Y; y += scale {
		for x := first(in.Min.X, f.Area.Min.X); x < in.Max.X; x += scale {
			c := tile.At(uint16((y-top)*width + x - left))
			to.SetNRGBA((x-f.Area.Min.X)/scale, (y-f.Area.Min.Y)/scale, color.NRGBA{R: byte(c >> 16), G: byte(c >> 8), B: byte(c), A: 0xFF})
		}
	}
}

func encode(picture image.Image) ([]byte, error) {
	var out bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, picture)
	return out.Bytes(), err
}

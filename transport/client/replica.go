package client

import (
	"image"

	"pixelplayground/actors/canvas"
)

// Positions is the position that the client holds of each region it follows, in the order of
// the regions' numbers.
func (c *Client) Positions() []canvas.Mark {
	c.mu.Lock()
	defer c.mu.Unlock()
	marks := make([]canvas.Mark, len(c.view.order))
	for i, id := range c.view.order {
		marks[i] = canvas.Mark{Region: id, Position: c.view.regions[id].held}
	}
	return marks
}

// At is the colour of a pixel in the replica. It returns false if the client does not hold the
// pixel.
func (c *Client) At(x, y int) (canvas.Color, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.welcome.Geometry.Contains(x, y) {
		return 0, false
	}
	id, pos := c.welcome.Geometry.Locate(x, y)
	if r := c.view.regions[id]; r != nil && r.tile != nil {
		return r.tile.At(pos), true
	}
	return 0, false
}

// Image is a copy of a part of the replica, in canvas coordinates, cropped to the canvas.
// Pixels that the client does not hold are transparent.
func (c *Client) Image(part image.Rectangle) *image.RGBA {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.welcome.Geometry
	img := image.NewRGBA(part.Intersect(g.Whole()))
	for id, r := range c.view.regions {
		if r.tile != nil {
			x, y, width, height := g.Bounds(id)
			paint(img, image.Rect(x, y, x+width, y+height), r.tile)
		}
	}
	return img
}

// paint copies the part of a tile that is on the image. The tile covers bounds.
func paint(img *image.RGBA, bounds image.Rectangle, tile canvas.Tile) {
	common := img.Rect.Intersect(bounds)
	for y := common.Min.Y; y < common.Max.Y; y++ {
		from := tile[3*((y-bounds.Min.Y)*bounds.Dx()+common.Min.X-bounds.Min.X):]
		to := img.Pix[img.PixOffset(common.Min.X, y):]
		for x := range common.Dx() {
			p := from[3*x : 3*x+3]
			copy(to[4*x:], []byte{p[0], p[1], p[2], 0xFF})
		}
	}
}

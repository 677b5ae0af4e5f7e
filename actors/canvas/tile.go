package canvas

import "bytes"

// Tile is the pixels of one region: 3 bytes (red, green, blue) each, row by row.
type Tile []byte

// NewTile makes a tile of the background colour. Sizes are in pixels.
func NewTile(width, height int) Tile {
	return bytes.Repeat([]byte{0xFF}, 3*width*height)
}

// At returns the colour at a position.
func (t Tile) At(pos uint16) Color {
	p := t[3*int(pos):]
	return Color(p[0])<<16 | Color(p[1])<<8 | Color(p[2])
}

// Set sets the colour at a position.
func (t Tile) Set(pos uint16, c Color) {
	p := t[3*int(pos) : 3*int(pos)+3]
	p[0], p[1], p[2] = byte(c>>16), byte(c>>8), byte(c)
}

// Apply writes the pixels of a batch, in their order.
func (t Tile) Apply(b *Batch) {
	for i := range b.Ops {
		for _, p := range b.Ops[i].Pixels {
			t.Set(p.Pos, p.Color)
		}
	}
}

// Blank reports whether every pixel has the background colour.
func (t Tile) Blank() bool {
	for _, b := range t {
		if b != 0xFF {
			return false
		}
	}
	return true
}

// Snapshot is the whole of a region at a position. It is immutable.
type Snapshot struct {
	Region   RegionID
	Position Position
	Tile     Tile
}

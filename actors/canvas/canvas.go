// Package canvas holds the pure nouns of the drawing: geometry, colours, tiles,
// operations, batches and their merging. It does no I/O, starts nothing and imports
// only the standard library. Everyone else is built on it.
package canvas

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"image"
)

// Limits of a canvas. Positions inside a region travel in two bytes, which bounds the
// region's edge; coordinates travel in two bytes, which bounds the canvas' edge; the
// other two bound memory (a pod holds up to two copies of each pixel, 3 bytes each).
const (
	MaxEdge       = 16384    // pixels, width or height of the canvas
	MaxPixels     = 64 << 20 // pixels of the whole canvas
	MaxRegionEdge = 256      // pixels, so that a position fits 16 bits
	MaxRegions    = 4096     // actors per canvas
)

// MaxCause bounds the cause of an op, in bytes.
const MaxCause = 64

// What one message may hold, between pods and to clients.
const (
	MaxBatchPixels = MaxRegionEdge * MaxRegionEdge // pixels of a batch: as many as the largest region has
	MaxListedUsers = 1000                          // names in a list of who is here
)

// RegionID numbers the regions of a canvas row by row, from 0 at the top left.
type RegionID uint32

// Geometry is the size of a canvas and of its regions, in pixels. Regions are squares
// of Region x Region; those at the right and lower edge are cut off by the canvas.
type Geometry struct {
	Width, Height int
	Region        int
}

// Validate says what is wrong with the geometry and which values would do.
func (g Geometry) Validate() error {
	switch {
	case g.Width < 1 || g.Height < 1 || g.Width > MaxEdge || g.Height > MaxEdge:
		return fmt.Errorf("canvas %dx%d: each edge must be 1 to %d pixels", g.Width, g.Height, MaxEdge)
	case g.Width*g.Height > MaxPixels:
		return fmt.Errorf("canvas %dx%d: at most %d pixels in all, for example 8192x8192", g.Width, g.Height, MaxPixels)
	case g.Region < 1 || g.Region > MaxRegionEdge:
		return fmt.Errorf("region %d: must be 1 to %d pixels, for example 256", g.Region, MaxRegionEdge)
	case g.Regions() > MaxRegions:
		return fmt.Errorf("region %d: cuts a canvas of %dx%d into %d regions, at most %d: choose a larger region",
			g.Region, g.Width, g.Height, g.Regions(), MaxRegions)
	}
	return nil
}

// Columns is the number of regions side by side.
func (g Geometry) Columns() int { return (g.Width + g.Region - 1) / g.Region }

// Rows is the number of regions one below the other.
func (g Geometry) Rows() int { return (g.Height + g.Region - 1) / g.Region }

// Regions is the number of regions of the canvas.
func (g Geometry) Regions() int { return g.Columns() * g.Rows() }

// Contains reports whether (x, y) is on the canvas.
func (g Geometry) Contains(x, y int) bool { return x >= 0 && y >= 0 && x < g.Width && y < g.Height }

// Locate gives the region of a pixel and its position inside it. (x, y) must be on the canvas.
func (g Geometry) Locate(x, y int) (RegionID, uint16) {
	column, row := x/g.Region, y/g.Region
	width := min(g.Region, g.Width-column*g.Region)
	return RegionID(row*g.Columns() + column), uint16((y-row*g.Region)*width + (x - column*g.Region))
}

// Within lists the regions that have a pixel in a rectangle, in the order of their numbers.
func (g Geometry) Within(r image.Rectangle) (ids []RegionID) {
	r = r.Intersect(g.Whole())
	for y := r.Min.Y / g.Region; y*g.Region < r.Max.Y; y++ {
		for x := r.Min.X / g.Region; x*g.Region < r.Max.X; x++ {
			ids = append(ids, RegionID(y*g.Columns()+x))
		}
	}
	return ids
}

// Whole is the canvas as a rectangle.
func (g Geometry) Whole() image.Rectangle { return image.Rect(0, 0, g.Width, g.Height) }

// Bounds gives the upper left corner and the size of a region, in pixels.
func (g Geometry) Bounds(id RegionID) (x, y, width, height int) {
	column, row := int(id)%g.Columns(), int(id)/g.Columns()
	x, y = column*g.Region, row*g.Region
	return x, y, min(g.Region, g.Width-x), min(g.Region, g.Height-y)
}

// Point gives the canvas coordinates of a position inside a region.
func (g Geometry) Point(id RegionID, pos uint16) (x, y int) {
	left, top, width, _ := g.Bounds(id)
	return left + int(pos)%width, top + int(pos)/width
}

// String is the form that flags take: "1024x1024/256".
func (g Geometry) String() string { return fmt.Sprintf("%dx%d/%d", g.Width, g.Height, g.Region) }

// ParseGeometry reads what String wrote.
func ParseGeometry(text string) (Geometry, error) {
	var g Geometry
	if n, err := fmt.Sscanf(text, "%dx%d/%d", &g.Width, &g.Height, &g.Region); n != 3 || err != nil || g.String() != text {
		return Geometry{}, fmt.Errorf("geometry %q: must be WIDTHxHEIGHT/REGION, for example 1024x1024/256", text)
	}
	return g, g.Validate()
}

// Position names a state of a region: the number of pixels ever written to it, and the
// epoch under which the last of them was committed. The zero Position is a blank region.
type Position struct {
	Epoch uint64
	Seq   uint64
}

// Session is the secret by which a client proves, after a reconnect, that its ops are its own.
type Session [16]byte

// Author identifies the client of a session to others: 48 bits, public, the same on every pod.
type Author uint64

// Author is derived one-way, so that nobody can resume a session they only saw drawing.
func (s Session) Author() Author {
	key := s.Key()
	return Author(binary.BigEndian.Uint64(key[:8]) >> 16)
}

// Key tells the sessions of all clients apart. Clients choose their sessions, and 48 bits of a hash
// can be made to collide in seconds: whatever must not be mistaken for another client's is
// identified by the key. The key is derived like the author and begins with the author's bits. It
// never leaves the pods and stores. Zero: not known, for an op that an earlier version passed on or
// stored.
type Key [16]byte

// Key returns the key of the session.
func (s Session) Key() Key {
	sum := sha256.Sum256(s[:])
	return Key(sum[:16])
}

// Network stands for the network that a client connects from: a number that says
// nothing about its address, made anew with every pod that starts.
type Network uint32

// Networks of clients that are not connected.
const (
	NetworkUnknown Network = iota // like the zero Key
	NetworkHTTP                   // everybody who places over HTTP
	FirstNetwork                  // the lowest number of a connected client's network
)

// Mark is a position in one region: what a viewer holds, or where it stands.
type Mark struct {
	Region   RegionID
	Position Position
}

// Head is the position of a viewer that wants what comes from now on and nothing before.
func Head() Position { return Position{Epoch: ^uint64(0), Seq: ^uint64(0)} }

// NetworkID names the network that somebody placed pixels from for as long as the canvas lives: 48
// bits, derived one way with the secret of the canvas, so that it says nothing about the address. Zero:
// not known.
type NetworkID uint64

// Address is an IP address, IPv4 mapped into IPv6. It is known to the pods while somebody draws and
// never stored. Zero: not known.
type Address [16]byte

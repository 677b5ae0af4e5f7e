// Package rollback works out what taking pixels back means: which positions of a region get which colour, so
// that the selected pixels are gone, and what others have drawn over them since stays. It is pure: the
// history comes from actors/record, and actors/rollbacks places what is planned.
package rollback

import (
	"errors"
	"image"
	"slices"
	"strings"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/rules"
)

// ErrTooMuch says that a region's history since then does not fit into a plan.
var ErrTooMuch = errors.New("too much was drawn since: choose a shorter time")

// Plan finds out, from a region's history, how to take back the selected pixels. For each position where one
// was drawn it holds a stack of layers: a pixel covers the one before it, and a pixel that a rollback placed
// brings up the layer that lay below those taken back. For example: A draws red, B draws blue over it, and
// B's pixels are selected: the position becomes red again, unless somebody has drawn over the blue.
type Plan struct {
	selected func(p *record.Pixel) bool
	top      []uint32 // by position: index into layers; 0: nothing selected was drawn there
	layers   []layer  // layers[0] is none
	authors  []Author // authors[0] is nobody in particular
	known    map[canvas.Author]uint32
	spares   func(pos uint16) bool // positions that must stay as they are; nil: none
	spared   int                   // changes that were left out for that
	unsure   map[uint16]bool       // positions where selected pixels were drawn and a gap in the record follows
}

// Author is somebody whose pixels are taken back, and what they were called last.
type Author struct {
	User canvas.Author
	Name string
}

// layer is a pixel that lies on others.
type layer struct {
	color    canvas.Color
	by       uint32 // in authors
	below    uint32 // index of the layer that it covers; 0: not known
	before   uint32 // of a pixel that a rollback placed: the layer at the top before it,
	again    uint32 // and the layer that it brings up again
	selected bool
}

// mostLayers bounds the layers of a plan, of 24 bytes each.
const mostLayers = 4 << 20

// New begins a plan for a region of so many pixels.
func New(pixels int, s *rules.Selection) *Plan {
	return &Plan{
		selected: Selects(s), top: make([]uint32, pixels), layers: make([]layer, 1), authors: make([]Author, 1),
		known: make(map[canvas.Author]uint32), unsure: make(map[uint16]bool),
	}
}

// History feeds a region's history to the plan.
func (p *Plan) History() record.History { return record.History{Pixel: p.Pixel, Gap: p.Gap} }

// Pixel takes the next pixel of the region's history.
func (p *Plan) Pixel(pos uint16, px *record.Pixel) {
	chosen := p.selected(px)
	top := p.top[pos]
	if chosen || !restores(px.Cause) { // now it is known again whose pixel is there
		delete(p.unsure, pos)
	}
	switch {
	case top == 0 && !chosen || len(p.layers) >= mostLayers:
		return
	case top == 0 && px.Known:
		top = p.add(layer{color: px.Before})
	}
	next := layer{color: px.Color, below: top, selected: chosen}
	if !chosen && restores(px.Cause) {
		if found := p.brought(top, px); found != 0 {
			next = p.layers[found]
			next.again = found
		}
		next.before = top
	} else {
		next.by = p.author(px)
	}
	p.top[pos] = p.add(next)
}

func (p *Plan) add(l layer) uint32 {
	p.layers = append(p.layers, l)
	return uint32(len(p.layers) - 1)
}

func (p *Plan) author(px *record.Pixel) uint32 {
	n, ok := p.known[px.User]
	if !ok {
		n = uint32(len(p.authors))
		p.authors, p.known[px.User] = append(p.authors, Author{User: px.User}), n
	}
	p.authors[n].Name = px.Name
	return n
}

// restores reports whether pixels with this cause were placed by a rollback, or by undoing one.
func restores(cause record.Cause) bool {
	return strings.HasPrefix(string(cause), string(rules.Rollback)+" ") || undoes(cause)
}

func undoes(cause record.Cause) bool {
	return strings.HasPrefix(string(cause), string(rules.Undo)+" ")
}

// brought returns the layer that a pixel of a rollback brought up again, which is one of its colour; 0: not
// known. A rollback brings up what lay below; undoing one brings up what was at the top before it.
func (p *Plan) brought(top uint32, px *record.Pixel) uint32 {
	below := func(l *layer) []uint32 { return []uint32{l.below} }
	before := func(l *layer) []uint32 { return []uint32{l.before, l.again} }
	first, second := below, before
	if undoes(px.Cause) {
		first, second = before, below
	}
	if n := p.search(top, px.Color, first); n != 0 {
		return n
	}
	return p.search(top, px.Color, func(l *layer) []uint32 { return append(first(l), second(l)...) })
}

// mostSearched bounds how many layers are searched for one pixel.
const mostSearched = 256

// search returns the nearest layer of a colour that can be reached from a layer.
func (p *Plan) search(top uint32, color canvas.Color, leads func(*layer) []uint32) uint32 {
	seen := append(make([]uint32, 0, 16), top)
	for i := 0; i < len(seen) && i < mostSearched; i++ {
		if i > 0 && p.layers[seen[i]].color == color {
			return seen[i]
		}
		for _, n := range leads(&p.layers[seen[i]]) {
			if n != 0 && !slices.Contains(seen, n) {
				seen = append(seen, n)
			}
		}
	}
	return 0
}

// Gap notes that pixels are missing. Where the colour differs after the gap, somebody has drawn over the layer.
func (p *Plan) Gap(after canvas.Tile, unsure []bool) {
	for pos, top := range p.top {
		switch {
		case top == 0:
		case after == nil || unsure != nil && unsure[pos]:
			if p.layers[top].selected {
				p.unsure[uint16(pos)] = true
			}
			p.top[pos] = 0
		case p.layers[top].color != after.At(uint16(pos)):
			p.top[pos] = p.add(layer{color: after.At(uint16(pos)), below: top})
		}
	}
}

// Change is what a rollback does at one position.
type Change struct {
	Pos  uint16
	From canvas.Color // what is there now
	To   canvas.Color // what was there before
	By   uint32       // in authors: whose pixel goes
}

// Changes lists what has to be done, by position, and at how many positions that is not known.
func (p *Plan) Changes() (changes []Change, unknown int, err error) {
	if len(p.layers) >= mostLayers {
		return nil, 0, ErrTooMuch
	}
	p.spared = 0
	for pos, top := range p.top {
		if top == 0 || !p.layers[top].selected {
			continue
		}
		is, under := &p.layers[top], p.layers[top].below
		for under != 0 && p.layers[under].selected {
			under = p.layers[under].below
		}
		switch {
		case under == 0:
			unknown++
		case p.layers[under].color == is.color:
		case p.spares != nil && p.spares(uint16(pos)):
			p.spared++
		default:
			changes = append(changes, Change{uint16(pos), is.color, p.layers[under].color, is.by})
		}
	}
	return changes, unknown + len(p.unsure), nil
}

// Spared is how many changes the last call of Changes left out, at positions that must stay as they are.
func (p *Plan) Spared() int { return p.spared }

// Author returns whose pixel a change takes back.
func (p *Plan) Author(c Change) Author { return p.authors[c.By] }

// Selects returns a function that reports whether a pixel is selected.
func Selects(s *rules.Selection) func(p *record.Pixel) bool {
	users, networks := slices.Sorted(slices.Values(s.Users)), slices.Sorted(slices.Values(s.Networks))
	return func(p *record.Pixel) bool {
		if s.Cause != "" && string(p.Cause) != s.Cause || s.From != 0 && p.Time <= s.From || s.To != 0 && p.Time > s.To {
			return false
		}
		if x, y := int(p.X), int(p.Y); s.Width > 0 && (x < s.X || y < s.Y || x >= s.X+s.Width || y >= s.Y+s.Height) {
			return false
		}
		if len(users) > 0 {
			if _, ok := slices.BinarySearch(users, p.User); !ok {
				return false
			}
		}
		if len(networks) > 0 {
			if _, ok := slices.BinarySearch(networks, p.Network); !ok {
				return false
			}
		}
		return s.Cause != "" || !restores(p.Cause)
	}
}

// Regions lists the regions in which a selection may have pixels.
func Regions(g canvas.Geometry, s *rules.Selection) []canvas.RegionID {
	if s.Width <= 0 {
		return g.Within(g.Whole())
	}
	return g.Within(image.Rect(s.X, s.Y, s.X+s.Width, s.Y+s.Height))
}

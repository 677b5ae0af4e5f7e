package timelapse

import (
	"cmp"
	"image"
	"slices"

	"pixelplayground/actors/canvas"
)

// transparent is the index of what has not changed. It is 0, so that clearing a picture makes it
// transparent.
const transparent = 0

// mostColors is how many colours a palette holds, the transparent one included.
const mostColors = 256

// palette is the colours of a frame. Index 0 is transparent.
type palette struct {
	colors []canvas.Color
	index  map[canvas.Color]byte
	left   int // colours of the frame that are not in it, and look like another
}

// newPalette takes the colours that have changed. If there are too many, it takes one for each group of
// alike ones.
func newPalette(f *Frame) *palette {
	used := make(map[canvas.Color]int)
	for _, at := range f.Changed {
		used[f.Colors[at]]++
	}
	p := &palette{colors: []canvas.Color{0}, index: make(map[canvas.Color]byte, len(used))}
	all := make([]shade, 0, len(used))
	for c, n := range used {
		all = append(all, shade{c, n})
	}
	slices.SortFunc(all, func(a, b shade) int { return cmp.Compare(a.color, b.color) }) // the same film each time
	for _, group := range groups(all, mostColors-1) {
		for _, s := range group {
			p.index[s.color] = byte(len(p.colors))
		}
		p.left += len(group) - 1
		p.colors = append(p.colors, middle(group))
	}
	return p
}

// bits is how many an index has.
func (p *palette) bits() int {
	bits := 1
	for 1<<bits < len(p.colors) {
		bits++
	}
	return bits
}

// shade is a colour, and how often it is there.
type shade struct {
	color canvas.Color
	count int
}

func channel(c canvas.Color, n int) int { return int(c >> (8 * n) & 0xFF) }

// groups divides colours into at most so many groups of alike ones: the group with the widest range is
// cut at its middle (median cut).
func groups(all []shade, most int) [][]shade {
	if len(all) == 0 {
		return nil
	}
	if len(all) <= most {
		return slices.Collect(slices.Chunk(all, 1))
	}
	list := [][]shade{all}
	widths := []int{1} // so that it is cut
	for len(list) < most {
		widest := 0
		for i := range list {
			if widths[i] > widths[widest] {
				widest = i
			}
		}
		group := list[widest]
		along, _ := rangeOf(group)
		slices.SortFunc(group, func(a, b shade) int {
			return cmp.Or(cmp.Compare(channel(a.color, along), channel(b.color, along)), cmp.Compare(a.color, b.color))
		})
		low, high := group[:len(group)/2], group[len(group)/2:]
		_, lowWidth := rangeOf(low)
		_, highWidth := rangeOf(high)
		list[widest], widths[widest] = low, lowWidth
		list, widths = append(list, high), append(widths, highWidth)
	}
	return list
}

// rangeOf is the channel in which a group differs most, and by how much.
func rangeOf(group []shade) (along, width int) {
	for n := range 3 {
		least, most := 255, 0
		for _, s := range group {
			least, most = min(least, channel(s.color, n)), max(most, channel(s.color, n))
		}
		if most-least > width {
			along, width = n, most-least
		}
	}
	return along, width
}

// middle is the average of a group.
func middle(group []shade) (c canvas.Color) {
	for n := range 3 {
		sum, count := 0, 0
		for _, s := range group {
			sum, count = sum+channel(s.color, n)*s.count, count+s.count
		}
		c |= canvas.Color(sum/count) << (8 * n)
	}
	return c
}

// paint draws the part of a frame that has changed into indices, scaled, and says where it is in the
// film.
func (f *Frame) paint(indices *[]byte, scale int, p *palette) image.Rectangle {
	part := image.Rectangle{f.Bounds.Min.Mul(scale), f.Bounds.Max.Mul(scale)}
	if size := part.Dx() * part.Dy(); cap(*indices) < size {
		*indices = make([]byte, size)
	} else {
		*indices = (*indices)[:size]
		clear(*indices)
	}
	for _, at := range f.Changed {
		x, y := int(at)%f.Width-f.Bounds.Min.X, int(at)/f.Width-f.Bounds.Min.Y
		index, start := p.index[f.Colors[at]], y*scale*part.Dx()+x*scale
		for row := range scale {
			line := (*indices)[start+row*part.Dx():][:scale]
			for i := range line {
				line[i] = index
			}
		}
	}
	return part
}

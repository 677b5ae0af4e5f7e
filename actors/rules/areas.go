package rules

import (
	"image"
	"math/bits"

	"pixelplayground/actors/canvas"
)

// areas are the protected areas by region. For each column and each row of a region there is a set of
// the areas that reach it, one bit an area: which areas a pixel is in is a few operations, however many
// there are.
type areas struct {
	geometry canvas.Geometry
	regions  []*regionAreas             // by id; nil: there is none in it
	free     map[canvas.Author][]uint64 // by user: those that let them in, one bit an area
}

type regionAreas struct {
	areas         []area
	words         int // of a set
	columns, rows []uint64
	above         [canvas.RoleOwner + 1][]uint64 // by role: those that need a higher one
	highest       canvas.Role                    // that any of them needs
}

type area struct {
	number int   // its bit in areas.free
	until  int64 // Unix milliseconds; 0: until it is undone
	act    *Act
	mask   *Mask // nil: all of its rectangle
}

// newAreas indexes areas. found returns the mask of an area, nil if it has none or it can't be found:
// then all of its rectangle is protected, since too much is mended more easily than too little.
func newAreas(g canvas.Geometry, acts []*Act, found func(a *Area) *Mask) *areas {
	if len(acts) == 0 {
		return nil
	}
	index := &areas{geometry: g, regions: make([]*regionAreas, g.Regions()), free: make(map[canvas.Author][]uint64)}
	for number, act := range acts {
		a := area{number, act.Until, act, found(act.Area)}
		for _, user := range act.Area.Users {
			if index.free[user] == nil {
				index.free[user] = make([]uint64, (len(acts)+63)/64)
			}
			index.free[user][number/64] |= 1 << (number % 64)
		}
		for _, id := range g.Within(act.Area.Rectangle()) {
			if a.reaches(index.bounds(id)) {
				if index.regions[id] == nil {
					index.regions[id] = new(regionAreas)
				}
				index.regions[id].areas = append(index.regions[id].areas, a)
			}
		}
	}
	for id, region := range index.regions {
		if region != nil {
			region.index(index.bounds(canvas.RegionID(id)))
		}
	}
	return index
}

func (x *areas) bounds(id canvas.RegionID) image.Rectangle {
	left, top, width, height := x.geometry.Bounds(id)
	return image.Rect(left, top, left+width, top+height)
}

// reaches reports whether any of its pixels are in a rectangle.
func (a *area) reaches(bounds image.Rectangle) bool {
	own := a.act.Area.Rectangle()
	part := own.Intersect(bounds)
	return !part.Empty() && (a.mask == nil || a.mask.any(part.Sub(own.Min)))
}

func (r *regionAreas) index(bounds image.Rectangle) {
	r.words = (len(r.areas) + 63) / 64
	r.columns, r.rows = make([]uint64, bounds.Dx()*r.words), make([]uint64, bounds.Dy()*r.words)
	for role := range r.above {
		r.above[role] = make([]uint64, r.words)
	}
	for i, a := range r.areas {
		word, bit := i/64, uint64(1)<<(i%64)
		part := a.act.Area.Rectangle().Intersect(bounds).Sub(bounds.Min)
		for x := part.Min.X; x < part.Max.X; x++ {
			r.columns[x*r.words+word] |= bit
		}
		for y := part.Min.Y; y < part.Max.Y; y++ {
			r.rows[y*r.words+word] |= bit
		}
		for role := canvas.RoleGuest; role < a.act.Area.Least; role++ {
			r.above[role][word] |= bit
		}
		r.highest = max(r.highest, a.act.Area.Least)
	}
}

// in returns the areas of a region that may keep out somebody with a role; nil: there are none.
func (x *areas) in(id canvas.RegionID, role canvas.Role) *regionAreas {
	if x == nil || int(id) >= len(x.regions) || x.regions[id] == nil || x.regions[id].highest <= role {
		return nil
	}
	return x.regions[id]
}

// forbids returns the act that keeps somebody from drawing on a pixel; nil: none does. (x, y) is the pixel
// within the region, left and top are the region's corner, free is the user's set in areas.free.
func (r *regionAreas) forbids(free []uint64, role canvas.Role, x, y, left, top int, now int64) *Act {
	columns, rows, above := r.columns[x*r.words:][:r.words], r.rows[y*r.words:][:r.words], r.above[role]
	for word := range columns {
		for set := columns[word] & rows[word] & above[word]; set != 0; set &= set - 1 {
			a := &r.areas[word*64+bits.TrailingZeros64(set)]
			switch {
			case free != nil && free[a.number/64]>>(a.number%64)&1 != 0:
			case a.until != 0 && a.until <= now:
			case a.mask != nil && !a.mask.Has(left+x-a.act.Area.X, top+y-a.act.Area.Y):
			default:
				return a.act
			}
		}
	}
	return nil
}

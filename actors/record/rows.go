package record

import (
	"slices"

	"pixelplayground/actors/canvas"
)

// unknown is a colour that is not known.
const unknown canvas.Color = 1 << 24

// words is a list in which each word stands once.
type words[T comparable] struct {
	list  []T
	index map[T]uint32
	last  uint32 // index of the word that was added last: most often the next one is the same
}

// add returns the place of a word, which is put at the end if it is new.
func (w *words[T]) add(word T) uint32 {
	if int(w.last) < len(w.list) && w.list[w.last] == word {
		return w.last
	}
	if i, ok := w.index[word]; ok {
		w.last = i
		return i
	}
	if w.index == nil {
		w.index = make(map[T]uint32)
	}
	i := uint32(len(w.list))
	w.list, w.index[word], w.last = append(w.list, word), i, i
	return i
}

// rows is consecutive pixels of one region, by columns: row i has the sequence number from+1+i.
// Who placed a pixel takes up 4 bytes a row, since most have placed many.
type rows struct {
	region canvas.RegionID
	from   uint64
	n      int // rows; columns that were not asked for are nil

	epoch  []uint64
	time   []int64
	pos    []uint16
	color  []canvas.Color
	before []canvas.Color // or unknown
	by     []uint32       // in authors

	authors words[author]
}

// author is who placed a pixel, under which name, why, and from which network.
type author struct {
	user    canvas.Author
	name    string
	cause   Cause
	network canvas.NetworkID
}

// authorOf is who placed the pixels of an op.
func authorOf(op *canvas.Op) author { return author{op.By(), op.Name, Cause(op.Cause), op.From} }

// signed fills in who placed a pixel.
func (by *author) signed(p Pixel) Pixel {
	p.User, p.Name, p.Cause, p.Network = by.user, by.name, by.cause, by.network
	return p
}

func (r *rows) len() int { return r.n }

// end is the sequence number of the last row.
func (r *rows) end() uint64 { return r.from + uint64(r.n) }

// position is where a region stands after the last row; there must be one.
func (r *rows) position() canvas.Position {
	return canvas.Position{Seq: r.end(), Epoch: r.epoch[len(r.epoch)-1]}
}

// add appends a row.
func (r *rows) add(epoch uint64, time int64, pos uint16, color, before canvas.Color, by author) {
	r.epoch, r.time, r.pos = append(r.epoch, epoch), append(r.time, time), append(r.pos, pos)
	r.color, r.before, r.by = append(r.color, color), append(r.before, before), append(r.by, r.authors.add(by))
	r.n++
}

// reserve makes room for n more rows.
func (r *rows) reserve(n int) {
	r.epoch, r.time, r.pos = slices.Grow(r.epoch, n), slices.Grow(r.time, n), slices.Grow(r.pos, n)
	r.color, r.before, r.by = slices.Grow(r.color, n), slices.Grow(r.before, n), slices.Grow(r.by, n)
}

// slice is the rows i to j, which share memory with r.
func (r *rows) slice(i, j int) *rows {
	return &rows{
		region: r.region, from: r.from + uint64(i), n: j - i, epoch: r.epoch[i:j:j], time: r.time[i:j:j], pos: r.pos[i:j:j],
		color: r.color[i:j:j], before: r.before[i:j:j], by: r.by[i:j:j], authors: r.authors,
	}
}

// pixel is row i.
func (r *rows) pixel(g canvas.Geometry, i int) Pixel {
	x, y := g.Point(r.region, r.pos[i])
	p := r.authors.list[r.by[i]].signed(Pixel{
		Region: r.region, Seq: r.from + 1 + uint64(i), Epoch: r.epoch[i], Time: r.time[i], X: uint16(x), Y: uint16(y), Color: r.color[i],
	})
	if r.before[i] != unknown {
		p.Before, p.Known = r.before[i], true
	}
	return p
}

// file names the segment that r becomes.
func (r *rows) file(k kind) file {
	return file{kind: k, region: r.region, from: r.from, end: r.position(), first: r.time[0], last: r.time[len(r.time)-1]}
}

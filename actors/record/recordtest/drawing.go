package recordtest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"pixelplayground/actors/canvas"
)

// Drawing draws in one region as people do. At any time some are there, each with a name, a colour
// that changes now and then, and a place they work at; half of the pixels are strokes of 2 to 40 that
// hang together, the others are placed one by one; some fill what they draw with what they see.
// The same seed draws the same.
type Drawing struct {
	region   canvas.RegionID
	geometry canvas.Geometry
	rnd      *rand.Rand
	at       canvas.Position
	epoch    uint64 // of the owner
	time     int64
	tile     canvas.Tile
	width    int
	height   int
	people   []painter // who is there
	palette  []canvas.Color
	known    []painter // who has been there
	crowd    int
}

type painter struct {
	user   canvas.Author
	name   string
	color  canvas.Color
	x, y   int
	stroke bool // draws in strokes
	num    uint64
}

// NewDrawing begins in a blank region, at the beginning of 2026.
func NewDrawing(seed uint64, g canvas.Geometry, region canvas.RegionID) *Drawing {
	_, _, width, height := g.Bounds(region)
	d := &Drawing{
		region: region, geometry: g, rnd: rand.New(rand.NewPCG(seed, uint64(region))), epoch: 1,
		time: 1_767_225_600_000, tile: canvas.NewTile(width, height), width: width, height: height,
	}
	for range 24 {
		d.palette = append(d.palette, canvas.Color(d.rnd.IntN(1<<24)))
	}
	for range 24 {
		d.people = append(d.people, d.painter())
	}
	return d
}

// painter is who comes: one of three has been there before.
func (d *Drawing) painter() painter {
	p := painter{user: canvas.Author(d.rnd.Uint64N(1<<48-1) + 1), name: fmt.Sprintf("guest %d", d.rnd.IntN(100000)), stroke: d.rnd.IntN(4) > 0}
	if len(d.known) > 0 && d.rnd.IntN(3) == 0 {
		p = d.known[d.rnd.IntN(len(d.known))]
	} else {
		d.known = append(d.known, p)
	}
	p.x, p.y, p.color = d.rnd.IntN(d.width), d.rnd.IntN(d.height), d.palette[d.rnd.IntN(len(d.palette))]
	return p
}

// Step draws one batch, and waits for the next: 100 ms on average.
func (d *Drawing) Step() *canvas.Batch {
	d.time += int64(d.rnd.ExpFloat64() * 100)
	b := &canvas.Batch{Region: d.region, Epoch: d.epoch, From: d.at.Seq, To: d.at.Seq, Time: d.time}
	for range 1 + d.rnd.IntN(4) {
		if d.crowd > 0 {
			b.Ops = append(b.Ops, d.anyone())
		} else {
			b.Ops = append(b.Ops, d.op())
		}
		b.To += uint64(len(b.Ops[len(b.Ops)-1].Pixels))
	}
	d.at = b.Position()
	d.tile.Apply(b)
	return b
}

// Crowd makes everyone place one pixel at a time, anywhere, in any of the colours, as on canvases with
// a cooldown: so many people take turns. It is what takes up most room.
func (d *Drawing) Crowd(people int) { d.crowd = people }

func (d *Drawing) anyone() canvas.Op {
	n := d.rnd.IntN(d.crowd) + 1
	user := canvas.Author(n) * 2654435761 & (1<<48 - 1)
	return canvas.Op{
		ID: canvas.OpID{Author: user, Num: d.at.Seq + 1}, User: user, Name: fmt.Sprintf("person %d", n), From: home(user),
		Pixels: []canvas.Pixel{{Pos: uint16(d.rnd.IntN(d.width * d.height)), Color: d.palette[d.rnd.IntN(len(d.palette))]}},
	}
}

// home is the network that somebody draws from: everybody has one of their own.
func home(user canvas.Author) canvas.NetworkID {
	return canvas.NetworkID(user*0x9E3779B97F4A7C15>>16)&(1<<48-1) | 1
}

// op is what one of those who are there draws.
func (d *Drawing) op() canvas.Op {
	i := d.rnd.IntN(len(d.people))
	p := &d.people[i]
	if d.rnd.IntN(200) == 0 {
		*p = d.painter()
	}
	switch d.rnd.IntN(40) {
	case 0, 1:
		p.color = d.palette[d.rnd.IntN(len(d.palette))]
	case 2:
		if d.rnd.IntN(10) == 0 {
			p.color = canvas.Color(d.rnd.IntN(1 << 24))
		}
	case 3:
		p.x, p.y = d.rnd.IntN(d.width), d.rnd.IntN(d.height)
	}
	p.num++
	op := canvas.Op{ID: canvas.OpID{Author: p.user, Num: p.num}, User: p.user, Name: p.name, From: home(p.user)}
	n := 1
	if p.stroke && d.rnd.IntN(12) == 0 {
		n = 2 + d.rnd.IntN(39)
	}
	dx, dy := d.rnd.IntN(3)-1, d.rnd.IntN(3)-1
	for range n {
		if n == 1 || d.rnd.IntN(6) == 0 {
			dx, dy = d.rnd.IntN(3)-1, d.rnd.IntN(3)-1
		}
		p.x, p.y = min(max(p.x+dx, 0), d.width-1), min(max(p.y+dy, 0), d.height-1)
		op.Pixels = append(op.Pixels, canvas.Pixel{Pos: uint16(p.y*d.width + p.x), Color: p.color})
	}
	return op
}

// Draw draws batches until there are so many pixels in them, or a few more.
func (d *Drawing) Draw(pixels int) (batches []*canvas.Batch) {
	for pixels > 0 {
		b := d.Step()
		pixels -= b.Pixels()
		batches = append(batches, b)
	}
	return batches
}

// Wait lets time pass, in milliseconds. It may be negative: clocks are set.
func (d *Drawing) Wait(ms int64) { d.time += ms }

// Claim goes on under a higher epoch, as a new owner does.
func (d *Drawing) Claim() { d.epoch++ }

// Restore goes on from an earlier state under a higher epoch, as the store does that has lost what
// came after it.
func (d *Drawing) Restore(s *canvas.Snapshot) {
	d.at, d.tile = s.Position, slices.Clone(s.Tile)
	d.epoch++
}

// Snapshot is the region as it is now.
func (d *Drawing) Snapshot() *canvas.Snapshot {
	return &canvas.Snapshot{Region: d.region, Position: d.at, Tile: slices.Clone(d.tile)}
}

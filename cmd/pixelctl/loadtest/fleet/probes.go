package fleet

import (
	"image"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/ledger"
)

const (
	// MaxProbes is how many of the pixels placed last are known again: a power of two. At
	// 10,000 pixels per second one is remembered for 100 s, in 32 MB.
	MaxProbes = 1 << 20
	// Colors is how many colours there are.
	Colors = 1 << 24
)

// probes gives every pixel that a test places a number, and a place and a colour by which it is known again
// wherever it turns up: the colour counts up with the number, and the place goes through the whole area
// before it repeats, so that neighbours in number lie far apart and in different regions.
type probes struct {
	area   image.Rectangle
	salt   uint64 // so that two tests at a time don't take each other's pixels for their own
	stride uint64 // has no divisor in common with the area's size
	next   atomic.Uint64
	slots  []probe // by number
}

// probe is a pixel that was placed. The fields are written when it is placed, and read by those who see it.
type probe struct {
	id    atomic.Uint64
	place atomic.Uint64 // x, y and the index of the client that placed it, in 16, 16 and 32 bits
	due   atomic.Int64  // by Fleet.Now
	seq   atomic.Uint64 // the number under which it was seen first; 0: not seen
	acks  atomic.Uint32
}

// newProbes makes them for an area that is not empty.
func newProbes(area image.Rectangle) *probes {
	size := uint64(area.Dx()) * uint64(area.Dy())
	const golden = 0.6180339887498949 // multiples of it spread evenly over a circle
	stride := max(uint64(golden*float64(size)), 1)
	for common(stride, size) != 1 {
		stride++
	}
	return &probes{area: area, salt: rand.Uint64N(Colors), stride: stride, slots: make([]probe, MaxProbes)}
}

// common is the greatest common divisor.
func common(a, b uint64) uint64 {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// last is the number given last.
func (p *probes) last() uint64 { return p.next.Load() }

// take numbers n pixels of a client that are due at a time, and gives the first number.
func (p *probes) take(n, writer int, due time.Duration) (first uint64, dots []canvas.Dot) {
	first = p.next.Add(uint64(n)) - uint64(n) + 1
	dots = make([]canvas.Dot, n)
	for i := range dots {
		id := first + uint64(i)
		d := p.dot(id)
		slot := p.slot(id)
		slot.id.Store(0) // until all else is right
		slot.place.Store(uint64(d.X)<<48 | uint64(d.Y)<<32 | uint64(uint32(writer)))
		slot.due.Store(int64(due))
		slot.seq.Store(0)
		slot.acks.Store(0)
		slot.id.Store(id)
		dots[i] = d
	}
	return first, dots
}

// dot is the pixel of a number.
func (p *probes) dot(id uint64) canvas.Dot {
	width, height := uint64(p.area.Dx()), uint64(p.area.Dy())
	at := (id%(width*height)*p.stride + p.salt) % (width * height)
	return canvas.Dot{
		X: uint16(uint64(p.area.Min.X) + at%width), Y: uint16(uint64(p.area.Min.Y) + at/width),
		Color: canvas.Color((id + p.salt) % Colors),
	}
}

func (p *probes) slot(id uint64) *probe { return &p.slots[id%MaxProbes] }

// find gives the probe that a pixel is, and its number; nil: it is none.
func (p *probes) find(d canvas.Dot) (*probe, uint64) {
	low := (uint64(d.Color) - p.salt) % Colors // unsigned: wraps round, and colors divides 2^64
	slot := p.slot(low)
	id := slot.id.Load()
	if id == 0 || id%Colors != low || slot.place.Load()>>32 != uint64(d.X)<<16|uint64(d.Y) {
		return nil, 0
	}
	return slot, id
}

// unseen are the numbers after from that nobody has seen yet, of those that are remembered.
func (p *probes) unseen(from uint64) (none ledger.Spans) {
	for id := from + 1; id <= p.last(); id++ {
		if slot := p.slot(id); slot.id.Load() == id && slot.seq.Load() == 0 {
			none.Add(id-1, id)
		}
	}
	return none
}

func (p *probe) writer() int          { return int(uint32(p.place.Load())) }
func (p *probe) dueAt() time.Duration { return time.Duration(p.due.Load()) }

// see says under which number the pixel was seen, and gives the one under which it was seen first.
func (p *probe) see(seq uint64) (first uint64) {
	if first = p.seq.Load(); first != 0 {
		return first
	}
	if p.seq.CompareAndSwap(0, seq) {
		return seq
	}
	return p.seq.Load()
}

// ack reports whether this is the first time.
func (p *probe) ack() bool { return p.acks.CompareAndSwap(0, 1) }

package fleet

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/ledger"
	"pixelplayground/cmd/pixelctl/loadtest/pattern"
	"pixelplayground/transport/client/wire"
)

// MaxProbes is how many of the last placed pixels can be recognised; a power of two. At 10,000
// pixels per second a pixel is remembered for 100 s. All of them take 32 MB.
const MaxProbes = 1 << 20

// probes gives every pixel that a test places a number, by which the pixel is recognised wherever it
// turns up.
type probes struct {
	pattern pattern.Pattern
	next    atomic.Uint64
	slots   []probe // by number, modulo MaxProbes
}

// probe is a pixel that was placed. Its fields are written when it is placed, and read by the
// clients that see it.
type probe struct {
	id    atomic.Uint64
	place atomic.Uint64 // x, y and the index of the client that placed it, in 16, 16 and 32 bits
	due   atomic.Int64  // by Fleet.Now
	seq   atomic.Uint64 // the number under which it was seen first; 0: not seen
	acks  atomic.Uint32
}

func newProbes(p pattern.Pattern) *probes {
	return &probes{pattern: p, slots: make([]probe, MaxProbes)}
}

// last is the number given last.
func (p *probes) last() uint64 { return p.next.Load() }

// take numbers n pixels of a client, which are all due at the same time. It returns the first
// number and the pixels.
func (p *probes) take(n, writer int, due time.Duration) (first uint64, dots []canvas.Dot) {
	first = p.next.Add(uint64(n)) - uint64(n) + 1
	dots = make([]canvas.Dot, n)
	for i := range dots {
		id := first + uint64(i)
		d := p.dot(id)
		slot := p.slot(id)
		slot.id.Store(0) // no valid id until the other fields are set
		slot.place.Store(uint64(d.X)<<48 | uint64(d.Y)<<32 | uint64(uint32(writer)))
		slot.due.Store(int64(due))
		slot.seq.Store(0)
		slot.acks.Store(0)
		slot.id.Store(id)
		dots[i] = d
	}
	return first, dots
}

// dot returns the pixel with a number.
func (p *probes) dot(id uint64) canvas.Dot { return p.pattern.Dot(id, id) }

func (p *probes) slot(id uint64) *probe { return &p.slots[id%MaxProbes] }

// find returns the probe of a pixel, and its number; nil: the pixel is no probe.
func (p *probes) find(d canvas.Dot) (*probe, uint64) {
	low := p.pattern.Number(d.Color)
	slot := p.slot(low)
	id := slot.id.Load()
	if id == 0 || id%pattern.Colors != low || slot.place.Load()>>32 != uint64(d.X)<<16|uint64(d.Y) {
		return nil, 0
	}
	return slot, id
}

// unseen returns the numbers after from that are remembered and that no client has seen yet.
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

// see records the sequence number under which the pixel was seen, and returns the one under which
// it was seen first.
func (p *probe) see(seq uint64) (first uint64) {
	if first = p.seq.Load(); first != 0 {
		return first
	}
	if p.seq.CompareAndSwap(0, seq) {
		return seq
	}
	return p.seq.Load()
}

// ack marks the pixel as acknowledged, and reports whether it was the first time.
func (p *probe) ack() bool { return p.acks.CompareAndSwap(0, 1) }

// sight looks in a frame for pixels that the test has placed. It records how long they took to get
// here, and checks that every client sees each of them under the same number.
func (f *Fleet) sight(c *Client, frame Frame) {
	n := len(frame.Packed) / wire.PixelBytes
	if n == 0 {
		return
	}
	left, top, width, _ := f.welcome.Geometry.Bounds(frame.Region)
	exact := uint64(n) == frame.Count // otherwise it is unknown which number belongs to which pixel
	foreign := 0
	for i := range n {
		p := frame.Packed[i*wire.PixelBytes:][:wire.PixelBytes]
		pos := int(binary.BigEndian.Uint16(p))
		probe, id := f.probes.find(canvas.Dot{
			X: uint16(left + pos%width), Y: uint16(top + pos/width),
			Color: canvas.Color(p[2])<<16 | canvas.Color(p[3])<<8 | canvas.Color(p[4]),
		})
		if probe == nil {
			foreign++
			continue
		}
		if probe.writer() != c.Index {
			f.Sights.Record(c.Index, frame.At-probe.dueAt(), 1)
		}
		if seq := frame.From + uint64(i) + 1; exact && probe.see(seq) != seq && f.probes.slot(id).id.Load() == id {
			c.note("order", frame.Region, ledger.Span{From: seq - 1, To: seq})
			c.misordered++
		}
	}
	f.Counters.Pixels.Add(int64(n))
	if foreign > 0 {
		f.Counters.Foreign.Add(int64(foreign))
	}
}

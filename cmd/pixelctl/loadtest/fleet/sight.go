package fleet

import (
	"encoding/binary"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/ledger"
	"pixelplayground/transport/client/wire"
)

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

package frames

import (
	"sync"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// Pixels is a batch and its frames, which all connections share. It is encoded once per
// protocol, by the first shard that has a viewer for it.
type Pixels struct {
	Batch   *canvas.Batch
	Count   int                      // pixels
	Alone   bool                     // one connection is sent it, and nobody else
	Encoded [Protocols]func() []byte // may be called from any goroutine
}

// NewPixels encodes nothing yet.
func NewPixels(b *canvas.Batch, g canvas.Geometry) *Pixels {
	p := &Pixels{Batch: b, Count: b.Pixels()}
	p.Encoded[Binary] = sync.OnceValue(func() []byte { return pixelsFrame(b) })
	p.Encoded[JSON] = sync.OnceValue(func() []byte { return jsonPixels(b, p.Count, g) })
	return p
}

func pixelsFrame(b *canvas.Batch) []byte {
	return Seal(ws.OpBinary, codec.AppendPixels(Room(binarySize(b.Pixels(), len(b.Ops))), b))
}

// Size is about how many bytes its frames take.
func (p *Pixels) Size(protocol Protocol) int {
	if protocol == JSON {
		return jsonPixelBytes * p.Count
	}
	return binarySize(p.Count, len(p.Batch.Ops))
}

func binarySize(pixels, ops int) int { return 64 + 5*pixels + 10*ops }

// jsonPixelBytes is about how many bytes one pixel takes in the JSON protocol.
const jsonPixelBytes = 112

// jsonPixels is a frame for every pixel, one after the other.
func jsonPixels(b *canvas.Batch, count int, g canvas.Geometry) []byte {
	frames := make([]byte, 0, jsonPixelBytes*count)
	var message []byte
	for i := range b.Ops {
		op := &b.Ops[i]
		for _, p := range op.Pixels {
			x, y := g.Point(b.Region, p.Pos)
			message = codec.AppendJSONPixelUpdated(message[:0], x, y, p.Color, op.Spelling, op.Name, b.Time)
			frames = AppendHeader(frames, ws.OpText, len(message))
			frames = append(frames, message...)
		}
	}
	return frames
}

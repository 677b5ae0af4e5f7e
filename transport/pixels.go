package transport

import (
	"sync"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// pixels is a batch and its frames, which all connections share. It is encoded once per
// protocol, by the first shard that has a viewer for it.
type pixels struct {
	batch   *canvas.Batch
	count   int                      // pixels
	encoded [protocols]func() []byte // may be called from any goroutine
}

func newPixels(b *canvas.Batch, g canvas.Geometry) *pixels {
	p := &pixels{batch: b, count: b.Pixels()}
	p.encoded[binaryProtocol] = sync.OnceValue(func() []byte {
		return seal(ws.OpBinary, codec.AppendPixels(room(p.size(binaryProtocol)), b))
	})
	p.encoded[jsonProtocol] = sync.OnceValue(func() []byte { return jsonPixels(b, p.count, g) })
	return p
}

// size is about how many bytes its frames take.
func (p *pixels) size(protocol protocol) int {
	if protocol == jsonProtocol {
		return jsonPixelBytes * p.count
	}
	return 64 + 5*p.count + 10*len(p.batch.Ops)
}

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
			frames = appendHeader(frames, ws.OpText, len(message))
			frames = append(frames, message...)
		}
	}
	return frames
}

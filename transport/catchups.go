package transport

import (
	"sync"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// catchUps keeps the last encoded snapshot and difference of a region, which a crowd of
// newcomers or of clients that resume shares. What a position names never changes, so
// positions are the keys. Only the region's relay adds.
type catchUps struct {
	mu         sync.Mutex
	snapshot   []byte // a frame; nil: none kept
	snapshotAt canvas.Position
	delta      *pixels // nil: none kept
}

// join makes the command for one viewer's catch-up. A snapshot takes a millisecond to
// compress, which is done here, by the relay, and not by a shard.
func (k *catchUps) join(v actors.ViewerID, c actors.CatchUp, g canvas.Geometry) join {
	j := join{viewer: v, region: c.Region, at: c.At}
	if c.Snapshot != nil {
		j.snapshot = k.snapshotFrame(c.Snapshot)
	}
	if c.Delta != nil {
		j.delta = k.deltaPixels(c.Delta, g)
	}
	return j
}

func (k *catchUps) snapshotFrame(s *canvas.Snapshot) []byte {
	k.mu.Lock()
	frame, at := k.snapshot, k.snapshotAt
	k.mu.Unlock()
	if frame != nil && at == s.Position {
		return frame
	}
	frame = encodeSnapshot(s) // without the lock: a shard may want to forget
	k.mu.Lock()
	defer k.mu.Unlock()
	k.snapshot, k.snapshotAt = frame, s.Position
	return frame
}

func (k *catchUps) deltaPixels(b *canvas.Batch, g canvas.Geometry) *pixels {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.delta == nil || k.delta.batch.From != b.From || k.delta.batch.Position() != b.Position() {
		k.delta = newPixels(b, g)
	}
	return k.delta
}

// forget frees the memory: nobody follows the region any more.
func (k *catchUps) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.snapshot, k.delta = nil, nil
}

func encodeSnapshot(s *canvas.Snapshot) []byte {
	data := codec.CompressTile(s.Tile)
	m := codec.Snapshot{Mark: canvas.Mark{Region: s.Region, Position: s.Position}, Data: data}
	return seal(binaryProtocol.opCode(), codec.AppendSnapshot(room(64+len(data)), m))
}

package transport

import (
	"sync"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// catchUps keeps the encoded snapshot and deltas of a region that were last asked for. A crowd
// of newcomers or of clients that resume shares them. The state that a position names never
// changes, so positions are the keys. Only the region's relay adds to catchUps.
type catchUps struct {
	mu         sync.Mutex
	snapshot   []byte // a frame; nil: none kept
	snapshotAt canvas.Position

	// Clients that were cut off together are at a few positions, and all need to get to the same
	// one.
	deltas     map[uint64]*pixels // by the sequence number they lead from; nil: none kept
	deltasTo   canvas.Position
	deltasSize int // bytes
}

// maxDeltas bounds the deltas kept for one region, in bytes. It is enough for deltas from some
// positions, in a region in which a pixel is placed every millisecond. It is far less memory
// than the clients take that ask for them.
const maxDeltas = 256 << 10

// join makes the command for one viewer's catch-up. Compressing a snapshot takes a
// millisecond, so it is done here, on the relay's goroutine, and not by a shard.
func (k *catchUps) join(v canvas.ViewerID, c actors.CatchUp, g canvas.Geometry) join {
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
	if k.deltasTo != b.Position() {
		k.deltas = nil
	}
	if p := k.deltas[b.From]; p != nil {
		return p
	}
	p := newPixels(b, g)
	if k.deltas == nil || k.deltasSize+p.size(binaryProtocol) > maxDeltas {
		k.deltas, k.deltasTo, k.deltasSize = make(map[uint64]*pixels, 1), b.Position(), 0
	}
	k.deltas[b.From] = p
	k.deltasSize += p.size(binaryProtocol)
	return p
}

// forget frees the memory: nobody follows the region any more.
func (k *catchUps) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.snapshot, k.deltas = nil, nil
}

func encodeSnapshot(s *canvas.Snapshot) []byte {
	data := codec.CompressTile(s.Tile)
	m := codec.Snapshot{Mark: canvas.Mark{Region: s.Region, Position: s.Position}, Data: data}
	return seal(binaryProtocol.opCode(), codec.AppendSnapshot(room(64+len(data)), m))
}

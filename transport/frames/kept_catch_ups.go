package frames

import (
	"sync"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// CatchUps keeps the encoded snapshot and deltas of a region that were last asked for. A crowd
// of newcomers or of clients that resume shares them. The state that a position names never
// changes, so positions are the keys. Only the region's relay adds to CatchUps.
type CatchUps struct {
	mu         sync.Mutex
	snapshot   []byte // a frame; nil: none kept
	snapshotAt canvas.Position

	// Clients that were cut off together are at a few positions, and all need to get to the same
	// one.
	deltas     map[uint64]*Pixels // by the sequence number they lead from; nil: none kept
	deltasTo   canvas.Position
	deltasSize int // bytes
}

// maxDeltas bounds the deltas kept for one region, in bytes. It is enough for deltas from some
// positions, in a region in which a pixel is placed every millisecond. It is far less memory
// than the clients take that ask for them.
const maxDeltas = 256 << 10

// Snapshot is the frame of a snapshot.
func (k *CatchUps) Snapshot(s *canvas.Snapshot) []byte {
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

// Delta is a batch that leads from somewhere to where the region is now.
func (k *CatchUps) Delta(b *canvas.Batch, g canvas.Geometry) *Pixels {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.deltasTo != b.Position() {
		k.deltas = nil
	}
	if p := k.deltas[b.From]; p != nil {
		return p
	}
	p := NewPixels(b, g)
	if k.deltas == nil || k.deltasSize+p.Size(Binary) > maxDeltas {
		k.deltas, k.deltasTo, k.deltasSize = make(map[uint64]*Pixels, 1), b.Position(), 0
	}
	k.deltas[b.From] = p
	k.deltasSize += p.Size(Binary)
	return p
}

// Forget frees the memory: nobody follows the region any more.
func (k *CatchUps) Forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.snapshot, k.deltas = nil, nil
}

func encodeSnapshot(s *canvas.Snapshot) []byte {
	data := codec.CompressTile(s.Tile)
	m := codec.Snapshot{Mark: canvas.Mark{Region: s.Region, Position: s.Position}, Data: data}
	return Seal(Binary.OpCode(), codec.AppendSnapshot(Room(64+len(data)), m))
}

package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// Buckets of the file. Numbers in keys are big-endian, so that a region's keys stand
// together and in order.
const (
	aboutBucket   = "canvas"  // "format" and "geometry", as text
	regionsBucket = "regions" // region u32: see region
	pixelsBucket  = "pixels"  // region u32, chunk u16: see chunkPixels
	logBucket     = "log"     // region u32, To of the batch u64: its record
)

// A chunk is this many consecutive positions, red, green, blue each; positions past the
// region's end are background. Chunks never painted are absent, so a blank canvas takes
// no room, and one pixel rewrites 768 bytes and not the 192 KB of its region.
const (
	chunkPixels = 256
	chunkBytes  = 3 * chunkPixels
	maxChunks   = canvas.MaxRegionEdge * canvas.MaxRegionEdge / chunkPixels
)

// tables is the file as one transaction sees it.
type tables struct {
	regions, pixels, log *bbolt.Bucket

	// failed is the first failed write. It must undo the transaction: what came before
	// it would otherwise be kept without it.
	failed error
}

func tablesOf(tx *bbolt.Tx) *tables {
	return &tables{
		regions: tx.Bucket([]byte(regionsBucket)),
		pixels:  tx.Bucket([]byte(pixelsBucket)),
		log:     tx.Bucket([]byte(logBucket)),
	}
}

// put leaves value to bbolt until the transaction ends.
func (t *tables) put(b *bbolt.Bucket, key, value []byte) {
	if err := b.Put(key, value); err != nil && t.failed == nil {
		t.failed = err
	}
}

func regionKey(id canvas.RegionID) []byte {
	return binary.BigEndian.AppendUint32(make([]byte, 0, 12), uint32(id))
}

func chunkKey(id canvas.RegionID, chunk int) []byte {
	return binary.BigEndian.AppendUint16(regionKey(id), uint16(chunk))
}

func logKey(id canvas.RegionID, to uint64) []byte {
	return binary.BigEndian.AppendUint64(regionKey(id), to)
}

func (t *tables) region(id canvas.RegionID) (region, error) {
	p := t.regions.Get(regionKey(id))
	if p == nil {
		return region{}, nil
	}
	return decodeRegion(p)
}

func (t *tables) setRegion(id canvas.RegionID, r *region) {
	t.put(t.regions, regionKey(id), r.append(nil))
}

// paint writes the pixels of a batch. With an error it has written nothing.
func (t *tables) paint(b *canvas.Batch) error {
	var painted [maxChunks]canvas.Tile
	for i := range b.Ops {
		for _, p := range b.Ops[i].Pixels {
			chunk := int(p.Pos / chunkPixels)
			if painted[chunk] == nil {
				var err error
				if painted[chunk], err = t.chunk(b.Region, chunk); err != nil {
					return err
				}
			}
			painted[chunk].Set(p.Pos%chunkPixels, p.Color)
		}
	}
	for chunk, tile := range painted {
		if tile != nil {
			t.put(t.pixels, chunkKey(b.Region, chunk), tile)
		}
	}
	return nil
}

// chunk is a copy of a chunk: what bbolt returns must not be written to.
func (t *tables) chunk(id canvas.RegionID, chunk int) (canvas.Tile, error) {
	switch p := t.pixels.Get(chunkKey(id, chunk)); len(p) {
	case 0:
		return canvas.NewTile(chunkPixels, 1), nil
	case chunkBytes:
		return bytes.Clone(p), nil
	default:
		return nil, fmt.Errorf("chunk %d of %d bytes, want %d: %w", chunk, len(p), chunkBytes, store.ErrCorrupt)
	}
}

// tile is all pixels of a region.
func (t *tables) tile(g canvas.Geometry, id canvas.RegionID) (canvas.Tile, error) {
	_, _, width, height := g.Bounds(id)
	tile := canvas.NewTile(width, height)
	prefix := regionKey(id)
	c := t.pixels.Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		at := int(binary.BigEndian.Uint16(k[len(prefix):])) * chunkBytes
		if len(v) != chunkBytes || at >= len(tile) {
			return nil, fmt.Errorf("chunk %x of %d bytes in a region of %d: %w", k, len(v), len(tile), store.ErrCorrupt)
		}
		copy(tile[at:], v)
	}
	return tile, nil
}

func (t *tables) appendLog(b *canvas.Batch, record []byte) {
	t.put(t.log, logKey(b.Region, b.To), record)
}

// trimLog drops the oldest batches of a log that runs from start to end (sequence
// numbers, and so pixels) until at most limit pixels or one batch are left. It returns
// where the log starts now. Keys alone tell: a batch starts where the one before ends.
func (t *tables) trimLog(id canvas.RegionID, start, end, limit uint64) uint64 {
	prefix := regionKey(id)
	for end-start > limit && t.failed == nil {
		k, _ := t.log.Cursor().Seek(prefix) // anew: deleting confuses a cursor
		if !bytes.HasPrefix(k, prefix) {
			break
		}
		to := binary.BigEndian.Uint64(k[len(prefix):])
		if to >= end {
			break // the last batch stays, however large
		}
		t.failed = t.log.Delete(k)
		start = to
	}
	return start
}

// batches is the log after a sequence number: at most limit batches, all if limit is negative.
func (t *tables) batches(id canvas.RegionID, after uint64, limit int) ([]*canvas.Batch, error) {
	if after == math.MaxUint64 {
		return nil, nil
	}
	var batches []*canvas.Batch
	prefix := regionKey(id)
	c := t.log.Cursor()
	for k, v := c.Seek(logKey(id, after+1)); bytes.HasPrefix(k, prefix) && len(batches) != limit; k, v = c.Next() {
		b, err := store.DecodeBatch(v)
		if err != nil {
			return nil, fmt.Errorf("log entry %x: %w", k, err)
		}
		batches = append(batches, b)
	}
	return batches, nil
}

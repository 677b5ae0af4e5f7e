package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// Buckets of the file. Numbers in keys are big-endian, so that the keys of a region are together
// and in order.
const (
	aboutBucket   = "canvas"  // "format", "geometry" and "checksum", as text; "journal": see journalNote
	regionsBucket = "regions" // region u32: see region
	pixelsBucket  = "pixels"  // region u32, chunk u16: see chunkPixels
	logBucket     = "log"     // region u32, To of the batch u64: its record with a checksum
	usersBucket   = "users"   // the same keys: the users of the record's ops, with a checksum

	provenanceBucket = "provenance" // the same: where those ops came from, and why

	recordedBucket = "recorded" // region u32: up to where it is recorded u64, with a checksum
)

// A chunk is this many consecutive positions, with red, green and blue for each, and a checksum
// (see checksums.go). Positions past the region's end are background. Chunks that were never painted
// are absent, so a blank canvas takes no room, and one pixel rewrites 768 bytes instead of the 192
// KB of its region.
const (
	chunkPixels = 256
	chunkBytes  = 3 * chunkPixels
	maxChunks   = canvas.MaxRegionEdge * canvas.MaxRegionEdge / chunkPixels
)

// tables is the file as one transaction sees it.
type tables struct {
	about, regions, pixels, log *bbolt.Bucket

	// These are nil in a file that an earlier version wrote and that is only read.
	users, provenance, recorded, documents, ends *bbolt.Bucket

	// failed is the first failed write. It must undo the transaction: otherwise what came before the
	// failed write would be kept without it.
	failed error
}

func tablesOf(tx *bbolt.Tx) *tables {
	return &tables{
		about:   tx.Bucket([]byte(aboutBucket)),
		regions: tx.Bucket([]byte(regionsBucket)),
		pixels:  tx.Bucket([]byte(pixelsBucket)),
		log:     tx.Bucket([]byte(logBucket)),

		users:      tx.Bucket([]byte(usersBucket)),
		provenance: tx.Bucket([]byte(provenanceBucket)),
		recorded:   tx.Bucket([]byte(recordedBucket)),
		documents:  tx.Bucket([]byte(documentsBucket)),
		ends:       tx.Bucket([]byte(endsBucket)),
	}
}

// put stores value, which belongs to bbolt until the transaction ends.
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

// region returns what is known about a region; its error wraps store.ErrDamaged.
func (t *tables) region(id canvas.RegionID) (region, error) {
	key := regionKey(id)
	p := t.regions.Get(key)
	if p == nil {
		return region{}, nil
	}
	return decodeRegion(key, p)
}

func (t *tables) setRegion(id canvas.RegionID, r *region) {
	key := regionKey(id)
	t.put(t.regions, key, r.append(key))
}

// seal adds up the chunks of a region that an earlier version has written. It leaves out a chunk
// that can't be read: that is found when the region is read.
func (t *tables) seal(id canvas.RegionID, r *region) {
	if r.sealed {
		return
	}
	for _, sum := range t.chunks(id, func(error) {}) {
		r.sum += uint64(sum.sum)
	}
	r.sealed = true
}

// endsWhereItIs returns an error if a region's log does not end at its position.
func (t *tables) endsWhereItIs(id canvas.RegionID, r *region) error {
	if r.logStart < r.position.Seq && t.log.Get(logKey(id, r.position.Seq)) == nil {
		return corrupt("its log does not end at %d", r.position.Seq)
	}
	return nil
}

// paint writes the pixels of a region's batches. If chunks can't be read, it writes nothing, or only
// the others, and returns why.
func (t *tables) paint(id canvas.RegionID, batches []*canvas.Batch, r *region, partly bool) (harm error) {
	var painted [maxChunks]canvas.Tile
	var before [maxChunks]uint32
	var unread [maxChunks]bool
	for _, b := range batches {
		for i := range b.Ops {
			for _, p := range b.Ops[i].Pixels {
				chunk := int(p.Pos / chunkPixels)
				if unread[chunk] {
					continue
				}
				if painted[chunk] == nil {
					tile, sum, err := t.chunk(id, chunk)
					if err != nil {
						harm, unread[chunk] = err, true
						continue
					}
					painted[chunk], before[chunk] = tile, sum
				}
				painted[chunk].Set(p.Pos%chunkPixels, p.Color)
			}
		}
	}
	if harm != nil && !partly {
		return harm
	}
	for chunk, tile := range painted {
		if tile != nil {
			r.sum += uint64(t.putChunk(id, chunk, tile)) - uint64(before[chunk])
		}
	}
	return harm
}

// putChunk stores a chunk and returns its checksum.
func (t *tables) putChunk(id canvas.RegionID, chunk int, tile canvas.Tile) uint32 {
	key := chunkKey(id, chunk)
	stored, sum := sealChunk(key, tile)
	t.put(t.pixels, key, stored)
	return sum
}

// chunk returns a copy of a chunk, with room for its checksum (what bbolt returns must not be
// written to), and the chunk's current checksum: 0 if there is no such chunk.
func (t *tables) chunk(id canvas.RegionID, chunk int) (canvas.Tile, uint32, error) {
	key := chunkKey(id, chunk)
	stored := t.pixels.Get(key)
	if stored == nil {
		return canvas.NewTile(chunkPixels, 1), 0, nil
	}
	tile, sum, err := openChunk(key, stored)
	return append(make(canvas.Tile, 0, chunkBytes+sumBytes), tile...), sum, err
}

// storedChunk is a chunk as it is in the file.
type storedChunk struct {
	at     int         // its number
	pixels canvas.Tile // bbolt's memory
	sum    uint32
}

// chunks returns all chunks of a region that can be read; lost is told of each other one.
func (t *tables) chunks(id canvas.RegionID, lost func(error)) (all []storedChunk) {
	prefix := regionKey(id)
	c := t.pixels.Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		pixels, sum, err := openChunk(k, v)
		if at := int(binary.BigEndian.Uint16(k[len(prefix):])); err == nil && at >= maxChunks {
			err = corrupt("chunk %x", k)
		}
		if err != nil {
			lost(err)
			continue
		}
		all = append(all, storedChunk{int(binary.BigEndian.Uint16(k[len(prefix):])), pixels, sum})
	}
	return all
}

// examine reads a region, with as much of its log as keep says, and notes what is lost of it. If
// pixels are lost, it reads the whole log, where they may be.
func (t *tables) examine(g canvas.Geometry, id canvas.RegionID, keep store.Keep) *store.Remains {
	left := &store.Remains{Region: id}
	r, err := t.region(id)
	if err != nil {
		left.Lose("%v", err)
	}
	left.Position, left.LogStart, left.Epoch = r.position, r.logStart, r.term.Epoch
	left.Recorded = t.recordedTo(id)
	t.readPixels(g, left, &r)
	if left.ReadFrom = left.LogStart; left.Missing == nil && err == nil {
		left.ReadFrom = keep.TailFrom(left.LogStart, left.Position.Seq)
	}
	prefix, first := regionKey(id), regionKey(id)
	if left.ReadFrom > left.LogStart {
		first = logKey(id, left.ReadFrom+1)
	}
	c := t.log.Cursor()
	for k, v := c.Seek(first); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if b, err := t.openLogged(k, v); err != nil {
			left.Lose("%v", err)
		} else {
			left.Log = append(left.Log, b)
		}
	}
	return left
}

// readPixels puts the chunks of a region together and checks that they are complete.
func (t *tables) readPixels(g canvas.Geometry, left *store.Remains, r *region) {
	_, _, width, height := g.Bounds(left.Region)
	left.Tile = canvas.NewTile(width, height)
	var there [maxChunks]bool
	var sum uint64
	damaged := false
	lose := func(format string, args ...any) {
		left.Lose(format, args...)
		damaged = true
	}
	chunks := t.chunks(left.Region, func(err error) { lose("%v", err) })
	for _, c := range chunks {
		if c.at*chunkBytes >= len(left.Tile) {
			left.Lose("its chunk %d is out of its bounds", c.at)
			continue
		}
		copy(left.Tile[c.at*chunkBytes:], c.pixels)
		there[c.at] = true
		sum += uint64(c.sum)
	}
	switch {
	case r.sealed && sum != r.sum && !damaged:
		lose("its %d chunks are not those that were written", len(chunks))
		if len(chunks)*chunkBytes >= len(left.Tile) { // no chunk is absent, so at least one is an older version
			there = [maxChunks]bool{}
		}
	case r.position.Seq == 0 && len(chunks) > 0:
		left.Lose("its position")
	}
	if damaged {
		left.Missing = func(pos uint16) bool { return !there[pos/chunkPixels] }
	}
}

// lastEpoch returns the highest epoch in a region's log.
func (t *tables) lastEpoch(id canvas.RegionID) (last uint64) {
	prefix := regionKey(id)
	c := t.log.Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if b, err := openRecord(k, v); err == nil {
			last = max(last, b.Epoch)
		}
	}
	return last
}

// clear deletes a region's chunks and log, and what is noted about its record.
func (t *tables) clear(id canvas.RegionID) {
	prefix := regionKey(id)
	for _, b := range []*bbolt.Bucket{t.pixels, t.log, t.users, t.provenance, t.recorded} {
		var keys [][]byte
		c := b.Cursor()
		for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
			keys = append(keys, bytes.Clone(k))
		}
		for _, k := range keys {
			if err := b.Delete(k); err != nil && t.failed == nil {
				t.failed = err
			}
		}
	}
}

// logEntry is a batch in the form in which the log has it.
type logEntry struct {
	record     []byte // with the origins of its ops
	users      []byte // of them; empty: none is known
	provenance []byte // of them; empty: none is known
}

func entryOf(b *canvas.Batch) logEntry {
	return logEntry{store.AppendWhole(nil, b), store.AppendUsers(nil, b.Ops), store.AppendProvenance(nil, b.Ops)}
}

// batch returns the batch again.
func (e *logEntry) batch() (*canvas.Batch, error) {
	b, err := store.DecodeBatch(e.record)
	if err == nil {
		err = errors.Join(store.DecodeUsers(e.users, b.Ops), store.DecodeProvenance(e.provenance, b.Ops))
	}
	return b, err
}

func (t *tables) appendLog(b *canvas.Batch, e logEntry) {
	key := logKey(b.Region, b.To)
	entry := sealRecord(key, e.record)
	t.put(t.log, key, entry)
	if len(e.users) > 0 {
		t.put(t.users, key, sealBeside(key, entry, e.users))
	}
	if len(e.provenance) > 0 {
		t.put(t.provenance, key, sealBeside(key, entry, e.provenance))
	}
}

// openLogged returns the batch of a stored log entry, with what stands beside it. Of an entry that an
// earlier version wrote nothing does. What can't be read is not known: then the authors are shown
// instead of the users, and nothing of the canvas is lost.
func (t *tables) openLogged(key, stored []byte) (*canvas.Batch, error) {
	b, err := openRecord(key, stored)
	if err != nil {
		return nil, err
	}
	if users := besideOf(t.users, key, stored); store.DecodeUsers(users, b.Ops) != nil {
		for i := range b.Ops {
			b.Ops[i].User = 0
		}
	}
	if provenance := besideOf(t.provenance, key, stored); store.DecodeProvenance(provenance, b.Ops) != nil {
		for i := range b.Ops {
			b.Ops[i].From, b.Ops[i].Cause = 0, ""
		}
	}
	return b, nil
}

// recordedDrops bounds how many batches that are recorded one commit drops. A region's record grows
// by many batches at once, and dropping them all would hold up everybody's commits.
const recordedDrops = 256

// trimLog drops the oldest batches of a region's log, and returns where the log now starts. The keys
// are enough: a batch starts where the one before it ends. The last batch stays, however large.
func (t *tables) trimLog(id canvas.RegionID, r *region, keep store.Keep) uint64 {
	prefix := regionKey(id)
	start, end := r.logStart, r.position.Seq
	must, may := keep.Cuts(end)
	if keep.Buffer > 0 {
		may = min(may, t.recordedTo(id))
	}
	for drops := 0; t.failed == nil && (start < must || start < may && drops < recordedDrops); drops++ {
		k, _ := t.log.Cursor().Seek(prefix) // a new cursor: deleting confuses one
		if !bytes.HasPrefix(k, prefix) {
			break
		}
		to := binary.BigEndian.Uint64(k[len(prefix):])
		if to >= end || start >= must && to > may {
			break
		}
		t.failed = t.log.Delete(k)
		start = to
	}
	t.trimBeside(t.users, id, start)
	t.trimBeside(t.provenance, id, start)
	return start
}

// recordedTo returns up to where a region is recorded. A note that can't be read says nothing.
func (t *tables) recordedTo(id canvas.RegionID) uint64 {
	if t.recorded == nil {
		return 0
	}
	key := regionKey(id)
	stored := t.recorded.Get(key)
	if len(stored) != 8+sumBytes || checksum(key, stored[:8]) != binary.BigEndian.Uint32(stored[8:]) {
		return 0
	}
	return binary.BigEndian.Uint64(stored)
}

func (t *tables) setRecorded(id canvas.RegionID, to uint64) {
	key := regionKey(id)
	stored := binary.BigEndian.AppendUint64(make([]byte, 0, 8+sumBytes), to)
	t.put(t.recorded, key, binary.BigEndian.AppendUint32(stored, checksum(key, stored)))
}

// trimBeside drops what stands beside batches that the log no longer has. There is more of it than was
// dropped from the log just now if an earlier version has trimmed that.
func (t *tables) trimBeside(b *bbolt.Bucket, id canvas.RegionID, start uint64) {
	prefix := regionKey(id)
	for t.failed == nil {
		k, _ := b.Cursor().Seek(prefix)
		if !bytes.HasPrefix(k, prefix) || binary.BigEndian.Uint64(k[len(prefix):]) > start {
			return
		}
		t.failed = b.Delete(k)
	}
}

// batches returns the log after a sequence number, up to the first hole: at most limit batches, or
// all if limit is negative. What can't be read is a hole.
func (t *tables) batches(id canvas.RegionID, after uint64, limit int) (batches []*canvas.Batch) {
	if after == math.MaxUint64 {
		return nil
	}
	prefix := regionKey(id)
	c := t.log.Cursor()
	for k, v := c.Seek(logKey(id, after+1)); bytes.HasPrefix(k, prefix) && len(batches) != limit; k, v = c.Next() {
		b, err := t.openLogged(k, v)
		switch n := len(batches); {
		case err != nil && n == 0:
		case err != nil || n > 0 && b.From != batches[n-1].To:
			return batches
		default:
			batches = append(batches, b)
		}
	}
	return batches
}

package bolt

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// Everything stored has a checksum, which covers its key as well. So a bit that has changed on the
// disk, or an entry under the wrong key, is not taken for pixels. Earlier versions wrote none: an
// entry without a checksum is read as it is and gets one when it is next written.
//
// An entry that is gone altogether leaves no checksum to compare. So a region's record has the sum
// of the checksums of its chunks, and its log is checked by where it begins and ends.
const sumBytes = 4

// sealedLog begins a log entry that has a checksum: one byte, the checksum, the record. An entry
// without one begins with the record's version, which is far lower.
const sealedLog = 0xC5

func checksum(parts ...[]byte) (sum uint32) {
	for _, p := range parts {
		sum = crc32.Update(sum, crc32.IEEETable, p)
	}
	return sum
}

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %w: %s", store.ErrDamaged, store.ErrCorrupt, fmt.Sprintf(format, args...))
}

// sealChunk returns a chunk as it is stored: its pixels and their checksum. It may append the
// checksum to tile in place, if there is room.
func sealChunk(key []byte, tile canvas.Tile) (stored []byte, sum uint32) {
	sum = checksum(key, tile)
	return binary.BigEndian.AppendUint32(tile, sum), sum
}

// openChunk returns the pixels of a stored chunk, which are bbolt's memory, and their checksum.
func openChunk(key, stored []byte) (canvas.Tile, uint32, error) {
	switch len(stored) {
	case chunkBytes:
		return stored, checksum(key, stored), nil
	case chunkBytes + sumBytes:
		pixels, sum := stored[:chunkBytes], binary.BigEndian.Uint32(stored[chunkBytes:])
		if checksum(key, pixels) != sum {
			return nil, 0, corrupt("chunk %x has other pixels than were written", key)
		}
		return pixels, sum, nil
	}
	return nil, 0, corrupt("chunk %x of %d bytes", key, len(stored))
}

func sealRecord(key, record []byte) []byte {
	stored := append(make([]byte, 0, 1+sumBytes+len(record)), sealedLog)
	stored = binary.BigEndian.AppendUint32(stored, checksum(key, record))
	return append(stored, record...)
}

// openRecord returns the batch of a stored log entry.
func openRecord(key, stored []byte) (*canvas.Batch, error) {
	record := stored
	if len(stored) > sumBytes && stored[0] == sealedLog {
		record = stored[1+sumBytes:]
		if checksum(key, record) != binary.BigEndian.Uint32(stored[1:]) {
			return nil, corrupt("log entry %x is not what was written", key)
		}
	}
	b, err := store.DecodeBatch(record)
	if err != nil {
		return nil, fmt.Errorf("%w: log entry %x: %w", store.ErrDamaged, key, err)
	}
	if key = key[len(regionKey(0)):]; binary.BigEndian.Uint64(key) != b.To { // no checksum says so of an earlier version's
		return nil, corrupt("the log entry to %d stands at %x", b.To, key)
	}
	return b, nil
}

// sealBeside returns what stands beside a stored log entry as it is stored: after a checksum that covers
// the entry too. So that of an entry which an earlier version has replaced is not taken for the new
// one's.
func sealBeside(key, entry, beside []byte) []byte {
	stored := binary.BigEndian.AppendUint32(make([]byte, 0, sumBytes+len(beside)), checksum(key, entry, beside))
	return append(stored, beside...)
}

// besideOf returns what stands in a bucket beside a log entry; nothing if it can't be read, or if the
// bucket is nil.
func besideOf(b *bbolt.Bucket, key, entry []byte) []byte {
	if b == nil {
		return nil
	}
	stored := b.Get(key)
	if len(stored) < sumBytes || checksum(key, entry, stored[sumBytes:]) != binary.BigEndian.Uint32(stored) {
		return nil
	}
	return stored[sumBytes:]
}

package wire

import (
	"encoding/binary"
	"slices"
	"sync/atomic"

	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// Records remembers the records of the batches that were encoded last. A region sends one batch to
// the relays of every pod, with different acks: only the first encoding costs.
type Records struct {
	last [recordSlots]atomic.Pointer[record] // by region
}

// record is immutable.
type record struct {
	batch *canvas.Batch
	bytes []byte
}

// A region sends a batch to all relays before it does anything else, so there must be a slot for
// each region that may be sending at the same moment. Those 16 records and their batches take at
// most about 20 MB. Records larger than maxRecord are rare enough to be encoded each time.
const (
	recordSlots = 16
	maxRecord   = 256 << 10 // bytes: 50,000 pixels in one op, 8,000 placed one by one
)

// append appends the record of b to dst. A nil Records remembers nothing.
func (r *Records) append(dst []byte, b *canvas.Batch) []byte {
	if r == nil {
		return store.AppendBatch(slices.Grow(dst, recordBytes(b)), b)
	}
	slot := &r.last[b.Region%recordSlots]
	if known := slot.Load(); known != nil && known.batch == b {
		return append(slices.Grow(dst, len(known.bytes)+smallMessage), known.bytes...)
	}
	at := len(dst)
	dst = store.AppendBatch(slices.Grow(dst, recordBytes(b)), b)
	if len(dst)-at <= maxRecord {
		slot.Store(&record{b, dst[at:len(dst):len(dst)]}) // part of a message, which nobody changes
	}
	return dst
}

// recordBytes estimates the length of the record of b.
func recordBytes(b *canvas.Batch) int { return smallMessage + 32*len(b.Ops) + 5*b.Pixels() }

// batch passes a batch that may be sent to other pods too.
func batch(p *packer, b *canvas.Batch) { passRecord(p, b, p.known) }

// pastBatch passes one batch of a list, which is sent once.
func pastBatch(p *packer, b **canvas.Batch) {
	if p.reading {
		*b = new(canvas.Batch)
	}
	passRecord(p, *b, nil)
}

// ops passes ops as the record of a batch that holds nothing else.
func ops(p *packer, v *[]canvas.Op) {
	b := &canvas.Batch{Ops: *v}
	b.To = uint64(b.Pixels())
	passRecord(p, b, nil)
	if p.reading {
		*v = b.Ops
	}
}

// origins passes the origins of ops whose record has been passed. They are not part of it, since
// earlier versions refuse a longer record. Batches that go to relays have no origins: nobody asks a
// replica whose ops they are.
func origins(p *packer, ops []canvas.Op) { beside(p, ops, store.AppendOrigins, store.DecodeOrigins) }

// users passes the users of ops whose record has been passed, for the same reason.
func users(p *packer, ops []canvas.Op) { beside(p, ops, store.AppendUsers, store.DecodeUsers) }

// provenance passes where ops came from, and why. Relays must know it too, since they give the log back
// when the store and an owner are lost together.
func provenance(p *packer, ops []canvas.Op) {
	beside(p, ops, store.AppendProvenance, store.DecodeProvenance)
}

// beside passes what is kept beside the record of ops.
func beside(p *packer, ops []canvas.Op, write func([]byte, []canvas.Op) []byte, read func([]byte, []canvas.Op) error) {
	var record []byte
	if !p.reading {
		record = write(nil, ops)
	}
	bin(p, &record)
	if p.reading && p.err == nil {
		if err := read(record, ops); err != nil {
			p.fail("%w", err)
		}
	}
}

// usersOfEach passes the users of batches that have been passed as a list.
func usersOfEach(p *packer, batches []*canvas.Batch) {
	besideEach(p, batches, store.AppendUsers, store.DecodeUsers)
}

// provenanceOfEach does the same with their provenance.
func provenanceOfEach(p *packer, batches []*canvas.Batch) {
	besideEach(p, batches, store.AppendProvenance, store.DecodeProvenance)
}

func besideEach(p *packer, batches []*canvas.Batch, write func([]byte, []canvas.Op) []byte, read func([]byte, []canvas.Op) error) {
	var records [][]byte
	if !p.reading {
		for _, b := range batches {
			records = append(records, write(nil, b.Ops))
		}
	}
	each(p, &records, func(p *packer, record *[]byte) { bin(p, record) })
	if !p.reading || p.err != nil || len(records) == 0 {
		return
	}
	if len(records) != len(batches) {
		p.fail("about %d batches, there are %d", len(records), len(batches))
		return
	}
	for i, b := range batches {
		if err := read(records[i], b.Ops); err != nil {
			p.fail("%w", err)
		}
	}
}

// keys passes the keys of ids that have been passed, in one bin, which is empty if none is known.
func keys(p *packer, ids []canvas.OpID) {
	const size = len(canvas.Key{})
	var all []byte
	known := func(id canvas.OpID) bool { return id.Key != canvas.Key{} }
	if !p.reading && slices.ContainsFunc(ids, known) {
		all = make([]byte, 0, size*len(ids))
		for i := range ids {
			all = append(all, ids[i].Key[:]...)
		}
	}
	bin(p, &all)
	if !p.reading || len(all) == 0 {
		return
	}
	if len(all) != size*len(ids) {
		p.fail("keys: %d bytes for %d ops", len(all), len(ids))
		return
	}
	for i := range ids {
		ids[i].Key = canvas.Key(all[i*size:])
	}
}

func passRecord(p *packer, b *canvas.Batch, known *Records) {
	if !p.next() {
		return
	}
	if p.reading {
		if record := p.take("batch"); p.err == nil {
			if read, err := store.DecodeBatch(record); err != nil {
				p.fail("batch: %w", err)
			} else {
				*b = *read
			}
		}
		return
	}
	p.out = append(p.out, msgpcode.Bin32, 0, 0, 0, 0) // the record's length is filled in last
	at := len(p.out)
	p.out = known.append(p.out, b)
	binary.BigEndian.PutUint32(p.out[at-4:], uint32(len(p.out)-at))
}

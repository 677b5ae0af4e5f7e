package backup

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// Reader takes a backup apart. Only when Document has returned io.EOF is the backup known to be
// whole.
type Reader struct {
	About Summary // counts what has been read

	version int
	given   *given
	packed  *zstd.Decoder
	from    *bufio.Reader // unpacked

	kind byte // of the section that has been read but not used yet; 0: none
	body []byte
}

// NewReader reads the beginning of a backup. The Reader must be closed.
func NewReader(from io.Reader) (*Reader, error) {
	r := &Reader{given: &given{from: bufio.NewReaderSize(from, givenBytes+sha256.Size), sum: sha256.New()}}
	raw := bufio.NewReader(r.given)
	line, err := raw.ReadSlice('\n')
	if r.given.err != nil {
		return nil, r.given.err
	}
	text, ok := strings.CutPrefix(strings.TrimSuffix(string(line), "\n"), heading)
	is, bad := strconv.Atoi(text)
	switch {
	case !ok || err != nil || bad != nil:
		return nil, damaged("it does not begin as one")
	case is < oldest || is > version:
		return nil, fmt.Errorf("%w: version %d, this program reads versions %d to %d", ErrVersion, is, oldest, version)
	}
	r.version = is
	if r.packed, err = zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8*windowBytes)); err != nil {
		return nil, err
	}
	r.from = bufio.NewReader(r.packed)
	if err := r.about(); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Close releases the decompressor.
func (r *Reader) Close() { r.packed.Close() }

func (r *Reader) about() error {
	if err := r.fill(); err != nil {
		return err
	}
	if r.kind != aboutSection || json.Unmarshal(r.body, &r.About.About) != nil {
		return damaged("it does not say what is in it")
	}
	if err := r.About.Geometry().Validate(); err != nil {
		return damaged("its %w", err)
	}
	r.kind = 0
	return nil
}

// Next returns the next region, as a claim of it would have got it. io.EOF means that there are no
// more: Document is next.
func (r *Reader) Next() (canvas.RegionID, *store.Claim, error) {
	if err := r.fill(); err != nil {
		return 0, nil, err
	}
	switch {
	case (r.kind == endSection || r.kind == paperSection) && r.About.Regions == r.About.Geometry().Regions():
		return 0, nil, io.EOF
	case r.kind != regionSection || r.About.Regions == r.About.Geometry().Regions():
		return 0, nil, damaged("section %q after %d regions", r.kind, r.About.Regions)
	}
	id := canvas.RegionID(r.About.Regions)
	epoch, left, err := r.region(id)
	if err != nil {
		return 0, nil, err
	}
	for {
		if err := r.fill(); err != nil {
			return 0, nil, err
		}
		if r.kind != batchSection {
			break
		}
		b, err := store.DecodeBatch(r.body)
		if err != nil {
			return 0, nil, damaged("region %d: %w", id, err)
		}
		left.Log = append(left.Log, b)
		r.kind = 0
		if err := r.beside(usersSection, b, store.DecodeUsers); err != nil {
			return 0, nil, damaged("region %d: %w", id, err)
		}
		if err := r.beside(provenanceSection, b, store.DecodeProvenance); err != nil {
			return 0, nil, damaged("region %d: %w", id, err)
		}
	}
	c := left.Claim(store.Term{Epoch: epoch})
	if c.Damage != nil { // it was written like this: the sum may be right
		return 0, nil, damaged("region %d: %w", id, c.Damage)
	}
	r.About.add(c)
	return id, c, nil
}

// beside reads the section of what is known of a batch's ops, if there is one.
func (r *Reader) beside(kind byte, b *canvas.Batch, read func([]byte, []canvas.Op) error) error {
	if err := r.fill(); err != nil || r.kind != kind {
		return err
	}
	r.kind = 0
	return read(r.body, b.Ops)
}

// region reads the section of a region, without its log.
func (r *Reader) region(id canvas.RegionID) (epoch uint64, left *store.Remains, err error) {
	var numbers [5]uint64
	rest := r.body
	for i := range numbers {
		n, size := binary.Uvarint(rest)
		if size <= 0 {
			return 0, nil, damaged("region %d ends too soon", id)
		}
		numbers[i], rest = n, rest[size:]
	}
	_, _, width, height := r.About.Geometry().Bounds(id)
	left = &store.Remains{
		Region: id, Tile: canvas.NewTile(width, height), LogStart: numbers[4],
		Position: canvas.Position{Epoch: numbers[2], Seq: numbers[3]},
	}
	if numbers[0] != uint64(id) || len(rest) != 0 && len(rest) != len(left.Tile) {
		return 0, nil, damaged("region %d of %d bytes where region %d of %d was due", numbers[0], len(rest), id, len(left.Tile))
	}
	copy(left.Tile, rest)
	r.kind = 0
	return numbers[1], left, nil
}

// Document is a document beside the pixels.
type Document struct {
	Kind  store.Kind
	ID    string
	Value []byte
}

// Document returns the next document, once Next has returned io.EOF. io.EOF means that there are no
// more, and that all of the backup is as it was written.
func (r *Reader) Document() (d Document, err error) {
	if err := r.fill(); err != nil {
		return d, err
	}
	if r.kind != paperSection {
		return d, r.end()
	}
	var kind, id []byte
	ok := r.version > 1
	if ok {
		kind, d.Value, ok = cutText(r.body)
	}
	if ok {
		id, d.Value, ok = cutText(d.Value)
	}
	d.Kind, d.ID, d.Value = store.Kind(kind), string(id), bytes.Clone(d.Value)
	if !ok || store.CheckDocument(d.Kind, d.ID, d.Value) != nil {
		return d, damaged("document %d is none", r.About.Papers)
	}
	r.About.Papers++
	r.kind = 0
	return d, nil
}

// cutText takes a text with its length before it from the beginning of p.
func cutText(p []byte) (text, rest []byte, ok bool) {
	length, size := binary.Uvarint(p)
	if size <= 0 || length > uint64(len(p)-size) {
		return nil, nil, false
	}
	return p[size : size+int(length)], p[size+int(length):], true
}

// end checks that this is the end, that nothing follows it, and that the backup is what was written.
func (r *Reader) end() error {
	if r.kind != endSection {
		return damaged("section %q after the regions", r.kind)
	}
	if !bytes.Equal(r.body, r.About.counts(r.version)) {
		return damaged("it is not what was written")
	}
	if _, err := r.from.ReadByte(); err == nil {
		return damaged("it goes on after its end")
	} else if !errors.Is(err, io.EOF) {
		return r.failed(err)
	}
	if !r.given.whole() {
		return damaged("it is not what was written")
	}
	return io.EOF
}

// fill reads the next section, unless one is waiting to be used. Memory grows with what arrives,
// not with the length that is announced.
func (r *Reader) fill() error {
	if r.kind != 0 {
		return nil
	}
	kind, err := r.from.ReadByte()
	if err != nil {
		return r.failed(err)
	}
	length, err := binary.ReadUvarint(r.from)
	if err != nil {
		return r.failed(err)
	}
	if length > maxSection {
		return damaged("section %q of %d bytes", kind, length)
	}
	body := bytes.NewBuffer(r.body[:0])
	if _, err := io.CopyN(body, r.from, int64(length)); err != nil {
		return r.failed(err)
	}
	r.kind, r.body = kind, body.Bytes()
	return nil
}

// failed returns an error of reading: that of the source if there was one, else one of the
// contents.
func (r *Reader) failed(err error) error {
	switch {
	case r.given.err != nil:
		return r.given.err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return damaged("it was cut off")
	}
	return damaged("it can't be unpacked: %w", err)
}

// givenBytes is how much of a backup is read at a time.
const givenBytes = 64 << 10

// given is a backup as it arrives, without the checksum at its end.
type given struct {
	from *bufio.Reader
	sum  hash.Hash // of everything read
	err  error     // of reading from it; nil: none
}

func (g *given) Read(p []byte) (int, error) {
	ahead, err := g.from.Peek(min(len(p), givenBytes) + sha256.Size)
	if err != nil && !errors.Is(err, io.EOF) {
		g.err = err
		return 0, err
	}
	n := copy(p, ahead[:max(0, len(ahead)-sha256.Size)])
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	g.sum.Write(p[:n])         // never fails
	_, err = g.from.Discard(n) // nor does this: the bytes have been peeked at
	return n, err
}

// whole reports, at the end, whether everything is as it was written.
func (g *given) whole() bool {
	rest, err := g.from.Peek(sha256.Size + 1)
	return errors.Is(err, io.EOF) && bytes.Equal(rest, g.sum.Sum(nil))
}

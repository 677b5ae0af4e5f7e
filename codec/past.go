package codec

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"pixelplayground/actors/canvas"
)

// MaxPastPixels is how many pixels one PIXELS of the past has at most: 20 KiB, so that a page can show
// the first of them while the rest is on its way.
const MaxPastPixels = 4096

// Messages of a region's past, decoded by DecodePast. See PROTOCOL.md for the meaning.
type (
	// PastSnapshot is a whole region as it was at a time.
	PastSnapshot struct {
		Snapshot
		Time time.Time // millisecond resolution
	}
	// PastPixels is what was drawn next: at most MaxPastPixels pixels, which take one sequence number
	// each.
	PastPixels struct {
		Region canvas.RegionID
		Epoch  uint64 // of all of them
		From   uint64 // sequence number before the first
		Pixels []PastPixel
		Names  []canvas.User // of those who placed them, as far as they are new or have changed
	}
	// PastPixel is a pixel, and who placed it when and why.
	PastPixel struct {
		canvas.Pixel
		User  canvas.Author // 0: not known
		Time  int64         // Unix milliseconds
		Cause string        // empty: it was drawn
	}
	// PastEnd says that this is all that was asked for, or all that one answer holds.
	PastEnd struct {
		Region canvas.RegionID
		Seq    uint64    // the answer ends here
		Time   time.Time // of the last pixel, or the end of what was asked for
		More   bool      // there is more after Seq
	}
)

// PastMessage is one of the types above, or Unknown.
type PastMessage interface{ pastMessage() }

func (PastSnapshot) pastMessage() {}
func (PastPixels) pastMessage()   {}
func (PastEnd) pastMessage()      {}
func (Unknown) pastMessage()      {}

// AppendPastSnapshot writes SNAPSHOT with its time, and its length before it.
func AppendPastSnapshot(dst []byte, m PastSnapshot) []byte {
	return sized(dst, func(dst []byte) []byte {
		w := begin(dst, typeSnapshot, 6)
		w.mark(m.Mark)
		w.bin(m.Data)
		w.time(m.Time)
		return w.end()
	})
}

// AppendPastPixels writes PIXELS with who, when and why, and its length before it.
func AppendPastPixels(dst []byte, m PastPixels) []byte {
	return sized(dst, func(dst []byte) []byte {
		w := begin(dst, typePixels, 10)
		w.mark(canvas.Mark{Region: m.Region, Position: canvas.Position{Epoch: m.Epoch, Seq: m.From}})
		w.uint(uint64(len(m.Pixels)))
		w.room(pixelBytes * len(m.Pixels))
		for i := range m.Pixels {
			p := &m.Pixels[i]
			w.buf = append(w.buf, byte(p.Pos>>8), byte(p.Pos), byte(p.Color>>16), byte(p.Color>>8), byte(p.Color))
		}
		writeRuns(w, m.Pixels, func(p *PastPixel) canvas.Author { return p.User }, func(a canvas.Author) { w.uint(uint64(a)) })
		last := int64(0)
		writeRuns(w, m.Pixels, func(p *PastPixel) int64 { return p.Time }, func(at int64) {
			w.uint(uint64(max(0, at-last)))
			last = at
		})
		w.array(len(m.Names))
		for _, u := range m.Names {
			w.array(2)
			w.uint(uint64(u.Author))
			w.text(u.Name)
		}
		writeRuns(w, m.Pixels, func(p *PastPixel) string { return p.Cause }, w.text)
		return w.end()
	})
}

// AppendPastEnd writes END, and its length before it.
func AppendPastEnd(dst []byte, m PastEnd) []byte {
	return sized(dst, func(dst []byte) []byte {
		w := begin(dst, typeEnd, 5)
		w.uint(uint64(m.Region))
		w.uint(m.Seq)
		w.time(m.Time)
		w.bool(m.More)
		return w.end()
	})
}

// sizeBytes is the head of each message of the past: that of a MessagePack bin with four bytes of
// length. So any reader of MessagePack can take the answer apart, and others need to know only this.
const sizeBytes = 5

func sized(dst []byte, write func([]byte) []byte) []byte {
	start := len(dst)
	dst = write(append(dst, msgpcode.Bin32, 0, 0, 0, 0))
	binary.BigEndian.PutUint32(dst[start+1:], uint32(len(dst)-start-sizeBytes))
	return dst
}

// writeRuns writes one property of pixels as [n, value, n, value, …].
func writeRuns[T comparable](w *writer, pixels []PastPixel, of func(*PastPixel) T, write func(T)) {
	runs := 0
	for i := range pixels {
		if i == 0 || of(&pixels[i]) != of(&pixels[i-1]) {
			runs++
		}
	}
	w.array(2 * runs)
	for i := 0; i < len(pixels); {
		value, n := of(&pixels[i]), 1
		for i+n < len(pixels) && of(&pixels[i+n]) == value {
			n++
		}
		w.uint(uint64(n))
		write(value)
		i += n
	}
}

// NextPast reads the next message of an answer. It returns io.EOF where the answer ends between two
// messages; it is complete only if the last was a PastEnd. Other errors wrap ErrMalformed or are from's.
func NextPast(from io.Reader) (PastMessage, error) {
	var head [sizeBytes]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[1:])
	if head[0] != msgpcode.Bin32 || size > MaxServerMessage {
		return nil, fmt.Errorf("decode the past: a message begins with %x: %w", head, ErrMalformed)
	}
	message := make([]byte, size)
	if _, err := io.ReadFull(from, message); err != nil {
		return nil, fmt.Errorf("decode the past: %w", io.ErrUnexpectedEOF)
	}
	return DecodePast(message)
}

// DecodePast reads a message without its length. A PastSnapshot's data shares memory with p. Errors
// wrap ErrMalformed.
func DecodePast(p []byte) (PastMessage, error) {
	r := open(p, MaxServerMessage)
	var m PastMessage
	switch r.kind {
	case typeSnapshot:
		s := PastSnapshot{Snapshot: decodeSnapshot(r)}
		r.need(1)
		s.Time = r.time()
		m = s
	case typePixels:
		m = decodePastPixels(r)
	case typeEnd:
		r.need(4)
		m = PastEnd{Region: r.region(), Seq: r.uint("seq", math.MaxUint64), Time: r.time(), More: r.bool("more")}
	default:
		m = Unknown{Type: uint64(r.kind)}
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	return m, nil
}

func decodePastPixels(r *reader) PastPixels {
	r.need(9)
	from := r.mark()
	m := PastPixels{Region: from.Region, Epoch: from.Position.Epoch, From: from.Position.Seq}
	count := r.uint("count", math.MaxUint64-m.From)
	packed := r.packed("pixels", MaxPastPixels, pixelBytes)
	if n := len(packed) / pixelBytes; uint64(n) != count {
		r.fail("pixels: %d, but count is %d", n, count)
	}
	m.Pixels = make([]PastPixel, len(packed)/pixelBytes)
	for i := range m.Pixels {
		p := packed[i*pixelBytes:][:pixelBytes]
		m.Pixels[i].Pixel = canvas.Pixel{Pos: binary.BigEndian.Uint16(p), Color: color(p[2:])}
	}
	readRuns(r, "authors", m.Pixels, r.author, func(p *PastPixel, a canvas.Author) { p.User = a })
	last := uint64(0)
	later := func() int64 {
		last += r.uint("time", maxTime-last)
		return int64(last)
	}
	readRuns(r, "times", m.Pixels, later, func(p *PastPixel, at int64) { p.Time = at })
	m.Names = make([]canvas.User, r.array("names", MaxPastPixels, 3))
	for i := range m.Names {
		r.tuple("name", 2, func() { m.Names[i] = canvas.User{Author: r.author(), Name: r.name()} })
	}
	readRuns(r, "causes", m.Pixels, func() string { return r.text("cause", maxText) }, func(p *PastPixel, c string) { p.Cause = c })
	return m
}

func readRuns[T any](r *reader, what string, pixels []PastPixel, read func() T, set func(*PastPixel, T)) {
	for length := r.array(what, 2*len(pixels), 1); length > 0 && r.err == nil; length -= 2 {
		if length == 1 {
			r.fail("%s: a run without a value", what)
			return
		}
		n := int(r.uint("run", uint64(len(pixels))))
		if n == 0 {
			r.fail("%s: a run of no pixels", what)
		}
		value := read()
		for i := range pixels[:n] {
			set(&pixels[i], value)
		}
		pixels = pixels[n:]
	}
	if len(pixels) > 0 {
		r.fail("%s: %d pixels have none", what, len(pixels))
	}
}

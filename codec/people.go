package codec

import (
	"encoding/binary"
	"math"

	"pixelplayground/actors/canvas"
)

// pointerBytes is the size of an entry in CURSORS and BECKONS: user, x, y.
const pointerBytes = 6 + 2 + 2

// AppendCursors writes CURSORS.
func AppendCursors(dst []byte, m Cursors) []byte { return appendPointers(dst, typeCursors, m.Pointers) }

// AppendBeckons writes BECKONS.
func AppendBeckons(dst []byte, m Beckons) []byte { return appendPointers(dst, typeBeckons, m.Places) }

func appendPointers(dst []byte, kind messageType, pointers []canvas.Pointer) []byte {
	w := begin(dst, kind, 2)
	w.room(pointerBytes * len(pointers))
	for _, p := range pointers {
		w.buf = append(w.buf, byte(p.Author>>40), byte(p.Author>>32))
		w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(p.Author))
		w.buf = append(w.buf, byte(p.X>>8), byte(p.X), byte(p.Y>>8), byte(p.Y))
	}
	return w.end()
}

func (r *reader) pointers(what string) []canvas.Pointer {
	r.need(1)
	packed := r.packed(what, MaxServerMessage/pointerBytes, pointerBytes)
	pointers := make([]canvas.Pointer, len(packed)/pointerBytes)
	for i := range pointers {
		p := packed[i*pointerBytes:][:pointerBytes]
		pointers[i] = canvas.Pointer{
			Author: canvas.Author(binary.BigEndian.Uint64(p) >> 16),
			X:      binary.BigEndian.Uint16(p[6:]),
			Y:      binary.BigEndian.Uint16(p[8:]),
		}
	}
	return pointers
}

// AppendPresence writes PRESENCE; at most canvas.MaxListedUsers have joined, and as many left.
func AppendPresence(dst []byte, m Presence) []byte {
	fields := 5 // all that earlier versions have
	if m.People > 0 {
		fields++
	}
	w := begin(dst, typePresence, fields)
	w.uint(m.Count)
	w.bool(m.Full)
	w.array(len(m.Joined))
	for _, u := range m.Joined {
		w.array(2)
		w.uint(uint64(u.Author))
		w.text(u.Name)
	}
	w.array(len(m.Left))
	for _, a := range m.Left {
		w.uint(uint64(a))
	}
	if m.People > 0 {
		w.uint(m.People)
	}
	return w.end()
}

func decodePresence(r *reader) Presence {
	r.need(4)
	m := Presence{Count: r.uint("count", math.MaxUint64), Full: r.bool("full")}
	m.Joined = make([]canvas.User, r.array("joined", canvas.MaxListedUsers, 3))
	for i := range m.Joined {
		r.tuple("user", 2, func() { m.Joined[i] = canvas.User{Author: r.author(), Name: r.name()} })
	}
	m.Left = make([]canvas.Author, r.array("left", canvas.MaxListedUsers, 1))
	for i := range m.Left {
		m.Left[i] = r.author()
	}
	if r.left > 0 {
		r.need(1)
		m.People = r.uint("people", math.MaxUint64)
	}
	return m
}

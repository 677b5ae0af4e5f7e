package store

import (
	"encoding/binary"

	"pixelplayground/actors/canvas"
)

// maxNetwork is the highest id of a network: it has 48 bits.
const maxNetwork = 1<<48 - 1

// provenance is from which networks ops came, and why: of each the network, a uvarint, 0 if it is not
// known; and the cause, a text, empty if it was drawn.
func provenance() beside {
	return beside{
		name: "provenance", version: 1,
		known: func(op *canvas.Op) bool { return op.From != 0 || op.Cause != "" },
		same:  func(a, b *canvas.Op) bool { return a.From == b.From && a.Cause == b.Cause },
		write: func(dst []byte, op *canvas.Op) []byte {
			return appendText(binary.AppendUvarint(dst, uint64(op.From)), op.Cause)
		},
		read: func(r *recordReader, op *canvas.Op) {
			op.From = canvas.NetworkID(r.uvarint("network", maxNetwork))
			op.Cause = r.text("cause")
		},
		set: func(to, from *canvas.Op) { to.From, to.Cause = from.From, from.Cause },
	}
}

// AppendProvenance appends to dst where ops came from, and why; nothing if that is known of none.
func AppendProvenance(dst []byte, ops []canvas.Op) []byte { return provenance().append(dst, ops) }

// DecodeProvenance sets in ops what AppendProvenance wrote of them. For any other input it returns an
// error that wraps ErrCorrupt, and may have set some.
func DecodeProvenance(p []byte, ops []canvas.Op) error { return provenance().decode(p, ops) }

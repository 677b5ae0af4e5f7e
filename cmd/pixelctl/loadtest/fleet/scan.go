package fleet

import (
	"encoding/binary"

	"pixelplayground/actors/canvas"
)

// Types of PROTOCOL.md that are taken apart here. Each of 20,000 viewers receives every PIXELS, and
// all of them a PRESENCE whenever anyone comes: decoding them whole would cost ten times
// as much as all else that is done with them.
const (
	typePixels   = 18
	typePresence = 22
)

// PixelBytes is the size of a pixel in PIXELS: position, red, green, blue.
const PixelBytes = 5

// scan reads numbers of MessagePack one behind the other. It knows the forms that servers send;
// of what it doesn't know, codec decides.
type scan struct {
	p  []byte
	ok bool
}

// scanMessage begins a message that is an array of fewer than 16 elements, and gives its type.
func scanMessage(p []byte) (scan, uint64) {
	if len(p) == 0 || p[0]&0xF0 != 0x90 {
		return scan{}, 0
	}
	s := scan{p[1:], true}
	return s, s.uint()
}

// uint reads an unsigned integer of any width.
func (s *scan) uint() uint64 {
	if !s.ok || len(s.p) == 0 {
		s.ok = false
		return 0
	}
	code := s.p[0]
	if code < 0x80 {
		s.p = s.p[1:]
		return uint64(code)
	}
	width := 0
	switch code {
	case 0xCC, 0xCD, 0xCE, 0xCF:
		width = 1 << (code - 0xCC)
	}
	if width == 0 || len(s.p) < 1+width {
		s.ok = false
		return 0
	}
	n := uint64(0)
	for _, b := range s.p[1 : 1+width] {
		n = n<<8 | uint64(b)
	}
	s.p = s.p[1+width:]
	return n
}

// bin reads bytes.
func (s *scan) bin() []byte {
	if !s.ok || len(s.p) < 2 {
		s.ok = false
		return nil
	}
	header := 2
	size := uint64(s.p[1])
	switch code := s.p[0]; {
	case code == 0xC4:
	case code == 0xC5 && len(s.p) >= 3:
		header, size = 3, uint64(binary.BigEndian.Uint16(s.p[1:]))
	case code == 0xC6 && len(s.p) >= 5:
		header, size = 5, uint64(binary.BigEndian.Uint32(s.p[1:]))
	default:
		s.ok = false
		return nil
	}
	if uint64(len(s.p)-header) < size {
		s.ok = false
		return nil
	}
	b := s.p[header : header+int(size)]
	s.p = s.p[header+int(size):]
	return b
}

// pixels reads what a ledger needs of a PIXELS behind its type: all but the authors.
func (s scan) pixels() (f Frame, ok bool) {
	f.Region = canvas.RegionID(s.uint())
	f.Epoch, f.From, f.Count = s.uint(), s.uint(), s.uint()
	f.Packed = s.bin()
	return f, s.ok && len(f.Packed)%PixelBytes == 0 && uint64(len(f.Packed)/PixelBytes) <= f.Count
}

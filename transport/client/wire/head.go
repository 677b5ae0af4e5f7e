package wire

import (
	"encoding/binary"
	"math"
)

// Kind is the type of a server's message, as PROTOCOL.md numbers it.
type Kind uint8

// The messages about which Head knows more than the kind, and Welcome.
const (
	Welcome  Kind = 16
	Snapshot Kind = 17
	Pixels   Kind = 18
	Ack      Kind = 19
	Refused  Kind = 20
	Presence Kind = 22
)

// Head is the beginning of a server's message. In a load test each of 20,000 viewers receives
// every PIXELS, and a PRESENCE whenever anyone comes. Decoding those completely would cost ten
// times as much as everything else that the load test does with them.
type Head struct {
	Kind   Kind
	Region uint64 // of SNAPSHOT and PIXELS
	Epoch  uint64
	From   uint64 // sequence number before PIXELS; of SNAPSHOT: the one it leads to
	Count  uint64 // sequence numbers of PIXELS; ops of ACK; users of PRESENCE; the code of REFUSED
}

// ParseHead reads the elements at the beginning of a message that Head has. end is where the rest
// begins. It is negative if the message is cut short or has a form that ParseHead does not know:
// then codec decides.
func ParseHead(p []byte) (h Head, end int) {
	_, at := parseArray(p, 0)
	kind, at := parseUint(p, at)
	if kind <= math.MaxUint8 {
		h.Kind = Kind(kind)
	}
	switch h.Kind {
	case Pixels, Snapshot:
		h.Region, at = parseUint(p, at)
		h.Epoch, at = parseUint(p, at)
		h.From, at = parseUint(p, at)
		if h.Kind == Pixels {
			h.Count, at = parseUint(p, at)
		}
	case Ack:
		h.Count, at = parseArray(p, at)
	case Refused:
		_, at = parseUint(p, at)
		h.Count, at = parseUint(p, at)
	case Presence:
		h.Count, at = parseUint(p, at)
	}
	return h, at
}

// PixelBytes is the size of a pixel in PIXELS: position, red, green, blue.
const PixelBytes = 5

// PackedPixels returns the pixels of a PIXELS whose head ends at at. It returns false if they
// are cut short or malformed.
func (h Head) PackedPixels(p []byte, at int) ([]byte, bool) {
	if at < 0 || at >= len(p) {
		return nil, false
	}
	size, rest := uint64(0), p[at+1:]
	switch code := p[at]; {
	case code == 0xC4 && len(rest) >= 1:
		size, rest = uint64(rest[0]), rest[1:]
	case code == 0xC5 && len(rest) >= 2:
		size, rest = uint64(binary.BigEndian.Uint16(rest)), rest[2:]
	case code == 0xC6 && len(rest) >= 4:
		size, rest = uint64(binary.BigEndian.Uint32(rest)), rest[4:]
	default:
		return nil, false
	}
	if uint64(len(rest)) < size || size%PixelBytes != 0 || size/PixelBytes > h.Count {
		return nil, false
	}
	return rest[:size], true
}

// parseUint reads one of MessagePack's unsigned numbers, and returns where it ends: -1 if there
// is no such number, it is cut short, or at is -1.
func parseUint(p []byte, at int) (uint64, int) {
	if uint(at) >= uint(len(p)) {
		return 0, -1
	}
	if p[at] < 0x80 {
		return uint64(p[at]), at + 1
	}
	return parseWide(p, at, 0xCC, 0xCF, 1)
}

// parseArray reads the size of an array in the same way.
func parseArray(p []byte, at int) (uint64, int) {
	if uint(at) >= uint(len(p)) {
		return 0, -1
	}
	if p[at]&0xF0 == 0x90 {
		return uint64(p[at] & 0x0F), at + 1
	}
	return parseWide(p, at, 0xDC, 0xDD, 2)
}

// parseWide reads a number that follows a one-byte code. It has width bytes if the code is
// first, twice as many if it is the next code, and so on up to last.
func parseWide(p []byte, at int, first, last byte, width int) (n uint64, end int) {
	for code := first; code <= last; code, width = code+1, 2*width {
		if p[at] != code {
			continue
		}
		if end = at + 1 + width; end > len(p) {
			break
		}
		for _, b := range p[at+1 : end] {
			n = n<<8 | uint64(b)
		}
		return n, end
	}
	return 0, -1
}

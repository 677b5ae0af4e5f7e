package rules

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"io"
)

// Mask says which pixels of an area count. It is immutable.
type Mask struct {
	Width, Height int
	bits          []byte // of pixel (x, y) bit y*Width+x, the highest bit of a byte first
}

// Bounds of masks.
const (
	MaxMaskSide = 4096      // pixels
	MaxMask     = 256 << 10 // bytes, as it is stored: what nobody paints by hand is refused
	MaskPart    = 16 << 10  // bytes of it in one document
)

// Kinds of documents: acts by their numbers, and masks in parts, see MaskPartID.
const (
	ActKind  = "act"
	MaskKind = "mask"
)

// maskHead is what a stored mask begins with: its length, then width and height, as big-endian numbers. The
// bits follow, compressed (RFC 1951).
const maskHead = 4 + 2 + 2

// NewMask makes a mask of the pixels for which has is true.
func NewMask(width, height int, has func(x, y int) bool) (*Mask, error) {
	if width < 1 || height < 1 || width > MaxMaskSide || height > MaxMaskSide {
		return nil, fmt.Errorf("%w: a mask of %dx%d pixels, must have 1x1 to %dx%d", ErrInvalid, width, height, MaxMaskSide, MaxMaskSide)
	}
	m := &Mask{width, height, make([]byte, (width*height+7)/8)}
	for n := range width * height {
		if has(n%width, n/width) {
			m.bits[n/8] |= 0x80 >> (n % 8)
		}
	}
	return m, nil
}

// Has reports whether a pixel counts; those beside the mask don't.
func (m *Mask) Has(x, y int) bool {
	if x < 0 || y < 0 || x >= m.Width || y >= m.Height {
		return false
	}
	n := y*m.Width + x
	return m.bits[n/8]&(0x80>>(n%8)) != 0
}

// any reports whether any pixel of a part of the mask counts.
func (m *Mask) any(part image.Rectangle) bool {
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for n, end := y*m.Width+part.Min.X, y*m.Width+part.Max.X; n < end; {
			next := min(n/8*8+8, end)
			if m.bits[n/8]<<(n%8)>>(8-(next-n)) != 0 {
				return true
			}
			n = next
		}
	}
	return false
}

// Encode is the form in which a mask is stored, and its name, which is a hash of that.
func (m *Mask) Encode() (name string, stored []byte, err error) {
	packed := bytes.NewBuffer(make([]byte, maskHead))
	to, err := flate.NewWriter(packed, flate.BestCompression)
	if err == nil {
		_, err = to.Write(m.bits)
	}
	if err = errors.Join(err, to.Close()); err != nil {
		return "", nil, fmt.Errorf("encode a mask: %w", err)
	}
	stored = packed.Bytes()
	if len(stored) > MaxMask {
		return "", nil, fmt.Errorf("%w: the mask takes %d bytes, at most %d: use one with simpler outlines", ErrInvalid, len(stored), MaxMask)
	}
	binary.BigEndian.PutUint32(stored, uint32(len(stored)))
	binary.BigEndian.PutUint16(stored[4:], uint16(m.Width))
	binary.BigEndian.PutUint16(stored[6:], uint16(m.Height))
	return maskName(stored), stored, nil
}

// maskNameBytes is how much of a hash names a mask: two of the same name can't be made on purpose.
const maskNameBytes = 16

func maskName(stored []byte) string {
	sum := sha256.Sum256(stored)
	return hex.EncodeToString(sum[:maskNameBytes])
}

// IsMaskName reports whether a text may be the name of a mask.
func IsMaskName(text string) bool {
	b, err := hex.DecodeString(text)
	return err == nil && len(b) == maskNameBytes && hex.EncodeToString(b) == text
}

// MaskPartID is the id of the document that has a part of a stored mask; the first is part 0. All are MaskPart bytes long but
// the last.
func MaskPartID(name string, part int) string { return fmt.Sprintf("%s-%02d", name, part) }

// MaskParts is in how many parts a mask is stored, by the first of them; 0: it is none.
func MaskParts(first []byte) int {
	if len(first) < maskHead {
		return 0
	}
	length := binary.BigEndian.Uint32(first)
	if length < maskHead || length > MaxMask {
		return 0
	}
	return (int(length) + MaskPart - 1) / MaskPart
}

// DecodeMask reads what Encode made, all parts of it one after the other, and checks that it has the name.
func DecodeMask(name string, stored []byte) (*Mask, error) {
	if len(stored) < maskHead || len(stored) > MaxMask || int(binary.BigEndian.Uint32(stored)) != len(stored) || maskName(stored) != name {
		return nil, fmt.Errorf("%w: mask %s is not what was stored", ErrInvalid, name)
	}
	m := &Mask{Width: int(binary.BigEndian.Uint16(stored[4:])), Height: int(binary.BigEndian.Uint16(stored[6:]))}
	if m.Width < 1 || m.Height < 1 || m.Width > MaxMaskSide || m.Height > MaxMaskSide {
		return nil, fmt.Errorf("%w: mask %s of %dx%d pixels", ErrInvalid, name, m.Width, m.Height)
	}
	m.bits = make([]byte, (m.Width*m.Height+7)/8)
	if _, err := io.ReadFull(flate.NewReader(bytes.NewReader(stored[maskHead:])), m.bits); err != nil {
		return nil, fmt.Errorf("%w: mask %s: %w", ErrInvalid, name, err)
	}
	return m, nil
}

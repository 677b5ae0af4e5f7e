package main

import (
	"bytes"
	"encoding/binary"
	"image"
)

// orientation is how a picture is to be turned before it is shown, as EXIF 2.32 (tag 274) numbers
// it. It says which edges of the scene are the file's first row and first column. 1 is upright.
type orientation int

const (
	upright      orientation = 1
	lastOriented orientation = 8
)

// From TIFF (revision 6.0, section 2): an entry of a directory is tag, type and count, then the
// value or its offset.
const (
	tiffEntry      = 12
	tiffShort      = 3
	tagOrientation = 0x0112
)

// orientationOf returns a JPEG's orientation from its EXIF data. It is upright for everything
// without an orientation, or with one that can't be read. Each byte of data is read at most once.
func orientationOf(data []byte) orientation {
	if !bytes.HasPrefix(data, []byte{0xFF, 0xD8}) {
		return upright
	}
	for rest := data[2:]; len(rest) >= 4 && rest[0] == 0xFF; {
		marker, size := rest[1], int(binary.BigEndian.Uint16(rest[2:]))
		switch {
		case marker == 0xFF: // a fill byte
			rest = rest[1:]
			continue
		case marker == 0xDA || size < 2 || len(rest) < 2+size: // the picture data begins, or the rest of the file is no segment
			return upright
		}
		if tiff, exif := bytes.CutPrefix(rest[4:2+size], []byte("Exif\x00\x00")); marker == 0xE1 && exif {
			return tiffOrientation(tiff)
		}
		rest = rest[2+size:]
	}
	return upright
}

// tiffOrientation looks the orientation up in the first directory.
func tiffOrientation(tiff []byte) orientation {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(tiff, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(tiff, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return upright
	}
	if len(tiff) < 8 {
		return upright
	}
	at := order.Uint32(tiff[4:])
	if uint64(at)+2 > uint64(len(tiff)) {
		return upright
	}
	entries := tiff[at+2:]
	for n := order.Uint16(tiff[at:]); n > 0 && len(entries) >= tiffEntry; n-- {
		entry := entries[:tiffEntry]
		if order.Uint16(entry) == tagOrientation {
			value := orientation(order.Uint16(entry[8:]))
			if order.Uint16(entry[2:]) != tiffShort || value < upright || value > lastOriented {
				return upright
			}
			return value
		}
		entries = entries[tiffEntry:]
	}
	return upright
}

// lies reports whether width and height of the file are exchanged in the picture.
func (o orientation) lies() bool { return o >= 5 }

// source returns where in the file the pixel is that is to be shown at x, y. file is the picture's
// size in the file.
func (o orientation) source(file image.Point, x, y int) (int, int) {
	right, bottom := file.X-1, file.Y-1
	switch o {
	case 2: // mirrored
		return right - x, y
	case 3: // upside down
		return right - x, bottom - y
	case 4: // upside down and mirrored
		return x, bottom - y
	case 5: // mirrored along the falling diagonal
		return y, x
	case 6: // to be turned right
		return y, bottom - x
	case 7: // mirrored along the rising diagonal
		return right - y, bottom - x
	case 8: // to be turned left
		return right - y, x
	default:
		return x, y
	}
}

package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"testing"

	"pixelplayground/actors/canvas"
)

// photo is a JPEG of 16x32 pixels with an orientation in its EXIF data. It consists of four equal
// quarters, so that no JPEG block has two colours.
func photo(t *testing.T, order binary.AppendByteOrder, turn orientation) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 16, 32))
	for y := range 32 {
		for x := range 16 {
			img.Set(x, y, [2][2]color.RGBA{{{R: 255, A: 255}, {G: 255, A: 255}}, {{B: 255, A: 255}, {A: 255}}}[y/16][x/8])
		}
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, img, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		tiff = []byte("MM\x00*")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)              // entries
	tiff = append(tiff, make([]byte, tiffEntry)...) // this entry says nothing
	tiff = order.AppendUint16(order.AppendUint16(tiff, tagOrientation), tiffShort)
	tiff = order.AppendUint16(order.AppendUint16(order.AppendUint32(tiff, 1), uint16(turn)), 0)
	tiff = order.AppendUint32(tiff, 0)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	head := append([]byte{0xFF, 0xD8, 0xFF, 0xE1}, binary.BigEndian.AppendUint16(nil, uint16(2+len(segment)))...)
	return append(append(head, segment...), file.Bytes()[2:]...)
}

// TestReadPicture_TurnsPhotos: each photo's quarters are where an image viewer shows them.
func TestReadPicture_TurnsPhotos(t *testing.T) {
	for turn, want := range map[orientation]string{ // upper left, upper right, lower left, lower right
		1: "RGBK", 2: "GRKB", 3: "KBGR", 4: "BKRG", 5: "RBGK", 6: "BRKG", 7: "KGBR", 8: "GKRB",
		0: "RGBK", 9: "RGBK", 0xFFFF: "RGBK",
	} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			p, err := readPicture("-", point{X: 3, Y: 4}, bytes.NewReader(photo(t, order, turn)))
			if err != nil {
				t.Fatal(err)
			}
			size := image.Pt(16, 32)
			if turn.lies() && turn <= lastOriented {
				size = image.Pt(32, 16)
			}
			if p.area != (image.Rectangle{Min: image.Pt(3, 4), Max: image.Pt(3, 4).Add(size)}) {
				t.Errorf("%d, %v: %v", turn, order, p.area)
				continue
			}
			got := ""
			for _, y := range []int{size.Y / 4, size.Y * 3 / 4} {
				for _, x := range []int{size.X / 4, size.X * 3 / 4} {
					got += quarter(p.at(3+x, 4+y))
				}
			}
			if got != want {
				t.Errorf("%d, %v: %s, want %s", turn, order, got, want)
			}
		}
	}
}

// quarter names a colour of photo, which JPEG has changed a little.
func quarter(c canvas.Color) string {
	r, g, b := c>>16 > 0x80, c>>8&0xFF > 0x80, c&0xFF > 0x80
	return map[[3]bool]string{{true, false, false}: "R", {false, true, false}: "G", {false, false, true}: "B", {}: "K"}[[3]bool{r, g, b}]
}

// TestOrientationOf_Broken: EXIF data that is cut off or lies about itself counts as none.
func TestOrientationOf_Broken(t *testing.T) {
	whole := photo(t, binary.BigEndian, 6)
	const head = 4 + 2 + 6 + 8 + 2 + 2*tiffEntry // up to the end of the entry
	for n := range head {
		if got := orientationOf(whole[:n]); got != upright {
			t.Errorf("the first %d bytes: %d", n, got)
		}
	}
	for at := range head {
		for _, value := range []byte{0, 1, 0x7F, 0x80, 0xFE, 0xFF} {
			file := bytes.Clone(whole)
			file[at] = value
			if got := orientationOf(file); got < upright || got > lastOriented {
				t.Errorf("byte %d is %d: %d", at, value, got)
			}
		}
	}
	for _, data := range []string{"", "\xFF", "\xFF\xD8", "\xFF\xD8\xFF\xFF\xFF\xFF", "\x89PNG", "\xFF\xD8\xFF\xE1\x00\x00", "\xFF\xD8\xFF\xE1\x00\x08Exif\x00\x00"} {
		if got := orientationOf([]byte(data)); got != upright {
			t.Errorf("%q: %d", data, got)
		}
	}
}

func FuzzOrientationOf(f *testing.F) {
	for turn := range lastOriented {
		f.Add([]byte(fmt.Sprintf("\xFF\xD8\xFF\xE1\x00\x22Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00%c\x00\x00\x00\x00\x00\x00\x00", turn+1)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if got := orientationOf(data); got < upright || got > lastOriented {
			t.Errorf("%d", got)
		}
	})
}

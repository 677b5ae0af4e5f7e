package timelapse

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/draw"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/image/vp8l"

	"pixelplayground/actors/canvas"
)

// riff is a chunk and what follows it.
func riff(t *testing.T, content []byte) (name string, body, rest []byte) {
	t.Helper()
	size := int(binary.LittleEndian.Uint32(content[4:]))
	if len(content) < 8+size+size%2 {
		t.Fatalf("%s of %d bytes, and there are %d", content[:4], size, len(content)-8)
	}
	return string(content[:4]), content[8 : 8+size], content[8+size+size%2:]
}

func number24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// unpack decodes a VP8L with another's decoder.
func unpack(t *testing.T, packed []byte) *image.NRGBA {
	t.Helper()
	img, err := vp8l.Decode(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	return img.(*image.NRGBA)
}

// TestWebP: as for GIF, with any number of colours.
func TestWebP(t *testing.T) {
	for _, colors := range []int{1, 2, 5000} {
		f, list := film(), drawing(colors)
		content := create(t, f, list, func(w io.WriteSeeker) (Encoder, error) { return NewWebP(w, f) })
		name, body, rest := riff(t, content)
		if name != "RIFF" || len(rest) > 0 || !bytes.HasPrefix(body, []byte("WEBPVP8X")) {
			t.Fatalf("%q, %d bytes follow", content[:16], len(rest))
		}
		_, size, rest := riff(t, body[4:])
		now := image.NewNRGBA(image.Rect(0, 0, number24(size[4:])+1, number24(size[7:])+1))
		var frames []*image.NRGBA
		var long []int
		for len(rest) > 0 {
			if name, body, rest = riff(t, rest); name != "ANMF" {
				continue
			}
			kind, packed, _ := riff(t, body[16:])
			img := unpack(t, packed)
			if kind != "VP8L" || img.Rect.Dx() != number24(body[6:])+1 || img.Rect.Dy() != number24(body[9:])+1 {
				t.Fatalf("%s of %v", kind, img.Rect)
			}
			now = over(now, img, image.Pt(2*number24(body), 2*number24(body[3:])))
			frames, long = append(frames, now), append(long, number24(body[12:])*f.FPS/1000)
		}
		compare(t, shown(f, list), frames, long)
	}
}

// TestVP8L_Random: pictures of all kinds come back as they were: noise, few colours, runs, transparent ones, of one pixel, and such
// that a code would be longer than the format allows.
func TestVP8L_Random(t *testing.T) {
	const seed = 11
	random := rand.New(rand.NewPCG(seed, seed))
	var v packer
	for n := range 400 {
		img := image.NewNRGBA(image.Rect(0, 0, 1+random.IntN(90), 1+random.IntN(60)))
		colors, run := 1+random.IntN(1<<random.IntN(12)), 1+random.IntN(1<<random.IntN(9))
		skew := random.IntN(2) == 0
		for i := 0; i < len(img.Pix); {
			c := uint32(random.IntN(colors)) * 0x9E3779B1
			if skew { // some parts are a million times as frequent as others
				c = 1<<uint(min(random.ExpFloat64()*1.4, 31)) - 1
			}
			for range 1 + random.IntN(run) {
				if i < len(img.Pix) {
					binary.LittleEndian.PutUint32(img.Pix[i:], c|uint32(random.IntN(2))*0xFF000000)
				}
				i += 4
			}
		}
		packed := v.pack(img.Pix, img.Rect.Dx(), img.Rect.Dy())
		if got := unpack(t, packed); got.Rect != img.Rect || !bytes.Equal(got.Pix, img.Pix) {
			t.Fatalf("picture %d of %v with %d colours is another", n, img.Rect, colors)
		}
	}
}

// TestPrefixCode_Length: however uneven the counts are, no code is longer than allowed, and the codes use up all there are.
func TestPrefixCode_Length(t *testing.T) {
	counts := make([]uint32, 40)
	a, b := uint32(1), uint32(1)
	for i := range counts { // Fibonacci's numbers make the longest
		counts[i] = a
		a, b = b, a+b
	}
	for _, most := range []int{7, 15} {
		p, share := newPrefixCode(counts, most), 0
		for _, length := range p.lengths {
			if int(length) > most {
				t.Errorf("%d bits, at most %d", length, most)
			}
			share += 1 << most >> length
		}
		if share != 1<<most {
			t.Errorf("the codes take %d of %d", share, 1<<most)
		}
	}
}

func TestWebP_TooLarge(t *testing.T) {
	_, err := NewWebP(nil, Film{Area: image.Rect(0, 0, 1, 9000), Scale: 2, FPS: 1, Speed: 1})
	if err == nil || !strings.Contains(err.Error(), ".png") {
		t.Error(err)
	}
}

func BenchmarkVP8L(b *testing.B) {
	img := image.NewNRGBA(image.Rect(0, 0, 1920, 1080))
	draw.Draw(img, img.Rect, image.Transparent, image.Point{}, draw.Src)
	random := rand.New(rand.NewPCG(1, 1))
	for range 1440 { // of a frame of a day in half a minute
		c := canvas.Color(random.IntN(32) * 0x070503)
		i := img.PixOffset(random.IntN(1920), random.IntN(1080))
		copy(img.Pix[i:], []byte{byte(c >> 16), byte(c >> 8), byte(c), 0xFF})
	}
	var v packer
	for b.Loop() {
		b.SetBytes(int64(len(v.pack(img.Pix, 1920, 1080))))
	}
}

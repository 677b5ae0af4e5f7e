package timelapse

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/png"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pixelplayground/actors/canvas"
)

// drawing is pixels over ten seconds: bursts, pauses, some drawn over in the same frame, some outside of
// the area, one after the end.
func drawing(colors int) []Pixel {
	const seed = 7
	random := rand.New(rand.NewPCG(seed, seed))
	var list []Pixel
	for at := int64(0); at <= 10_000; at += random.Int64N(40) {
		if at > 3000 && at < 5200 {
			at = 5200
		}
		list = append(list, Pixel{at, uint16(random.IntN(50)), uint16(random.IntN(40)), canvas.Color(random.IntN(colors) * 0x010305)})
	}
	return append(list, Pixel{10_500, 10, 10, 0x123456})
}

func film() Film {
	return Film{Area: image.Rect(3, 2, 43, 33), Scale: 2, FPS: 10, From: 0, To: 10_000, Speed: 2}
}

func blank(f Film) *Picture {
	colors := slices.Repeat([]canvas.Color{canvas.Background}, f.Area.Dx()*f.Area.Dy())
	return &Picture{f.Area.Dx(), f.Area.Dy(), colors}
}

func sequence(list []Pixel) iter.Seq2[Pixel, error] {
	return func(yield func(Pixel, error) bool) {
		for _, p := range list {
			if !yield(p, nil) {
				return
			}
		}
	}
}

// shown is what a film shows during each of its frames.
func shown(f Film, list []Pixel) (frames []*image.NRGBA) {
	for n := range f.Frames() {
		img := image.NewNRGBA(image.Rect(0, 0, f.Area.Dx()*f.Scale, f.Area.Dy()*f.Scale))
		draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
		for _, p := range list {
			if float64(p.Time) > float64(n)/float64(f.FPS)*1000*f.Speed {
				break
			}
			x, y := (int(p.X)-f.Area.Min.X)*f.Scale, (int(p.Y)-f.Area.Min.Y)*f.Scale
			c := color.NRGBA{uint8(p.Color >> 16), uint8(p.Color >> 8), uint8(p.Color), 0xFF}
			draw.Draw(img, image.Rect(x, y, x+f.Scale, y+f.Scale), image.NewUniform(c), image.Point{}, draw.Src)
		}
		frames = append(frames, img)
	}
	return append(frames, slices.Repeat(frames[len(frames)-1:], 2*f.FPS)...)
}

// compare fails the test unless frames, each with how long it is shown in frames, are what is wanted.
func compare(t *testing.T, want []*image.NRGBA, frames []*image.NRGBA, long []int) {
	t.Helper()
	n := 0
	for i, img := range frames {
		for range long[i] {
			if n < len(want) && !bytes.Equal(img.Pix, want[n].Pix) {
				t.Errorf("frame %d is another, shown by image %d", n, i)
				return
			}
			n++
		}
	}
	if n != len(want) {
		t.Errorf("%d frames, want %d", n, len(want))
	}
}

// over draws what has changed over what was there.
func over(before *image.NRGBA, changed image.Image, at image.Point) *image.NRGBA {
	after := &image.NRGBA{Pix: slices.Clone(before.Pix), Stride: before.Stride, Rect: before.Rect}
	b := changed.Bounds()
	draw.Draw(after, b.Sub(b.Min).Add(at), changed, b.Min, draw.Over)
	return after
}

func make1(t *testing.T, f Film, list []Pixel, to Encoder) {
	t.Helper()
	last := 0
	if err := Make(f, blank(f), sequence(list), to, func(n int) { last = n }); err != nil {
		t.Fatal(err)
	}
	if last != f.Frames() {
		t.Errorf("told of %d frames of %d", last, f.Frames())
	}
}

// TestGIF: each frame is as the canvas was at its time, pixel by pixel, for as long as it should.
func TestGIF(t *testing.T) {
	f, list := film(), drawing(200)
	var file bytes.Buffer
	to, approximate := NewGIF(&file, f)
	make1(t, f, list, to)
	all, err := gif.DecodeAll(&file)
	if err != nil {
		t.Fatal(err)
	}
	if approximate() > 0 || all.LoopCount != 0 {
		t.Errorf("%d colours are approximate; loops %d", approximate(), all.LoopCount)
	}
	now := image.NewNRGBA(image.Rect(0, 0, all.Config.Width, all.Config.Height))
	var frames []*image.NRGBA
	var long []int
	for i, img := range all.Image {
		now = over(now, img, img.Rect.Min)
		frames, long = append(frames, now), append(long, all.Delay[i]*f.FPS/100)
	}
	compare(t, shown(f, list), frames, long)
	if len(frames) > 45 {
		t.Errorf("%d images: frames in which nothing has changed need none", len(frames))
	}
}

// TestGIF_ManyColors: a frame with more colours than a palette has shows alike ones.
func TestGIF_ManyColors(t *testing.T) {
	f := Film{Area: image.Rect(0, 0, 64, 64), Scale: 1, FPS: 10, Speed: 1}
	start := blank(f)
	for i := range start.Colors {
		start.Colors[i] = canvas.Color(i%64*4<<16 | i/64*4<<8)
	}
	var file bytes.Buffer
	to, approximate := NewGIF(&file, f)
	if err := Make(f, start, sequence(nil), to, func(int) {}); err != nil {
		t.Fatal(err)
	}
	img, err := gif.Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	if approximate() != 64*64-255 {
		t.Errorf("%d colours are approximate", approximate())
	}
	for i, c := range start.Colors {
		r, g, b, _ := img.At(i%64, i/64).RGBA()
		for n, is := range []uint32{b >> 8, g >> 8, r >> 8} {
			if d := int(is) - channel(c, n); d < -16 || d > 16 {
				t.Fatalf("%06x is shown as %02x%02x%02x", c, r>>8, g>>8, b>>8)
			}
		}
	}
}

// TestGIF_Standstill: a frame may be shown for longer than the format has numbers for.
func TestGIF_Standstill(t *testing.T) {
	f := Film{Area: image.Rect(0, 0, 2, 2), Scale: 1, FPS: 10, To: 2_000_000, Speed: 1}
	var file bytes.Buffer
	to, _ := NewGIF(&file, f)
	make1(t, f, []Pixel{{1_999_000, 0, 0, 1}}, to)
	all, err := gif.DecodeAll(&file)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, delay := range all.Delay {
		sum += delay
	}
	if sum != 200_210 {
		t.Errorf("%d hundredths of a second", sum)
	}
}

// create makes a film in a file.
func create(t *testing.T, f Film, list []Pixel, open func(io.WriteSeeker) (Encoder, error)) []byte {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "film"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	to, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	make1(t, f, list, to)
	content, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestAPNG: as for GIF; with any number of colours, and whoever knows nothing of animation sees the
// first frame.
func TestAPNG(t *testing.T) {
	f, list := film(), drawing(5000)
	content := create(t, f, list, func(w io.WriteSeeker) (Encoder, error) { return NewAPNG(w, f), nil })
	first, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	now := image.NewNRGBA(first.Bounds())
	var frames []*image.NRGBA
	var long []int
	var control, head []byte
	count, next := uint32(0), uint32(0)
	for rest := content[8:]; len(rest) > 0; {
		size := binary.BigEndian.Uint32(rest)
		name, body := string(rest[4:8]), rest[8:8+size]
		if crc32.ChecksumIEEE(rest[4:8+size]) != binary.BigEndian.Uint32(rest[8+size:]) {
			t.Fatalf("%s has a wrong sum", name)
		}
		rest = rest[12+size:]
		if name == "fcTL" || name == "fdAT" {
			if binary.BigEndian.Uint32(body) != next {
				t.Fatalf("%s is out of order", name)
			}
			next++
		}
		switch name {
		case "IHDR":
			head = body
		case "acTL":
			count = binary.BigEndian.Uint32(body)
		case "fcTL":
			control = body
		case "fdAT":
			body = body[4:]
			fallthrough
		case "IDAT":
			img := still(t, control, head, body)
			now = over(now, img, image.Pt(int(binary.BigEndian.Uint32(control[12:])), int(binary.BigEndian.Uint32(control[16:]))))
			frames, long = append(frames, now), append(long, int(binary.BigEndian.Uint16(control[20:])))
			if delay := binary.BigEndian.Uint16(control[22:]); int(delay) != f.FPS {
				t.Errorf("delay in %d", delay)
			}
		}
	}
	if int(count) != len(frames) {
		t.Errorf("%d frames, says %d", len(frames), count)
	}
	compare(t, shown(f, list), frames, long)
}

// still decodes one frame of an animated PNG.
func still(t *testing.T, control, head, body []byte) image.Image {
	t.Helper()
	var file bytes.Buffer
	a := &apng{w: seeker{&file}}
	a.write([]byte("\x89PNG\r\n\x1a\n"))
	a.chunk("IHDR", control[4:12], head[8:])
	a.chunk("IDAT", body)
	a.chunk("IEND")
	img, err := png.Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// seeker is a file that nobody seeks in.
type seeker struct{ io.Writer }

func (seeker) Seek(int64, int) (int64, error) { return 0, errors.New("not here") }

func TestRaw(t *testing.T) {
	f, list := film(), drawing(5000)
	var out bytes.Buffer
	make1(t, f, list, NewRaw(&out, f))
	var frames []*image.NRGBA
	for out.Len() > 0 {
		img := image.NewNRGBA(image.Rect(0, 0, f.Area.Dx()*f.Scale, f.Area.Dy()*f.Scale))
		for i := 0; i < len(img.Pix); i += 4 {
			copy(img.Pix[i:], out.Next(3))
			img.Pix[i+3] = 0xFF
		}
		frames = append(frames, img)
	}
	compare(t, shown(f, list), frames, slices.Repeat([]int{1}, len(frames)))
}

// TestVideo: what ffmpeg gets and says, with a program in its place.
func TestVideo(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	f, list := film(), drawing(10)
	if _, err := NewVideo(t.Context(), "a.mp4", f); err == nil || !strings.Contains(err.Error(), "apt install ffmpeg") {
		t.Errorf("without ffmpeg: %v", err)
	}
	program, out := filepath.Join(dir, "ffmpeg"), filepath.Join(dir, "out")
	install := func(script string) {
		if err := os.WriteFile(program, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	install("echo $@ > " + out + ".args; exec /bin/cat > " + out)
	var want bytes.Buffer
	make1(t, f, list, NewRaw(&want, f))
	for name, args := range map[string]string{"-a.mp4": "yuv420p", "a.webm": "yuv420p"} {
		to, err := NewVideo(t.Context(), name, f)
		if err != nil {
			t.Fatal(err)
		}
		make1(t, f, list, to)
		if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%d bytes, want %d; %v", len(got), want.Len(), err)
		}
		if said, err := os.ReadFile(out + ".args"); err != nil || !strings.Contains(string(said), "-s 80x62 -r 10 -i - ") || !strings.Contains(string(said), args) || !strings.HasSuffix(string(said), " file:"+name+"\n") {
			t.Errorf("%s: %s %v", name, said, err)
		}
	}
	install("echo no such codec >&2; exit 3")
	to, err := NewVideo(t.Context(), "a.mp4", f)
	if err != nil {
		t.Fatal(err)
	}
	if err := Make(f, blank(f), sequence(list), to, func(int) {}); err == nil || !strings.Contains(err.Error(), "no such codec") {
		t.Errorf("it fails: %v", err)
	}
}

// TestMake_Fails: what goes wrong on either side ends the film.
func TestMake_Fails(t *testing.T) {
	f, broken := film(), errors.New("broken")
	to, _ := NewGIF(&bytes.Buffer{}, f)
	if err := Make(f, blank(f), func(yield func(Pixel, error) bool) { yield(Pixel{}, broken) }, to, func(int) {}); !errors.Is(err, broken) {
		t.Error(err)
	}
	to, _ = NewGIF(seeker{failing{broken}}, f)
	if err := Make(f, blank(f), sequence(drawing(3)), to, func(int) {}); !errors.Is(err, broken) {
		t.Error(err)
	}
}

type failing struct{ error }

func (f failing) Write([]byte) (int, error) { return 0, f.error }

package main

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/telemetry/logtest"
	"pixelplayground/codec"
	"pixelplayground/transport/client/clienttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limit is how long a test waits for something that must happen.
const limit = 10 * time.Second

// testLimits are the limits of a canvas of 3x2 regions, without a limit on the rate.
func testLimits() codec.Welcome {
	return codec.Welcome{Node: "test", Geometry: canvas.Geometry{Width: 40, Height: 24, Region: 16}, Burst: 1000, Window: 8}
}

// output is a stream that can be read while it is written.
type output struct{ logtest.Lines }

// waitFor waits until the stream contains a text.
func (o *output) waitFor(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(limit); !strings.Contains(o.String(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %q in:\n%s", text, o)
		}
	}
}

// command is a pixelctl that is running or has ended.
type command struct {
	out, err output
	stop     context.CancelFunc
	code     chan int
}

// start runs pixelctl until the test ends.
func start(t *testing.T, stdin []byte, args ...string) *command {
	ctx, stop := context.WithCancel(context.Background())
	c := &command{stop: stop, code: make(chan int, 1)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.code <- run(ctx, args, streams{in: bytes.NewReader(stdin), out: &c.out, err: &c.err})
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return c
}

// wait waits for the end and returns the exit code.
func (c *command) wait(t *testing.T) int {
	t.Helper()
	select {
	case code := <-c.code:
		return code
	case <-time.After(2 * limit):
		t.Fatalf("did not end; out:\n%serr:\n%s", &c.out, &c.err)
		return -1
	}
}

// expect fails the test unless the command ends with a code and a text on its stderr.
func (c *command) expect(t *testing.T, code int, err string) {
	t.Helper()
	if got := c.wait(t); got != code || !strings.Contains(c.err.String(), err) {
		t.Errorf("exit code %d, want %d with %q; out:\n%serr:\n%s", got, code, err, &c.out, &c.err)
	}
}

// noise is a picture in which every pixel differs from its neighbours and from white.
func noise(t *testing.T, width, height int) *image.NRGBA {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetNRGBA(x, y, color.NRGBA{R: uint8(random.IntN(255)), G: uint8(random.IntN(256)), B: uint8(random.IntN(256)), A: 0xFF})
		}
	}
	return img
}

func encode(t *testing.T, img image.Image) []byte {
	t.Helper()
	var data bytes.Buffer
	if err := png.Encode(&data, img); err != nil {
		t.Fatal(err)
	}
	return data.Bytes()
}

// save writes a picture into a file of the test.
func save(t *testing.T, img image.Image) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "picture.png")
	if err := os.WriteFile(name, encode(t, img), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// compare fails the test unless the canvas shows img at a point, and white elsewhere.
func compare(t *testing.T, server *clienttest.Canvas, img *image.NRGBA, at image.Point) {
	t.Helper()
	wrong := 0
	for y := range testLimits().Geometry.Height {
		for x := range testLimits().Geometry.Width {
			want := canvas.Background
			if p := image.Pt(x, y).Sub(at); p.In(img.Rect) {
				c := img.NRGBAAt(p.X, p.Y)
				want = canvas.Color(c.R)<<16 | canvas.Color(c.G)<<8 | canvas.Color(c.B)
			}
			if server.At(x, y) != want {
				wrong++
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d pixels of the canvas are wrong", wrong)
	}
}

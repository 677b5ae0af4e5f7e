//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

type short struct{ got, want int }

func (e *short) Error() string { return fmt.Sprintf("%d of %d", e.got, e.want) }

// sameReplica compares two clients' pixels.
func sameReplica(a, b *client.Client) error {
	whole := image.Rect(0, 0, a.Welcome().Geometry.Width, a.Welcome().Geometry.Height)
	one, two := a.Image(whole), b.Image(whole)
	for y := one.Bounds().Min.Y; y < one.Bounds().Max.Y; y++ {
		for x := one.Bounds().Min.X; x < one.Bounds().Max.X; x++ {
			if p, q := one.At(x, y), two.At(x, y); !same(p, q) {
				return fmt.Errorf("pixel %d,%d is %v and %v", x, y, p, q)
			}
		}
	}
	return nil
}

func same(a, b color.Color) bool {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	return ar == br && ag == bg && ab == bb
}

// photograph makes a picture that looks like a photograph to a compressor: shading, detail, grain.
func photograph(width, height int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	grain := uint32(1)
	for y := range height {
		for x := range width {
			grain = grain*1664525 + 1013904223
			u, v := float64(x)/float64(width), float64(y)/float64(height)
			wave := math.Sin(9*u+4*math.Sin(6*v)) * math.Cos(7*v)
			shade := func(base, swing float64) uint8 {
				return uint8(max(0, min(250, base+swing*wave+60*(1-v)+float64(grain>>29))))
			}
			img.SetRGBA(x, y, color.RGBA{shade(110, 90), shade(90, 60), shade(120, 40), 255})
		}
	}
	return img
}

// Goal: kill -9 loses nothing acknowledged, nothing is drawn twice, and clients go on by
// themselves. Method: pixelctl draws a photograph of 400x400, the server is killed in the middle
// and started again; pixelctl must succeed, and the canvas must equal the picture exactly.
func TestDraw_SurvivesKill(t *testing.T) {
	beside(t)
	s := start(t, "--rate", "0")
	picture := photograph(400, 400)
	file := filepath.Join(t.TempDir(), "photograph.png")
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, picture); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, encoded.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	watcher := dial(t, client.Config{URLs: []string{s.ws()}, Replica: true})

	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	draw := exec.CommandContext(ctx, filepath.Join(binaries, "pixelctl"), "draw", file, "--at", "100,150", "--target", s.ws())
	var said bytes.Buffer
	draw.Stdout, draw.Stderr = &said, &said
	if err := draw.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a fifth is drawn", func() error {
		if got := int(watcher.Stats().PixelsReceived); got < 400*400/5 {
			return &short{got, 400 * 400 / 5}
		}
		return nil
	})
	s.kill()
	s.restart()
	if err := draw.Wait(); err != nil {
		t.Fatalf("pixelctl draw: %v\n%s", err, said.String())
	}
	t.Logf("pixelctl said:\n%s", said.String())

	shot := filepath.Join(t.TempDir(), "canvas.png")
	if out, err := exec.CommandContext(ctx, filepath.Join(binaries, "pixelctl"), "snapshot", shot, "--target", s.ws()).CombinedOutput(); err != nil {
		t.Fatalf("pixelctl snapshot: %v\n%s", err, out)
	}
	body, err := os.ReadFile(shot)
	if err != nil {
		t.Fatal(err)
	}
	served, err := get(s.url + "/api/canvas.png")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"pixelctl snapshot": body, "/api/canvas.png": served} {
		canvas, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		wrong := 0
		for y := range 400 {
			for x := range 400 {
				if !same(picture.At(x, y), canvas.At(100+x, 150+y)) {
					wrong++
				}
			}
		}
		if wrong > 0 || !same(canvas.At(99, 150), color.White) {
			t.Errorf("%s: %d pixels differ from the picture", name, wrong)
		}
	}
	if got := watcher.Stats(); got.Reconnects == 0 || got.Gaps+got.Duplicates > 0 {
		t.Errorf("the watcher: %d reconnects, %d gaps, %d duplicates", got.Reconnects, got.Gaps, got.Duplicates)
	}
}

// Goal: on SIGTERM the server tells its clients, flushes everything and ends with exit code 0; the
// clients come back.
func TestServer_DrainsOnTerminate(t *testing.T) {
	beside(t)
	s := start(t)
	closed := make(chan error, 8) // sent to by the handler, never closed
	c := dial(t, client.Config{URLs: []string{s.ws()}, Replica: true, Handler: client.Handler{
		Disconnected: func(err error, _ time.Duration) {
			select {
			case closed <- err:
			default:
			}
		},
	}})
	if err := c.Place(context.Background(), []canvas.Dot{{X: 7, Y: 8, Color: 0x123456}}); err != nil {
		t.Fatal(err)
	}
	if code := s.terminate(); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
	select {
	case err := <-closed:
		if want := "1012"; !bytes.Contains([]byte(err.Error()), []byte(want)) {
			t.Errorf("closed with %v, want code %s", err, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the client was not told")
	}
	s.restart()
	eventually(t, "the client is back with the pixel", func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return c.Place(ctx, []canvas.Dot{{X: 8, Y: 8, Color: 0x654321}})
	})
	body, err := get(s.url + "/api/pixel/7/8")
	if err != nil || !bytes.Contains(body, []byte("#123456")) {
		t.Errorf("the pixel after the restart: %s, %v", body, err)
	}
}

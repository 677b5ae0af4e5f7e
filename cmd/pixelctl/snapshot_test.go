package main

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client/clienttest"
)

func TestSnapshot(t *testing.T) {
	server := clienttest.NewCanvas(t, testLimits(), clienttest.Faults{})
	server.Paint(9, canvas.Dot{X: 0, Y: 0, Color: 0x010203}, canvas.Dot{X: 39, Y: 23, Color: 0xFF0000})
	read := func(data []byte) image.Image {
		t.Helper()
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	name := filepath.Join(t.TempDir(), "canvas.png")
	start(t, nil, "snapshot", name, "--target", server.URL()).expect(t, exitDone, "saved 40x24 pixels to "+name)
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	img := read(data)
	if img.Bounds().Size() != image.Pt(40, 24) {
		t.Fatalf("image is %v", img.Bounds())
	}
	for at, want := range map[image.Point]canvas.Color{{X: 0, Y: 0}: 0x010203, {X: 39, Y: 23}: 0xFF0000, {X: 20, Y: 20}: canvas.Background} {
		if got := onBackground(img.At(at.X, at.Y)); got != want {
			t.Errorf("pixel %v is %v, want %v", at, got, want)
		}
	}

	part := start(t, nil, "snapshot", "-", "--rect", "30,20,10,4", "--target", server.URL())
	part.expect(t, exitDone, "")
	img = read([]byte(part.out.String()))
	if img.Bounds().Size() != image.Pt(10, 4) || onBackground(img.At(9, 3)) != 0xFF0000 {
		t.Errorf("the part is %v with %v in its corner", img.Bounds(), img.At(9, 3))
	}
	start(t, nil, "snapshot", "-", "--rect", "30,20,11,4", "--target", server.URL()).
		expect(t, exitFailed, "--rect is not wholly on the canvas: it can have 0,0,40,24")
	start(t, nil, "snapshot", filepath.Join(name, "below.png"), "--target", server.URL()).expect(t, exitFailed, "write snapshot: ")
}

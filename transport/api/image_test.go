package api

import (
	"image/png"
	"strings"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
)

// TestImage_Views decodes images with another program's decoder and compares every pixel.
func TestImage_Views(t *testing.T) {
	p := newPod(t)
	noise(t, p.canvas)
	for query, v := range map[string]part{
		"":                            {0, 0, 40, 20, 1},
		"?x=15&y=15&w=2&h=2":          {15, 15, 2, 2, 1}, // where four regions meet
		"?x=39&y=19":                  {39, 19, 1, 1, 1},
		"?x=16&w=16&h=16":             {16, 0, 16, 16, 1}, // exactly one region
		"?x=3&y=1&w=33&h=18&scale=3":  {3, 1, 33, 18, 3},
		"?x=0&y=0&w=40&h=20&scale=32": {0, 0, 40, 20, 32}, // several chunks of image data
	} {
		w := p.ask("GET", "/api/canvas.png"+query, "")
		image, err := png.Decode(w.Body)
		if err != nil || w.Header().Get("Content-Type") != "image/png" {
			t.Fatalf("%s: %v, type %q", query, err, w.Header().Get("Content-Type"))
		}
		size := image.Bounds().Size()
		if size.X != v.width*v.scale || size.Y != v.height*v.scale {
			t.Fatalf("%s: image is %v", query, size)
		}
		for y := range size.Y {
			for x := range size.X {
				r, g, b, _ := image.At(x, y).RGBA()
				got := canvas.Color(r>>8<<16 | g>>8<<8 | b>>8)
				if want := p.canvas.at(v.x+x/v.scale, v.y+y/v.scale); got != want {
					t.Fatalf("%s: pixel %d,%d of the image is %s, want %s", query, x, y, got, want)
				}
			}
		}
	}
}

func TestImage_TooLarge(t *testing.T) {
	p := newPod(t, func(c *Config) { c.Geometry = canvas.Geometry{Width: 8192, Height: 4096, Region: 256} })
	w := p.ask("GET", "/api/canvas.png?scale=2", "")
	if got := decode[answer.Failure](t, w.Body).Error; w.Code != 400 || got != "the image would have 134217728 pixels, at most 67108864: choose a smaller scale, w or h" {
		t.Errorf("got %d %q", w.Code, got)
	}
	if p.canvas.reads != 0 {
		t.Errorf("%d regions were read for nothing", p.canvas.reads)
	}
}

func TestImage_NotModified(t *testing.T) {
	p := newPod(t)
	get := func(query, ifNoneMatch string) (status int, tag string) {
		t.Helper()
		w := p.ask("GET", "/api/canvas.png"+query, "", "If-None-Match", ifNoneMatch)
		if got := w.Header().Get("Cache-Control"); got != "no-cache" {
			t.Errorf("Cache-Control %q", got)
		}
		if w.Code == 304 && w.Body.Len() > 0 {
			t.Error("304 with a body")
		}
		return w.Code, w.Header().Get("ETag")
	}
	_, whole := get("", "")
	_, corner := get("?w=16&h=16", "")
	if !strings.HasPrefix(whole, `W/"`) || whole == corner {
		t.Fatalf("tags %s and %s", whole, corner)
	}
	for _, header := range []string{whole, `"x", ` + whole, strings.TrimPrefix(whole, "W/"), "*"} {
		if status, _ := get("", header); status != 304 {
			t.Errorf("If-None-Match: %s: got %d, want 304", header, status)
		}
	}
	p.canvas.paint(39, 19, 0x123456)
	if status, tag := get("", whole); status != 200 || tag == whole {
		t.Errorf("after a pixel: got %d with %s", status, tag)
	}
	if status, _ := get("?w=16&h=16", corner); status != 304 {
		t.Errorf("after a pixel elsewhere: got %d, want 304", status)
	}
}

package main

import (
	"context"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client"
	"pixelplayground/transport/client/clienttest"
)

// Goal: whatever is refused and whatever breaks, in the end the canvas equals the picture exactly.
// Method: every third op is refused, and every seventh breaks the connection before its ack.
func TestDraw_ThroughRefusalsAndBrokenConnections(t *testing.T) {
	limits := testLimits()
	limits.Rate, limits.Burst = 1000, 300 // strokes of 100 pixels
	asked := 0
	var server *clienttest.Canvas
	server = clienttest.NewCanvas(t, limits, clienttest.Faults{
		Refuse: func(int, codec.Place) codec.Refused {
			if asked++; asked%3 == 0 {
				return codec.Refused{Code: canvas.RefusedRate, Retry: time.Millisecond, Left: 300}
			}
			if asked == 4 {
				return codec.Refused{Code: canvas.RefusedUnavailable, Retry: time.Millisecond, Left: 300}
			}
			return codec.Refused{}
		},
		Placed: func(ops int) {
			if ops%7 == 0 {
				server.Drop()
			}
		},
	})
	img := noise(t, 37, 22)
	c := start(t, nil, "draw", save(t, img), "--at", "2,1", "--target", server.URL(), "--name", "Artist")
	c.expect(t, exitDone, "connected again, to test")
	compare(t, server, img, image.Pt(2, 1))
	for _, want := range []string{"drew 814 pixels in ", ", 0 already of the right colour; ", "; the canvas equals the picture\n"} {
		if !strings.Contains(c.out.String(), want) {
			t.Errorf("summary %q, want %q in it", &c.out, want)
		}
	}
	for _, want := range []string{"The canvas can't be saved right now; trying again", " 0 of 814 pixels\n"} {
		if !strings.Contains(c.err.String(), want) {
			t.Errorf("no %q in:\n%s", want, &c.err)
		}
	}
	if strings.Contains(c.out.String(), " 0 refusals") || strings.Contains(c.out.String(), " 0 reconnects") {
		t.Errorf("nothing was in the way: %s", &c.out)
	}
}

func TestDraw_GoesOnWhenTheServerIsKilledAndRestarted(t *testing.T) {
	limits := testLimits()
	limits.Rate, limits.Burst = 2000, 200
	half := make(chan struct{})
	server := clienttest.NewCanvas(t, limits, clienttest.Faults{Placed: func(ops int) {
		if ops == 3 {
			close(half)
		}
	}})
	img := noise(t, 40, 24)
	c := start(t, encode(t, img), "draw", "-", "--at", "0,0", "--target", server.URL())
	select {
	case <-half:
	case <-time.After(limit):
		t.Fatalf("has not begun: %s", &c.err)
	}
	server.Stop()
	c.err.waitFor(t, "connecting again")
	server.Start()
	c.expect(t, exitDone, "connected again")
	compare(t, server, img, image.Point{})
}

func TestDraw_SkipsWhatIsThere(t *testing.T) {
	server := clienttest.NewCanvas(t, testLimits(), clienttest.Faults{})
	img := noise(t, 20, 20)
	name := save(t, img)
	at := []string{"draw", name, "--at", "10,2", "--target", server.URL()}
	start(t, nil, at...).expect(t, exitDone, "")
	ops := server.Ops()

	again := start(t, nil, at...)
	again.expect(t, exitDone, "")
	if !strings.Contains(again.out.String(), "drew 0 pixels") || !strings.Contains(again.out.String(), ", 400 already of the right colour;") {
		t.Errorf("the second time: %s", &again.out)
	}
	if server.Ops() != ops {
		t.Errorf("the second time placed %d ops", server.Ops()-ops)
	}
	server.Paint(9, canvas.Dot{X: 12, Y: 4, Color: 1}, canvas.Dot{X: 13, Y: 4, Color: 1})
	repair := start(t, nil, at...)
	repair.expect(t, exitDone, "")
	if !strings.Contains(repair.out.String(), "drew 2 pixels") {
		t.Errorf("after two pixels were painted over: %s", &repair.out)
	}
	all := start(t, nil, append(at, "--no-skip-same")...)
	all.expect(t, exitDone, "")
	if !strings.Contains(all.out.String(), "drew 400 pixels") {
		t.Errorf("with --no-skip-same: %s", &all.out)
	}
	compare(t, server, img, image.Pt(10, 2))
}

func TestDraw_LeavesTransparentPixels(t *testing.T) {
	server := clienttest.NewCanvas(t, testLimits(), clienttest.Faults{})
	server.Paint(9, canvas.Dot{X: 1, Color: 0x111111}, canvas.Dot{X: 2, Color: 0x222222})
	img := image.NewNRGBA(image.Rect(0, 0, 3, 1))
	img.SetNRGBA(0, 0, color.NRGBA{R: 0xFF, A: 0xFF})
	img.SetNRGBA(2, 0, color.NRGBA{A: 0x80}) // half black: grey on white
	start(t, nil, "draw", save(t, img), "--at", "0,0", "--target", server.URL()).expect(t, exitDone, "")
	for x, want := range []canvas.Color{0xFF0000, 0x111111, 0x7F7F7F} {
		if got := server.At(x, 0); got != want {
			t.Errorf("pixel %d is %v, want %v", x, got, want)
		}
	}
}

func TestDraw_Interrupted(t *testing.T) {
	server := clienttest.NewCanvas(t, testLimits(), clienttest.Faults{
		Refuse: func(int, codec.Place) codec.Refused { return codec.Refused{Code: canvas.RefusedBusy, Retry: time.Hour} },
	})
	c := start(t, nil, "draw", save(t, noise(t, 5, 5)), "--at", "0,0", "--target", server.URL())
	c.err.waitFor(t, "The server is busy")
	c.stop()
	c.expect(t, exitInterrupted, "interrupted after 0 of 25 pixels")
}

func TestDraw_EndsWhenItCanNotSucceed(t *testing.T) {
	server := clienttest.NewCanvas(t, testLimits(), clienttest.Faults{
		Refuse: func(int, codec.Place) codec.Refused { return codec.Refused{Code: canvas.RefusedBounds} },
	})
	start(t, nil, "draw", save(t, noise(t, 5, 5)), "--at", "0,0", "--target", server.URL()).
		expect(t, exitFailed, "after 0 of 25 pixels: refused: That pixel is off the canvas")
}

// TestDraw_AgainstTheRules: pixelctl says in plain words what the canvas does not allow, and waits for one that
// opens by itself.
func TestDraw_AgainstTheRules(t *testing.T) {
	for why, words := range map[canvas.Refusal]string{
		canvas.RefusedFrozen:    "after 0 of 25 pixels: refused: The canvas is closed for drawing",
		canvas.RefusedProtected: "after 0 of 25 pixels: refused: This part of the canvas is protected",
		canvas.RefusedColor:     "after 0 of 25 pixels: refused: That colour is not one of this canvas",
		canvas.RefusedBanned:    "after 0 of 25 pixels: refused: You have been banned from this canvas",
	} {
		server := clienttest.NewCanvas(t, testLimits(), clienttest.Faults{
			Refuse: func(int, codec.Place) codec.Refused { return codec.Refused{Code: why} },
		})
		start(t, nil, "draw", save(t, noise(t, 5, 5)), "--at", "0,0", "--target", server.URL()).expect(t, exitFailed, words)
	}

	asked := 0
	server := clienttest.NewCanvas(t, testLimits(), clienttest.Faults{
		Refuse: func(int, codec.Place) codec.Refused {
			if asked++; asked == 1 {
				return codec.Refused{Code: canvas.RefusedFrozen, Retry: time.Millisecond, Left: 300}
			}
			return codec.Refused{}
		},
	})
	c := start(t, nil, "draw", save(t, noise(t, 5, 5)), "--at", "0,0", "--target", server.URL())
	c.expect(t, exitDone, "The canvas is closed for drawing; trying again\n")
}

// TestDraw_Banned: the server's reason is said.
func TestDraw_Banned(t *testing.T) {
	server := clienttest.Listen(t)
	c := start(t, nil, "draw", save(t, noise(t, 5, 5)), "--at", "0,0", "--target", server.URL())
	conn := server.Accept()
	conn.Next() // HELLO
	conn.Send(testLimits())
	conn.Next() // SUBSCRIBE
	conn.Close(codec.CloseBanned, "act 7: spam; appeal: mail@example.org")
	c.expect(t, exitFailed, "You have been banned from this canvas: act 7: spam; appeal: mail@example.org")
}

func TestDraw_PicturesThatDoNotFit(t *testing.T) {
	server := clienttest.NewCanvas(t, testLimits(), clienttest.Faults{})
	text := filepath.Join(t.TempDir(), "text.txt")
	if err := os.WriteFile(text, []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ picture, at, err string }{
		{save(t, noise(t, 10, 10)), "31,0", "a picture of 10x10 at 31,0 is not wholly on the canvas of 40x24: --at can be 0,0 to 30,14"},
		{save(t, noise(t, 41, 1)), "0,0", "the picture is 41x1 and the canvas 40x24: scale the picture down"},
		{text, "0,0", "PNG, JPEG and GIF will do"},
		{"nowhere.png", "0,0", "read picture: open nowhere.png"},
	} {
		c := start(t, nil, "draw", test.picture, "--at", test.at, "--target", server.URL())
		c.expect(t, exitFailed, test.err)
		if lines := strings.Count(c.err.String(), "\n"); lines != 1 {
			t.Errorf("%d lines: %s", lines, &c.err)
		}
	}
	if server.Ops() > 0 {
		t.Error("something was drawn")
	}
}

func TestSettled_TellsWhatIsDifferent(t *testing.T) {
	server := clienttest.NewCanvas(t, testLimits(), clienttest.Faults{})
	link, err := client.New(client.Config{URLs: []string{server.URL()}, Regions: client.AllRegions, Replica: true})
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	if err := link.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := newPicture(noise(t, 3, 3), upright, image.Pt(1, 1))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := settled(ctx, link, p); err == nil || !strings.Contains(err.Error(), "9 of 9 pixels look different") {
		t.Errorf("settled: %v", err)
	}
}

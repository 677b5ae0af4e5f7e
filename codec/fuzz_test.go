package codec

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"pixelplayground/actors/canvas"
)

// seed gives the fuzzer the golden frames of one side.
func seed(f *testing.F, from string) {
	for _, frame := range readFrames(f) {
		if frame.From == from {
			f.Add(mustHex(frame.Hex))
		}
	}
}

// fuzzDecode: a message that can be read can be written, and then reads the same.
func fuzzDecode(t *testing.T, from string, p []byte, message any, err error) {
	if err != nil {
		if !errors.Is(err, ErrMalformed) {
			t.Fatalf("error %v, want ErrMalformed", err)
		}
		return
	}
	if _, unknown := message.(Unknown); unknown {
		return
	}
	// Compared as bytes, because neighbouring runs of one author become one.
	first := appendMessage(nil, message)
	if second := appendMessage(nil, decodeFrom(t, from, first)); !bytes.Equal(first, second) {
		t.Fatalf("%x\nwritten as %x\n     then %x", p, first, second)
	}
}

func FuzzDecodeClient(f *testing.F) {
	seed(f, "client")
	f.Fuzz(func(t *testing.T, p []byte) {
		message, err := DecodeClient(p)
		fuzzDecode(t, "client", p, message, err)
		if place, ok := message.(Place); ok && (place.Op == 0 || len(place.Dots) < 1 || len(place.Dots) > MaxPlacePixels) {
			t.Fatalf("op %d with %d pixels let through", place.Op, len(place.Dots))
		}
	})
}

func FuzzDecodeServer(f *testing.F) {
	seed(f, "server")
	f.Fuzz(func(t *testing.T, p []byte) {
		message, err := DecodeServer(p)
		fuzzDecode(t, "server", p, message, err)
		if pixels, ok := message.(Pixels); ok {
			if b := pixels.Batch; b.To < b.From || uint64(b.Pixels()) > b.To-b.From {
				t.Fatalf("%d pixels from %d to %d let through", b.Pixels(), b.From, b.To)
			}
		}
	})
}

func FuzzDecodeJSON(f *testing.F) {
	for _, s := range []string{
		`{"type":"ping"}`, `{"type":"set_username","username":" Zo\u00eb \ud83c\udfa8 "}`, `[]`, `{`,
		`{"type":"pixel_update","x":3.0,"y":4e0,"color":"#fF00aa","username":"a\"b\\c"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		message, err := DecodeJSON(p, smallCanvas())
		switch m := message.(type) {
		case nil:
			if !errors.Is(err, ErrNotJSON) && !errors.Is(err, ErrBadPixel) {
				t.Fatalf("error %v", err)
			}
		case JSONSetUsername:
			if !utf8.ValidString(m.Username) || m.Username != canvas.CleanName(m.Username) {
				t.Fatalf("name %q let through", m.Username)
			}
		case JSONPixelUpdate:
			if !smallCanvas().Contains(int(m.Dot.X), int(m.Dot.Y)) {
				t.Fatalf("pixel %v let through", m.Dot)
			}
			// The update that others get to see is valid again.
			shown := string(AppendJSONPixelUpdated(nil, int(m.Dot.X), int(m.Dot.Y), m.Dot.Color, m.Spelling, m.Alias, 0))
			again, err := DecodeJSON([]byte(strings.Replace(shown, "pixel_updated", "pixel_update", 1)), smallCanvas())
			if m.Alias == "" {
				m.Alias = Anonymous
			}
			if again != m {
				t.Fatalf("%s\nshown as %s\n   again %+v (error %v)", p, shown, again, err)
			}
		}
	})
}

func FuzzDecompressTile(f *testing.F) {
	for _, frame := range serverFrames() {
		if s, ok := frame.message.(Snapshot); ok {
			f.Add(s.Data, 2, 2)
		}
	}
	f.Add(CompressTile(canvas.Tile(bytes.Repeat([]byte{1, 2, 3}, 30))), 5, 6)
	f.Fuzz(func(t *testing.T, data []byte, width, height int) {
		tile, err := DecompressTile(data, width, height)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("error %v, want ErrMalformed", err)
			}
			return
		}
		if len(tile) != 3*width*height {
			t.Fatalf("%d bytes for %dx%d", len(tile), width, height)
		}
		if again, err := DecompressTile(CompressTile(tile), width, height); err != nil || !bytes.Equal(again, tile) {
			t.Fatalf("compressed and decompressed again: another tile, or error %v", err)
		}
	})
}

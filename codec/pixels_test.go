package codec

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

// WebSocket headers of a server's frame, in bytes: payloads to 125 bytes, and to 65,535.
const (
	shortHeader = 2
	longHeader  = 4
)

// batchOf makes n pixels of one author, with the largest numbers that a server can reach.
func batchOf(n int) *canvas.Batch {
	return &canvas.Batch{Region: canvas.MaxRegions - 1, Epoch: 1 << 32, From: 1<<53 - uint64(n), To: 1 << 53,
		Ops: []canvas.Op{{ID: canvas.OpID{Author: 1<<48 - 1, Num: 1 << 53}, Name: "Ada", Pixels: make([]canvas.Pixel, n)}}}
}

func TestAppendPixels_Cost(t *testing.T) {
	if got := shortHeader + len(AppendPixels(nil, batchOf(1))); got > 48 {
		t.Errorf("a pixel costs %d bytes, at most 48", got)
	}
	if got := longHeader + len(AppendPixels(nil, batchOf(100))); got > 6*100 {
		t.Errorf("100 pixels of one author cost %d bytes, at most 600", got)
	}
	if got := shortHeader + len(AppendEmptyPixels(nil, at(canvas.MaxRegions-1, 1<<32, 1<<53))); got > 32 {
		t.Errorf("no pixels cost %d bytes, at most 32", got)
	}
}

func TestAppendPixels_JoinsRuns(t *testing.T) {
	px := func(pos uint16) canvas.Pixel { return canvas.Pixel{Pos: pos} }
	op := func(author canvas.Author, num uint64, name string, alias bool, pixels ...canvas.Pixel) canvas.Op {
		return canvas.Op{ID: canvas.OpID{Author: author, Num: num}, Name: name, Alias: alias, Spelling: "#aAbBcC", Pixels: pixels}
	}
	for _, test := range []struct {
		name string
		ops  []canvas.Op
		want []canvas.Op
	}{
		{"ops of one author", []canvas.Op{op(1, 1, "Ada", false, px(0)), op(1, 2, "Grace", false, px(1))},
			[]canvas.Op{run(1, px(0), px(1))}},
		{"ops of two authors", []canvas.Op{op(1, 1, "Ada", false, px(0)), op(2, 1, "Ada", false, px(1))},
			[]canvas.Op{run(1, px(0)), run(2, px(1))}},
		{"ops of none in between", []canvas.Op{op(1, 1, "", false, px(0)), op(2, 1, "", false), op(1, 2, "", false, px(1))},
			[]canvas.Op{run(1, px(0), px(1))}},
		{"one alias of two users", []canvas.Op{op(1, 1, "Bot", true, px(0)), op(2, 1, "Bot", true, px(1))},
			[]canvas.Op{aliasRun("Bot", px(0), px(1))}},
		{"alias and own name", []canvas.Op{op(1, 1, "Bot", true, px(0)), op(1, 2, "Bot", false, px(1))},
			[]canvas.Op{aliasRun("Bot", px(0)), run(1, px(1))}},
		{"alias without a name", []canvas.Op{op(1, 1, "", true, px(0))},
			[]canvas.Op{run(1, px(0))}},
		{"user 0 first", []canvas.Op{op(0, 1, "", false, px(0)), op(5, 1, "", false, px(1))},
			[]canvas.Op{run(0, px(0)), run(5, px(1))}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := canvas.Batch{Epoch: 1, To: 2, Time: 99, Ops: test.ops}
			got := decodeFrom(t, "server", AppendPixels(nil, &b))
			want := Pixels{canvas.Batch{Epoch: 1, To: 2, Ops: test.want}}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

// TestAppendPixels_Bounded: whoever draws, the message fits into what clients accept.
func TestAppendPixels_Bounded(t *testing.T) {
	everyPixelAnother := func(alias bool) *canvas.Batch {
		b := batchOf(canvas.MaxBatchPixels)
		pixels := b.Ops[0].Pixels
		b.Ops = nil
		for i := range pixels {
			op := canvas.Op{ID: canvas.OpID{Author: 1<<48 - 1 - canvas.Author(i)}, Alias: alias, Pixels: pixels[i : i+1]}
			op.Name = fmt.Sprintf("%05d%s", i, strings.Repeat("日", canvas.MaxName-5))
			b.Ops = append(b.Ops, op)
		}
		return b
	}
	for _, alias := range []bool{false, true} {
		b := everyPixelAnother(alias)
		message := AppendPixels([]byte("before"), b)[len("before"):]
		got := decodeFrom(t, "server", message).(Pixels).Batch
		if len(got.Ops) != len(b.Ops) || got.Ops[77].ID.Author != b.Ops[77].ID.Author || got.Ops[77].Alias {
			t.Errorf("alias %v: %d runs, number 77 is %+v; want each pixel's author", alias, len(got.Ops), got.Ops[77])
		}
	}
	few := everyPixelAnother(true)
	few.Ops = few.Ops[:10_000]
	if got := decodeFrom(t, "server", AppendPixels(nil, few)).(Pixels).Batch; got.Ops[9999].Name != few.Ops[9999].Name {
		t.Errorf("10,000 names fit, but the last is %q", got.Ops[9999].Name)
	}
}

// TestAppendPixels_Random: what a client applies is what the region applied.
func TestAppendPixels_Random(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		b := canvas.Batch{Region: canvas.RegionID(random.Uint32()), Epoch: random.Uint64(), From: random.Uint64N(1 << 60), Ops: nil}
		for range random.IntN(20) {
			op := canvas.Op{ID: canvas.OpID{Author: canvas.Author(random.Uint64N(3)), Num: 1}, Alias: random.IntN(3) == 0}
			if random.IntN(2) == 0 {
				op.Name = string(rune('a' + random.IntN(3)))
			}
			for range random.IntN(40) {
				op.Pixels = append(op.Pixels, canvas.Pixel{Pos: uint16(random.IntN(100)), Color: canvas.Color(random.IntN(1 << 24))})
			}
			b.Ops = append(b.Ops, op)
		}
		b.To = b.From + uint64(b.Pixels()) + random.Uint64N(2)*random.Uint64N(1000) // merged, or not
		got := decodeFrom(t, "server", AppendPixels(nil, &b)).(Pixels).Batch

		region, client := canvas.NewTile(10, 10), canvas.NewTile(10, 10)
		region.Apply(&b)
		client.Apply(&got)
		if string(region) != string(client) || got.Position() != b.Position() || got.From != b.From || got.Region != b.Region {
			t.Fatalf("decoded %+v\nfrom %+v", got, b)
		}
	}
}

// TestPixels_Allocs: what a message costs in allocations doesn't depend on its pixels.
func TestPixels_Allocs(t *testing.T) {
	dst := make([]byte, 0, 64<<10)
	place := func(n int) []byte { return AppendPlace(nil, Place{Op: 1, Dots: make([]canvas.Dot, n)}) }
	pixels := func(n int) []byte { return AppendPixels(nil, batchOf(n)) }
	manyAuthors := func(n int) *canvas.Batch {
		b := batchOf(n)
		all := b.Ops[0].Pixels
		b.Ops = nil
		for i := range all {
			b.Ops = append(b.Ops, run(canvas.Author(i), all[i]))
		}
		return b
	}
	for _, test := range []struct {
		name    string
		maximum float64 // allocations
		prepare func(n int) func()
	}{
		{"AppendPixels", 1, func(n int) func() { b := batchOf(n); return func() { dst = AppendPixels(dst[:0], b) } }},
		{"AppendPixels, many authors", 1, func(n int) func() { b := manyAuthors(n); return func() { dst = AppendPixels(dst[:0], b) } }},
		{"AppendPlace", 1, func(n int) func() {
			m := Place{Op: 1, Dots: make([]canvas.Dot, n)}
			return func() { dst = AppendPlace(dst[:0], m) }
		}},
		{"DecodeClient PLACE", 3, func(n int) func() { p := place(n); return func() { _, _ = DecodeClient(p) } }},
		{"DecodeServer PIXELS", 4, func(n int) func() { p := pixels(n); return func() { _, _ = DecodeServer(p) } }},
		{"DecodeServer PIXELS, many authors", 4, func(n int) func() {
			p := AppendPixels(nil, manyAuthors(n))
			return func() { _, _ = DecodeServer(p) }
		}},
	} {
		one, thousand := testing.AllocsPerRun(100, test.prepare(1)), testing.AllocsPerRun(100, test.prepare(1000))
		if one > test.maximum || thousand > one {
			t.Errorf("%s: %v allocations for 1 pixel, %v for 1,000; at most %v for any number", test.name, one, thousand, test.maximum)
		}
	}
}

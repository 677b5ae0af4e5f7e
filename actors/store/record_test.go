package store

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"pixelplayground/actors/canvas"
)

// goldenBatch has every field set, and each flag both ways.
func goldenBatch() *canvas.Batch {
	return &canvas.Batch{
		Region: 300, Epoch: 7, From: 1000, To: 1004, Time: 1_700_000_000_000,
		Ops: []canvas.Op{
			{ID: canvas.OpID{Author: 0xA1B2C3D4E5F6, Num: 1}, Name: "Zoë", Pixels: []canvas.Pixel{{Pos: 0xFFFF, Color: 0x123456}, {Pos: 1, Color: 0}}},
			{ID: canvas.OpID{Author: 0xA1B2C3D4E5F6, Num: 2}, Name: "Zoë", Alias: true, Spelling: "#aAbBcC", Pixels: []canvas.Pixel{{Pos: 2, Color: 0xAABBCC}}},
			{ID: canvas.OpID{Author: 9, Num: 70_000}, Pixels: []canvas.Pixel{{Pos: 3, Color: 0xFFFFFF}}},
		},
	}
}

// goldenRecord is goldenBatch as version 1 writes it. Data directories and peers hold such bytes:
// if they must change, the version must change too.
const goldenRecord = "01" + "ac02" + "07" + "e807" + "04" + "80a0abfef962" + "03" +
	"00" + "f6cbd39eacb628" + "045a6fc3ab" + "01" + "02" + "ffff123456" + "0001000000" +
	"0f" + "02" + "07" + "23614162426343" + "01" + "0002aabbcc" +
	"00" + "09" + "00" + "f0a204" + "01" + "0003ffffff"

func TestBatchRecord_Golden(t *testing.T) {
	want, err := hex.DecodeString(goldenRecord)
	if err != nil {
		t.Fatal(err)
	}
	if got := AppendBatch(nil, goldenBatch()); !bytes.Equal(got, want) {
		t.Errorf("record\n%x, want\n%x", got, want)
	}
	b, err := DecodeBatch(want)
	if err != nil || !reflect.DeepEqual(b, goldenBatch()) {
		t.Errorf("decoded %+v, %v", b, err)
	}
}

// goldenOrigins is goldenKeyed's origins as version 1 writes them, under the same rule.
const goldenOrigins = "01" + "00" + "0102030405060708090a0b0c0d0e0f10" + "00000007" + "03" + "00" + "00000000000000000000000000000000" + "00000001"

// goldenKeyed is goldenBatch with its origins set.
func goldenKeyed() *canvas.Batch {
	b := goldenBatch()
	for i := range 2 {
		b.Ops[i].ID.Key, b.Ops[i].Network = canvas.Key{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, 7
	}
	b.Ops[1].InTurn, b.Ops[2].Network = true, 1
	return b
}

func TestOrigins_Golden(t *testing.T) {
	b := goldenKeyed()
	if got := hex.EncodeToString(AppendOrigins(nil, b.Ops)); got != goldenOrigins {
		t.Errorf("origins\n%s, want\n%s", got, goldenOrigins)
	}
	if got := hex.EncodeToString(AppendBatch(nil, b)); got != goldenRecord {
		t.Errorf("beside them an earlier version reads\n%s, want\n%s", got, goldenRecord)
	}
	whole := AppendWhole(nil, b)
	if got, want := hex.EncodeToString(whole), "02"+goldenRecord[2:]+goldenOrigins; got != want {
		t.Errorf("whole\n%s, want\n%s", got, want)
	}
	if got, err := DecodeBatch(whole); err != nil || !reflect.DeepEqual(got, b) {
		t.Errorf("decoded %+v, %v", got, err)
	}
	if AppendOrigins(nil, goldenBatch().Ops) != nil || !bytes.Equal(AppendWhole(nil, goldenBatch()), AppendBatch(nil, goldenBatch())) {
		t.Error("origins of which nothing is known take room")
	}
}

func TestDecodeOrigins_RefusesCorrupt(t *testing.T) {
	good, err := hex.DecodeString(goldenOrigins)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string][]byte{
		"another version": append([]byte{2}, good[1:]...),
		"a byte too many": append(bytes.Clone(good), 0),
		"an unknown flag": append([]byte{1, 5}, good[2:]...),
	}
	for n := 1; n < len(good); n++ {
		cases["cut to "+hex.EncodeToString(good[:n])] = good[:n]
	}
	for name, p := range cases {
		if err := DecodeOrigins(p, goldenBatch().Ops); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := DecodeOrigins(nil, goldenBatch().Ops); err != nil {
		t.Errorf("none: %v", err)
	}
}

func TestBatchRecord_RoundTrip(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	batches := []*canvas.Batch{
		{},
		{Region: math.MaxUint32, Epoch: math.MaxUint64, From: math.MaxUint64, To: math.MaxUint64, Time: math.MinInt64},
		{To: 65536, Ops: []canvas.Op{{ID: canvas.OpID{Author: math.MaxUint64, Num: math.MaxUint64}}}}, // as Merge may leave it: fewer pixels than numbers
	}
	for range 200 {
		batches = append(batches, randomBatch(random))
	}
	for _, b := range batches {
		record := AppendWhole([]byte("kept"), b)
		if !bytes.HasPrefix(record, []byte("kept")) {
			t.Fatalf("AppendBatch changed what was before it")
		}
		got, err := DecodeBatch(record[4:])
		if err != nil || !reflect.DeepEqual(got, b) {
			t.Fatalf("decoded %+v, %v; want %+v", got, err, b)
		}
	}
}

func randomBatch(random *rand.Rand) *canvas.Batch {
	names := []string{"", "Ada", "Grace", "名前"}
	b := &canvas.Batch{Region: canvas.RegionID(random.Uint32N(4096)), Epoch: random.Uint64N(300), From: random.Uint64() >> 1, Time: random.Int64()}
	for range 1 + random.IntN(5) {
		op := canvas.Op{
			ID:    canvas.OpID{Author: canvas.Author(random.Uint64N(3) << 46), Num: random.Uint64()},
			Name:  names[random.IntN(len(names))],
			Alias: random.IntN(2) == 0,
		}
		if random.IntN(3) > 0 {
			op.ID.Key, op.Network, op.InTurn = canvas.Key{byte(random.IntN(3))}, canvas.Network(random.Uint32N(3)), random.IntN(2) == 0
		}
		if random.IntN(3) == 0 {
			op.Spelling = "#aAbBcC"
		}
		for range 1 + random.IntN(20) {
			op.Pixels = append(op.Pixels, canvas.Pixel{Pos: uint16(random.Uint32()), Color: canvas.Color(random.Uint32N(1 << 24))})
		}
		b.Ops = append(b.Ops, op)
	}
	b.To = b.From + uint64(b.Pixels()) + random.Uint64N(2)
	return b
}

func TestDecodeBatch_RefusesCorrupt(t *testing.T) {
	good := AppendBatch(nil, goldenBatch())
	cases := map[string][]byte{
		"nothing":                     {},
		"another version":             append([]byte{3}, good[1:]...),
		"origins that are not there":  append([]byte{2}, good[1:]...),
		"a byte too many":             append(bytes.Clone(good), 0),
		"a region over 32 bits":       {1, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0, 0},
		"to over 64 bits":             append(append([]byte{1, 0, 0}, bytes.Repeat([]byte{0xFF}, 9)...), 1, 1, 0, 0),
		"a number over 64 bits":       append(append([]byte{1, 0}, bytes.Repeat([]byte{0xFF}, 10)...), 1, 0, 0, 0),
		"2^62 ops":                    append([]byte{1, 0, 0, 0, 0, 0}, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40),
		"2^62 pixels":                 append([]byte{1, 0, 0, 0, 9, 0, 1, 3, 1}, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40),
		"a name of 2^62 bytes":        append([]byte{1, 0, 0, 0, 9, 0, 1, 1}, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40),
		"a name as long as its count": {1, 0, 0, 0, 9, 0, 1, 1, 3, 'a', 'b'},
		"an unknown flag":             {1, 0, 0, 0, 0, 0, 1, 0x13, 1, 0},
		"more pixels than numbers":    {1, 0, 0, 0, 0, 0, 1, 3, 1, 1, 0, 0, 1, 2, 3},
	}
	for length := range good {
		if b, err := DecodeBatch(good[:length]); !errors.Is(err, ErrCorrupt) || b != nil {
			t.Errorf("the first %d of %d bytes: %v, %v", length, len(good), b, err)
		}
	}
	for name, p := range cases {
		if b, err := DecodeBatch(p); !errors.Is(err, ErrCorrupt) || b != nil {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
	}
}

func TestBatchRecord_Allocations(t *testing.T) {
	b := randomBatch(rand.New(rand.NewPCG(1, 1)))
	record := AppendWhole(nil, b)
	buffer := make([]byte, 0, len(record))
	if n := testing.AllocsPerRun(100, func() { buffer = AppendWhole(buffer[:0], b) }); n != 0 {
		t.Errorf("AppendWhole allocates %v times", n)
	}
	// The batch, its ops, its pixels, and at most two texts an op.
	if n := testing.AllocsPerRun(100, func() { _, _ = DecodeBatch(record) }); n > float64(3+2*len(b.Ops)) {
		t.Errorf("DecodeBatch allocates %v times for %d ops", n, len(b.Ops))
	}
}

func FuzzDecodeBatch(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	f.Add(AppendBatch(nil, goldenBatch()))
	for range 20 {
		f.Add(AppendWhole(nil, randomBatch(random)))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		b, err := DecodeBatch(p)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) || b != nil {
				t.Fatalf("%v with error %v, want ErrCorrupt", b, err)
			}
			return
		}
		if uint64(b.Pixels()) > b.To-b.From || len(b.Ops) > len(p)/minOpBytes {
			t.Fatalf("%d ops, %d pixels from %d to %d let through in %d bytes", len(b.Ops), b.Pixels(), b.From, b.To, len(p))
		}
		again, err := DecodeBatch(AppendWhole(nil, b))
		if err != nil || !reflect.DeepEqual(again, b) {
			t.Fatalf("written and read again: %+v, %v; want %+v", again, err, b)
		}
	})
}

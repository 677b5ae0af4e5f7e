package store

import (
	"encoding/hex"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"pixelplayground/actors/canvas"
)

// besides are all that may stand beside a record, each with ops and how version 1 writes of them. Data
// directories and peers hold such bytes.
var besides = []struct {
	name   string
	append func([]byte, []canvas.Op) []byte
	decode func([]byte, []canvas.Op) error
	ops    []canvas.Op // four
	golden string
	fill   func(op *canvas.Op, random *rand.Rand)
}{
	{
		"users", AppendUsers, DecodeUsers,
		[]canvas.Op{{User: 7}, {User: 7}, {}, {User: 1<<48 - 1}},
		"01" + "0207" + "0100" + "01" + "ffffffffffff3f",
		func(op *canvas.Op, random *rand.Rand) {
			op.User = []canvas.Author{0, 1, math.MaxUint64}[random.IntN(3)]
		},
	},
	{
		"provenance", AppendProvenance, DecodeProvenance,
		[]canvas.Op{{From: 7}, {From: 7}, {}, {From: 1<<48 - 1, Cause: "undo 9"}},
		"01" + "020700" + "010000" + "01" + "ffffffffffff3f" + "06" + "756e646f2039",
		func(op *canvas.Op, random *rand.Rand) {
			op.From = []canvas.NetworkID{0, 1, 1<<48 - 1}[random.IntN(3)]
			op.Cause = strings.Repeat("x", []int{0, 0, 1, 200}[random.IntN(4)])
		},
	},
}

func TestBeside_Golden(t *testing.T) {
	for _, b := range besides {
		p := b.append(nil, b.ops)
		if got := hex.EncodeToString(p); got != b.golden {
			t.Errorf("%s: %s, want %s", b.name, got, b.golden)
		}
		read := make([]canvas.Op, len(b.ops))
		for i := range read { // what is not known replaces what was there
			b.fill(&read[i], rand.New(rand.NewPCG(1, 2)))
		}
		if err := b.decode(p, read); err != nil || !reflect.DeepEqual(read, b.ops) {
			t.Errorf("%s: read %+v, %v", b.name, read, err)
		}
		if got := b.append([]byte{5}, make([]canvas.Op, 2)); len(got) != 1 {
			t.Errorf("%s of which none is known take room: %x", b.name, got)
		}
		if err := b.decode(nil, make([]canvas.Op, 2)); err != nil {
			t.Errorf("%s: %v", b.name, err)
		}
	}
}

func TestBeside_RoundTrip(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, b := range besides {
		for range 1000 {
			ops := make([]canvas.Op, random.IntN(30))
			for i := range ops {
				b.fill(&ops[i], random)
			}
			read := make([]canvas.Op, len(ops))
			if err := b.decode(b.append(nil, ops), read); err != nil || !reflect.DeepEqual(read, ops) {
				t.Fatalf("%s: read %+v, %v; want %+v", b.name, read, err, ops)
			}
		}
	}
}

func TestBeside_RefusesCorrupt(t *testing.T) {
	for _, b := range besides {
		good, err := hex.DecodeString(b.golden)
		if err != nil {
			t.Fatal(err)
		}
		cases := map[string][]byte{
			"another version": append([]byte{2}, good[1:]...), "a byte too many": append(good[:len(good):len(good)], 0),
			"a run of no ops": {1, 0, 7, 4, 7}, "more ops than there are": {1, 5, 7, 0}, "fewer": {1, 3, 7, 0},
		}
		for n := 1; n < len(good); n++ {
			cases["cut to "+hex.EncodeToString(good[:n])] = good[:n]
		}
		for name, p := range cases {
			if err := b.decode(p, make([]canvas.Op, 4)); !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s: %s: %v", b.name, name, err)
			}
		}
	}
	for name, p := range map[string][]byte{
		"a network of 49 bits": {1, 4, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40, 0},
		"a cause of 2^62":      {1, 4, 7, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40},
	} {
		if err := DecodeProvenance(p, make([]canvas.Op, 4)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDecodeBeside(f *testing.F) {
	for _, b := range besides {
		f.Add(b.append(nil, b.ops), 4)
	}
	f.Fuzz(func(t *testing.T, p []byte, n int) {
		for _, b := range besides {
			ops := make([]canvas.Op, max(0, min(n, 1000)))
			if err := b.decode(p, ops); err != nil {
				if !errors.Is(err, ErrCorrupt) {
					t.Fatal(err)
				}
				continue
			}
			again := make([]canvas.Op, len(ops))
			if err := b.decode(b.append(nil, ops), again); err != nil || !reflect.DeepEqual(again, ops) {
				t.Fatalf("%s: written and read again: %+v, %v; want %+v", b.name, again, err, ops)
			}
		}
	})
}

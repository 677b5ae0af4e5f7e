package store

import (
	"encoding/hex"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"pixelplayground/actors/canvas"
)

// placedBy makes ops of these users.
func placedBy(users ...canvas.Author) (ops []canvas.Op) {
	for i, user := range users {
		ops = append(ops, canvas.Op{ID: canvas.OpID{Author: 9, Num: uint64(i)}, User: user})
	}
	return ops
}

// goldenUsers is how version 1 writes the users 7, 7, none, 2^48-1. Data directories and peers hold
// such bytes.
const goldenUsers = "01" + "0207" + "0100" + "01" + "ffffffffffff3f"

func TestUsers_Golden(t *testing.T) {
	ops := placedBy(7, 7, 0, 1<<48-1)
	p := AppendUsers(nil, ops)
	if got := hex.EncodeToString(p); got != goldenUsers {
		t.Errorf("users %s, want %s", got, goldenUsers)
	}
	read := placedBy(1, 2, 3, 4)
	if err := DecodeUsers(p, read); err != nil || !reflect.DeepEqual(read, ops) {
		t.Errorf("read %+v, %v", read, err)
	}
	if got := AppendUsers([]byte{5}, placedBy(0, 0)); len(got) != 1 {
		t.Errorf("users of which none is known take room: %x", got)
	}
	if err := DecodeUsers(nil, placedBy(0, 0)); err != nil {
		t.Error(err)
	}
}

func TestUsers_RoundTrip(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 1000 {
		ops := placedBy(make([]canvas.Author, random.IntN(30))...)
		for i := range ops {
			ops[i].User = []canvas.Author{0, 1, math.MaxUint64}[random.IntN(3)]
		}
		read := placedBy(make([]canvas.Author, len(ops))...)
		if err := DecodeUsers(AppendUsers(nil, ops), read); err != nil || !reflect.DeepEqual(read, ops) {
			t.Fatalf("read %+v, %v; want %+v", read, err, ops)
		}
	}
}

func TestDecodeUsers_RefusesCorrupt(t *testing.T) {
	good, err := hex.DecodeString(goldenUsers)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string][]byte{
		"another version": append([]byte{2}, good[1:]...), "a byte too many": append(good[:len(good):len(good)], 0),
		"a run of no ops": {1, 0, 7, 4, 7}, "more ops than there are": {1, 5, 7}, "fewer": {1, 3, 7},
	}
	for n := 1; n < len(good); n++ {
		cases["cut to "+hex.EncodeToString(good[:n])] = good[:n]
	}
	for name, p := range cases {
		if err := DecodeUsers(p, placedBy(0, 0, 0, 0)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDecodeUsers(f *testing.F) {
	f.Add(AppendUsers(nil, placedBy(7, 7, 0, 1<<48-1)), 4)
	f.Fuzz(func(t *testing.T, p []byte, n int) {
		ops := placedBy(make([]canvas.Author, max(0, min(n, 1000)))...)
		if err := DecodeUsers(p, ops); err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		again := placedBy(make([]canvas.Author, len(ops))...)
		if err := DecodeUsers(AppendUsers(nil, ops), again); err != nil || !reflect.DeepEqual(again, ops) {
			t.Fatalf("written and read again: %+v, %v; want %+v", again, err, ops)
		}
	})
}

// Package recordtest has what tests of the record need. What every implementation of the record's
// port for files must pass:
//
//	recordtest.Files(t, open)
//
// Files in memory that fail when asked to (Memory), a log (Log), and drawings as people make them
// (Drawing).
package recordtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"pixelplayground/actors/record"
)

// Files tests what open returns: blank files, with each call others.
func Files(t *testing.T, open func(*testing.T) record.Files) {
	for name, test := range map[string]func(*testing.T, record.Files){
		"KeepsWhatWasPut": keepsWhatWasPut, "Lists": lists, "Replaces": replaces, "Removes": removes, "Ended": ended, "Together": together,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func put(t *testing.T, f record.Files, name string, content []byte) {
	t.Helper()
	if err := f.Put(t.Context(), name, content); err != nil {
		t.Fatalf("put %s: %v", name, err)
	}
}

func expect(t *testing.T, f record.Files, name string, want []byte) {
	t.Helper()
	if got, err := f.Get(t.Context(), name); err != nil || !bytes.Equal(got, want) {
		t.Errorf("get %s: %d bytes of %d, %v", name, len(got), len(want), err)
	}
}

func keepsWhatWasPut(t *testing.T, f record.Files) {
	const seed = 16
	large, random := make([]byte, 6<<20), rand.New(rand.NewPCG(seed, seed))
	for i := range large {
		large[i] = byte(random.Uint32())
	}
	for name, content := range map[string][]byte{
		"canvas.json": []byte("{}"), "region-0042/empty": nil, "region-0042/0000000000000000-0000000000000003.1-2.parquet": []byte("three"), "a/b/c": large,
	} {
		put(t, f, name, content)
		expect(t, f, name, content)
	}
	for _, name := range []string{"nothing", "region-0042", "region-0042/nothing", "nowhere/nothing"} {
		if content, err := f.Get(t.Context(), name); name != "region-0042" && !errors.Is(err, record.ErrNotExist) || err == nil {
			t.Errorf("get %s: %q %v", name, content, err)
		}
	}
	if f.String() == "" {
		t.Error("they have no name")
	}
}

func lists(t *testing.T, f record.Files) {
	for i, name := range []string{"b/2", "b/10", "b-c", "b/1", "a", "bb/1", "b/in/x"} {
		put(t, f, name, make([]byte, i))
	}
	for prefix, want := range map[string][]record.File{
		"b/":      {{Name: "b/1", Size: 3}, {Name: "b/10", Size: 1}, {Name: "b/2", Size: 0}, {Name: "b/in/x", Size: 6}},
		"b/1":     {{Name: "b/1", Size: 3}, {Name: "b/10", Size: 1}},
		"b":       {{Name: "b-c", Size: 2}, {Name: "b/1", Size: 3}, {Name: "b/10", Size: 1}, {Name: "b/2", Size: 0}, {Name: "b/in/x", Size: 6}, {Name: "bb/1", Size: 5}},
		"":        {{Name: "a", Size: 4}, {Name: "b-c", Size: 2}, {Name: "b/1", Size: 3}, {Name: "b/10", Size: 1}, {Name: "b/2", Size: 0}, {Name: "b/in/x", Size: 6}, {Name: "bb/1", Size: 5}},
		"c":       nil,
		"c/d/e":   nil,
		"b/in/xy": nil,
	} {
		if got, err := f.List(t.Context(), prefix); err != nil || !slices.Equal(got, want) {
			t.Errorf("list %q: %v, want %v, %v", prefix, got, want, err)
		}
	}
}

func replaces(t *testing.T, f record.Files) {
	for _, content := range []string{"the first, which is longer", "the second", ""} {
		put(t, f, "region-0001/latest", []byte(content))
		expect(t, f, "region-0001/latest", []byte(content))
	}
	if all, err := f.List(t.Context(), ""); err != nil || len(all) != 1 {
		t.Errorf("%v %v", all, err)
	}
}

func removes(t *testing.T, f record.Files) {
	put(t, f, "r/a", []byte("a"))
	put(t, f, "r/b", []byte("b"))
	for _, name := range []string{"r/a", "r/a", "nowhere/nothing"} {
		if err := f.Remove(t.Context(), name); err != nil {
			t.Errorf("remove %s: %v", name, err)
		}
	}
	if all, err := f.List(t.Context(), "r/"); err != nil || !slices.Equal(all, []record.File{{Name: "r/b", Size: 1}}) {
		t.Errorf("%v %v", all, err)
	}
	if _, err := f.Get(t.Context(), "r/a"); !errors.Is(err, record.ErrNotExist) {
		t.Error(err)
	}
}

// ended: a call whose context is over changes nothing, and says so in the form of the port.
func ended(t *testing.T, f record.Files) {
	put(t, f, "a", []byte("a"))
	ctx, end := context.WithCancel(t.Context())
	end()
	_, get := f.Get(ctx, "a")
	_, list := f.List(ctx, "")
	for what, err := range map[string]error{"put": f.Put(ctx, "a", []byte("b")), "get": get, "list": list, "remove": f.Remove(ctx, "a")} {
		if !errors.Is(err, record.ErrUnavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
	expect(t, f, "a", []byte("a"))
}

// together: whoever reads while others write finds one file or the other, whole.
func together(t *testing.T, f record.Files) {
	const size = 100_000
	content := func(writer int) []byte { return bytes.Repeat([]byte{byte('a' + writer)}, size) }
	put(t, f, "r/same", content(0))
	var all sync.WaitGroup
	for writer := range 4 {
		all.Go(func() {
			for i := range 5 {
				own := fmt.Sprintf("r/%d-%d", writer, i)
				if err := errors.Join(f.Put(t.Context(), "r/same", content(writer)), f.Put(t.Context(), own, content(writer))); err != nil {
					t.Error(err)
				}
				got, err := f.Get(t.Context(), "r/same")
				if err != nil || len(got) != size || !bytes.Equal(got, bytes.Repeat(got[:1], size)) {
					t.Errorf("%d bytes of %d, or of several writers; %v", len(got), size, err)
				}
			}
		})
	}
	all.Wait()
	if files, err := f.List(t.Context(), "r/"); err != nil || len(files) != 21 {
		t.Errorf("%d files: %v", len(files), err)
	}
}

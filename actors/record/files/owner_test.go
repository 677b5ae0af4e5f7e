package files

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
)

func identity(is string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return is, nil }
}

// TestOwned: a blank place becomes the canvas's that uses it first, and every other canvas is told so
// and changes nothing.
func TestOwned(t *testing.T) {
	d, g := open(t, t.TempDir()), canvas.Geometry{Width: 100, Height: 50, Region: 32}
	if _, err := Describe(t.Context(), d); !errors.Is(err, record.ErrNotExist) {
		t.Error(err)
	}
	for range 2 { // as a pod of the same canvas
		if err := Own(d, g, identity("mine")).Put(t.Context(), "a", []byte("mine")); err != nil {
			t.Fatal(err)
		}
	}
	if is, err := Describe(t.Context(), d); err != nil || is != (About{Format, 100, 50, 32, "mine"}) {
		t.Errorf("%+v %v", is, err)
	}
	larger := g
	larger.Width++
	for want, other := range map[string]*Owned{
		"has that of mine, and this one is yours: give each canvas a place of its own with --record":          Own(d, g, identity("yours")),
		"has that of a canvas of 100x50/32, and this one is 101x50/32: give it a place of its own with --rec": Own(d, larger, identity("mine")),
	} {
		_, get := other.Get(t.Context(), "a")
		_, list := other.List(t.Context(), "a")
		for what, err := range map[string]error{"put": other.Put(t.Context(), "a", nil), "get": get, "list": list, "remove": other.Remove(t.Context(), "a")} {
			if !errors.Is(err, record.ErrForeign) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), d.path) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	if content, err := d.Get(t.Context(), "a"); err != nil || string(content) != "mine" {
		t.Errorf("%q %v", content, err)
	}
}

// TestOwned_Imported: a record that was made without a canvas becomes the first one's that has its size.
func TestOwned_Imported(t *testing.T) {
	d, g := open(t, t.TempDir()), canvas.Geometry{Width: 100, Height: 50, Region: 32}
	if _, err := Begin(t.Context(), d, g, ""); err != nil {
		t.Fatal(err)
	}
	other := g
	other.Region = 50
	for _, test := range []struct {
		g        canvas.Geometry
		identity string
		want     error
	}{{other, "yours", record.ErrForeign}, {g, "mine", nil}, {g, "mine", nil}, {g, "yours", record.ErrForeign}} {
		if err := Own(d, test.g, identity(test.identity)).Prove(t.Context()); !errors.Is(err, test.want) {
			t.Errorf("%v %s: %v", test.g, test.identity, err)
		}
	}
}

// TestOwned_LaterVersions: what cannot be read is left alone.
func TestOwned_LaterVersions(t *testing.T) {
	d, g := open(t, t.TempDir()), canvas.Geometry{Width: 100, Height: 50, Region: 32}
	for content, want := range map[string]error{
		`{"format":2,"width":100,"height":50,"region":32,"canvas":"mine"}`: record.ErrForeign,
		`{"format":1,"width":100,"height":50,"canvas":"mine"}`:             record.ErrDamaged,
		`{"format":1,"wid`: record.ErrDamaged,
	} {
		if err := os.WriteFile(filepath.Join(d.path, AboutFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Own(d, g, identity("mine")).Put(t.Context(), "a", nil); !errors.Is(err, want) {
			t.Errorf("%s: %v", content, err)
		}
	}
	if all, err := d.List(t.Context(), ""); err != nil || len(all) != 1 {
		t.Errorf("%v %v", all, err)
	}
}

// TestOwned_WaitsForTheStore: nothing is written before it is known whose it is, and it goes on as
// soon as it is.
func TestOwned_WaitsForTheStore(t *testing.T) {
	d, away := open(t, t.TempDir()), errors.New("the store is away")
	o := Own(d, canvas.Geometry{Width: 8, Height: 8, Region: 8}, func(context.Context) (string, error) { return "mine", away })
	if err := o.Put(t.Context(), "a", nil); !errors.Is(err, record.ErrUnavailable) || !errors.Is(err, away) {
		t.Error(err)
	}
	if all, err := d.List(t.Context(), ""); err != nil || len(all) > 0 {
		t.Errorf("%v %v", all, err)
	}
	away = nil
	if err := o.Put(t.Context(), "a", nil); err != nil {
		t.Error(err)
	}
}

// TestOwned_BegunTogether: of two canvases that begin a record in one place at the same moment both may
// think that it is theirs, but not for long. The same goes for a place that another canvas was given.
func TestOwned_BegunTogether(t *testing.T) {
	d, g, clock := open(t, t.TempDir()), canvas.Geometry{Width: 100, Height: 50, Region: 32}, time.Unix(1_000_000, 0)
	mine, yours := Own(d, g, identity("mine")), Own(d, g, identity("yours"))
	for _, o := range []*Owned{mine, yours} {
		o.now = func() time.Time { return clock }
		if err := errors.Join(o.Put(t.Context(), "a", nil), d.Remove(t.Context(), AboutFile)); err != nil { // the other has not seen it
			t.Fatal(err)
		}
	}
	if _, err := Begin(t.Context(), d, g, "yours"); err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(proofTime)
	if err := mine.Put(t.Context(), "a", nil); !errors.Is(err, record.ErrForeign) {
		t.Errorf("mine: %v", err)
	}
	if err := yours.Put(t.Context(), "a", nil); err != nil {
		t.Errorf("yours: %v", err)
	}
}

// TestOwned_Away: a place that is away when it is looked at again is no other canvas's, and all goes on
// when it is back.
func TestOwned_Away(t *testing.T) {
	d, clock := open(t, t.TempDir()), time.Unix(1_000_000, 0)
	o := Own(d, canvas.Geometry{Width: 8, Height: 8, Region: 8}, identity("mine"))
	o.now = func() time.Time { return clock }
	away := d.path + ".away"
	if err := errors.Join(o.Put(t.Context(), "a", nil), os.Rename(d.path, away)); err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(proofTime)
	if err := o.Put(t.Context(), "a", nil); !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("away: %v", err)
	}
	if err := errors.Join(os.Rename(away, d.path), o.Put(t.Context(), "a", nil)); err != nil {
		t.Errorf("back: %v", err)
	}
}

package rollbacks

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store/memory"
)

// TestHold_OneIsAtIt: of pods that know of an act, one is at it, also if both have the same name, as those on one computer have.
// One that is started anew goes on at once; others do when nothing was heard for a while.
func TestHold_OneIsAtIt(t *testing.T) {
	now := time.UnixMilli(1_796_040_000_000)
	s := memory.New(memory.Config{Geometry: canvas.Geometry{Width: 64, Height: 64, Region: 32}, Now: func() time.Time { return now }})
	defer s.Close()
	pod := func(node string) *Pod {
		return New(Needs{Documents: s, Node: node, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	}
	act := &rules.Act{N: 1, ID: "a"}
	one, same, other := pod("a"), pod("a"), pod("b")
	held, err := one.begin(t.Context(), act)
	if err != nil || held == nil {
		t.Fatal(held, err)
	}
	for name, p := range map[string]*Pod{"one of the same name": same, "another": other} {
		if _, err := p.begin(t.Context(), act); !errors.Is(err, errBusy) {
			t.Errorf("%s begins too: %v", name, err)
		}
	}
	if again, err := one.begin(t.Context(), act); err != nil || again == nil {
		t.Errorf("who is at it can't begin anew: %v", err)
	}
	now = now.Add(time.Second)
	anew := pod("a")
	if held, err = anew.begin(t.Context(), act); err != nil || held == nil {
		t.Errorf("one that is started anew can't go on: %v", err)
	}
	if _, err := other.begin(t.Context(), act); !errors.Is(err, errBusy) {
		t.Errorf("another goes on too soon: %v", err)
	}
	now = now.Add(patience)
	last, err := other.begin(t.Context(), act)
	if err != nil || last == nil {
		t.Errorf("nobody goes on: %v", err)
	}
	if err := held.done(t.Context(), 5, 0); !errors.Is(err, errBusy) {
		t.Errorf("who was silent for too long is done with it: %v", err)
	}
	if err := last.done(t.Context(), 5, 0); err != nil {
		t.Error(err)
	}
	if held, err := one.begin(t.Context(), act); held != nil || err != nil {
		t.Errorf("what is carried out is begun again: %v", err)
	}
}

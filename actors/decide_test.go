package actors

import (
	"context"
	"errors"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/decisions"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/memory"
)

// decide wants an act to be obeyed.
func (w *world) decide(want rules.Act) *rules.Act {
	w.t.Helper()
	d, err := w.node.Decide(w.t.Context(), want)
	if err != nil || !d.Obeyed || len(d.Missing) > 0 {
		w.t.Fatalf("decide %s: %+v, %v", want.Do, d, err)
	}
	return d.Act
}

// ruledWorld is a pod that is alone and keeps its documents where it keeps the pixels.
func ruledWorld(t *testing.T, s *memory.Store) *world {
	cfg := DefaultConfig()
	cfg.Geometry, cfg.Rate = testGeometry, 0
	return wire(t, s, cfg, Ports{Documents: s})
}

func announcement(id, text string) rules.Act {
	return rules.Act{ID: id, Do: rules.Announce, Text: text, By: rules.By{Role: canvas.RoleOwner, Via: "server"}}
}

func TestDecide_OnceAndInOrder(t *testing.T) {
	s := memory.New(memory.Config{Geometry: testGeometry})
	w := ruledWorld(t, s)
	first, second := w.decide(announcement("a", "one")), w.decide(announcement("b", "two"))
	again := w.decide(announcement("a", "one"))
	if first.N != 1 || second.N != 2 || again.N != 1 || w.node.Rules().Version() != 2 {
		t.Fatalf("acts %d, %d and again %d; rules of version %d", first.N, second.N, again.N, w.node.Rules().Version())
	}

	next := ruledWorld(t, s)
	if v := next.node.Rules().Version(); v != 2 {
		t.Fatalf("a pod that starts has rules of version %d", v)
	}
	acts, err := next.node.Acts(t.Context(), 0, 10)
	if err != nil || len(acts) != 2 {
		t.Fatalf("%d acts, %v", len(acts), err)
	}
	last, err := rules.Decode(acts[0])
	if err != nil || last.N != 2 || last.Before != rules.Hash(acts[1]) {
		t.Fatalf("the last act is %+v, %v", last, err)
	}
	if acts, err = next.node.Acts(t.Context(), 2, 10); err != nil || len(acts) != 1 {
		t.Fatalf("%d acts before the second, %v", len(acts), err)
	}
	if d, err := w.node.Decide(t.Context(), announcement("b", "two")); err != nil || d.Act.N != 2 {
		t.Fatalf("the same from a pod that did not decide it: %+v, %v", d, err)
	}
	// Who gives another act an id that is taken must not believe that it was decided.
	freeze := rules.Act{ID: "b", Do: rules.SetFrozen, By: rules.By{Role: canvas.RoleOwner, Via: "server"}}
	if d, err := w.node.Decide(t.Context(), freeze); !errors.Is(err, rules.ErrInvalid) {
		t.Fatalf("another act with the id of the second: %+v, %v", d, err)
	}
}

func TestDecide_NoAnswerFromTheStore(t *testing.T) {
	s := memory.New(memory.Config{Geometry: testGeometry})
	w := ruledWorld(t, s)
	w.store.Lose(lost("swap"))
	if _, err := w.node.Decide(t.Context(), announcement("a", "one")); !errors.Is(err, decisions.ErrUnsure) {
		t.Fatalf("without an answer: %v", err)
	}
	w.store.Lose(nil)
	if act := w.decide(announcement("a", "one")); act.N != 1 {
		t.Fatalf("asked for again it is act %d", act.N)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.node.Decide(ctx, announcement("b", "two")); err == nil {
		t.Fatal("decided though nobody waited")
	}
}

// lost is a fault of one kind of call.
func lost(operation string) memory.Fault {
	return func(o string, _ canvas.RegionID) error {
		if o == operation {
			return store.ErrUnavailable
		}
		return nil
	}
}

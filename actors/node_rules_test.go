package actors

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

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

// actReads counts the acts that are read from the store.
type actReads struct {
	*memory.Store
	n atomic.Int64
}

func (a *actReads) Document(ctx context.Context, kind store.Kind, id string) ([]byte, error) {
	document, err := a.Store.Document(ctx, kind, id)
	if kind == rules.ActKind && document != nil {
		a.n.Add(1)
	}
	return document, err
}

// TestKnownActs: a pod tells the acts that it obeys out of its memory, the same as the store has.
func TestKnownActs(t *testing.T) {
	s := &actReads{Store: memory.New(memory.Config{Geometry: testGeometry})}
	cfg := DefaultConfig()
	cfg.Geometry, cfg.Rate = testGeometry, 0
	w := wire(t, s.Store, cfg, Ports{Documents: s})
	if acts, err := w.node.KnownActs(t.Context(), 0, 10); err != nil || len(acts) != 0 {
		t.Fatalf("%d acts, %v", len(acts), err)
	}
	for _, id := range []string{"a", "b", "c"} {
		w.decide(announcement(id, "text"))
	}
	for _, ask := range []struct {
		before uint64
		limit  int
	}{{0, 10}, {0, 2}, {3, 10}, {2, 1}, {1, 10}, {99, 10}, {0, 0}} {
		stored, err := w.node.Acts(t.Context(), ask.before, ask.limit)
		if err != nil {
			t.Fatal(err)
		}
		reads := s.n.Load()
		known, err := w.node.KnownActs(t.Context(), ask.before, ask.limit)
		if err != nil || !slices.EqualFunc(known, stored, bytes.Equal) {
			t.Errorf("%+v: %d acts, %v; the store has %d", ask, len(known), err, len(stored))
		}
		if asked := s.n.Load() - reads; asked > 1 { // the rules actor looks whether its last one is still there
			t.Errorf("%+v: %d acts were read from the store", ask, asked)
		}
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

// silentFirst is a store that does not answer the first question for all acts.
type silentFirst struct {
	*memory.Store
	asked atomic.Bool
}

func (s *silentFirst) Documents(ctx context.Context, kind store.Kind) (map[string][]byte, error) {
	if kind == rules.ActKind && !s.asked.Swap(true) {
		return nil, store.ErrUnavailable
	}
	return s.Store.Documents(ctx, kind)
}

// What was announced before a pod started is not announced again, also if the store answers late.
func TestDecide_NothingIsAnnouncedAgain(t *testing.T) {
	s := memory.New(memory.Config{Geometry: testGeometry})
	w := ruledWorld(t, s)
	w.decide(announcement("a", "one"))
	w.decide(freeze("b"))
	cfg := DefaultConfig()
	cfg.Geometry, cfg.Rate = testGeometry, 0
	next := wire(t, s, cfg, Ports{Documents: &silentFirst{Store: s}})
	next.eventually("the acts of before", func() bool { return next.node.Rules().Version() == 2 })
	w.decide(announcement("c", "three"))
	next.eventually("the next announcement, and no other", func() bool {
		return slices.Equal(next.crowd.announced, []string{"three"})
	})
}

// A pod that is told of a masked area protects it, and no more.
func TestRules_Masks(t *testing.T) {
	p := ruledPods(t, 2)
	mask, err := rules.NewMask(20, 20, func(x, y int) bool { return x == y })
	if err != nil {
		t.Fatal(err)
	}
	name, stored, err := mask.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.store.PutDocument(t.Context(), rules.MaskKind, rules.MaskPartID(name, 0), stored, time.Time{}); err != nil {
		t.Fatal(err)
	}
	act := protect("a", 0, 0, 20, 20)
	act.Area.Mask = name
	p.members[0].decide(act)
	for i, pod := range p.members {
		pod.ruled(1)
		pod.eventually("the mask", func() bool { return len(pod.node.Rules().Missing()) == 0 })
		c := pod.connect(Hello{})
		c.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(i+1, 0, 7)}})
		c.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(3, 3, 7)}})
		pod.eventually("one placed, one refused", func() bool { return c.refused[2] == canvas.RefusedProtected && c.refused[1] == 0 })
	}
}

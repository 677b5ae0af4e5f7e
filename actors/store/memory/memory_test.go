package memory

import (
	"context"
	"errors"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/storetest"
)

func TestStore_Contract(t *testing.T) {
	storetest.Run(t, storetest.Harness{
		Blank: func(*testing.T) func(int) store.Store {
			var s *Store
			return func(buffer int) store.Store {
				if s == nil || buffer != s.cfg.Buffer {
					s = New(Config{Geometry: storetest.Geometry(), LogPixels: storetest.LogPixels, Buffer: buffer})
				}
				return s
			}
		},
	})
}

// claimed returns a store and the first batch of its region 0.
func claimed(t *testing.T) (*Store, *canvas.Batch) {
	t.Helper()
	s := New(Config{Geometry: storetest.Geometry()})
	claim, err := s.Claim(t.Context(), 0, "test")
	if err != nil {
		t.Fatal(err)
	}
	return s, &canvas.Batch{Epoch: claim.Epoch, To: 1, Ops: []canvas.Op{{Pixels: []canvas.Pixel{{Pos: 1, Color: 2}}}}}
}

func commitFails(operation string, _ canvas.RegionID) error {
	if operation == "commit" {
		return store.ErrUnavailable
	}
	return nil
}

func TestStore_Fail(t *testing.T) {
	s, b := claimed(t)
	s.Fail(commitFails)
	if err := s.Commit(t.Context(), b, s.regions[0].term.Token); !errors.Is(err, store.ErrUnavailable) || s.Commits() != 0 {
		t.Errorf("%v after %d commits, want ErrUnavailable and none", err, s.Commits())
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	s.Fail(nil)
	if err := s.Commit(t.Context(), b, s.regions[0].term.Token); err != nil || s.Commits() != 1 {
		t.Errorf("%v after %d commits", err, s.Commits())
	}
}

func TestStore_Lose(t *testing.T) {
	s, b := claimed(t)
	s.Lose(commitFails)
	if err := s.Commit(t.Context(), b, s.regions[0].term.Token); !errors.Is(err, store.ErrUnavailable) || s.Commits() != 1 {
		t.Errorf("%v after %d commits, want ErrUnavailable and one", err, s.Commits())
	}
	s.Lose(nil)
	if err := s.Commit(t.Context(), b, s.regions[0].term.Token); err != nil || s.Commits() != 1 {
		t.Errorf("repeated: %v after %d commits", err, s.Commits())
	}
}

func TestStore_Hold(t *testing.T) {
	s, b := claimed(t)
	release := s.Hold()
	impatient, cancel := context.WithCancel(t.Context())
	errs := make(chan error, 2)
	for _, ctx := range []context.Context{t.Context(), impatient} {
		go func() { errs <- s.Commit(ctx, b, s.regions[0].term.Token) }()
	}
	for deadline := time.Now().Add(10 * time.Second); s.Held() < 2; {
		if time.Now().After(deadline) {
			t.Fatalf("%d commits held, want 2", s.Held())
		}
		time.Sleep(100 * time.Microsecond) // between polls
	}
	cancel()
	if err := <-errs; !errors.Is(err, store.ErrUnavailable) || s.Commits() != 0 {
		t.Errorf("cancelled: %v after %d commits", err, s.Commits())
	}
	release()
	if err := <-errs; err != nil || s.Commits() != 1 || s.Held() != 0 {
		t.Errorf("released: %v after %d commits, %d held", err, s.Commits(), s.Held())
	}
	release()
	b = &canvas.Batch{Epoch: b.Epoch, From: 1, To: 2, Ops: b.Ops}
	if err := s.Commit(t.Context(), b, s.regions[0].term.Token); err != nil {
		t.Errorf("after the release: %v", err)
	}
}

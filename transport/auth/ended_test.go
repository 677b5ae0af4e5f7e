package auth

import (
	"context"
	"errors"
	"testing"
	"time"

	"pixelplayground/transport/auth/openidtest"

	"pixelplayground/actors/store"
	"pixelplayground/actors/store/memory"
)

// forgetful is a store that can be told not to take anything.
type forgetful struct {
	*memory.Store
	refuses bool
}

func (f *forgetful) PutDocument(ctx context.Context, kind store.Kind, id string, value []byte, until time.Time) error {
	if f.refuses {
		return store.ErrUnavailable
	}
	return f.Store.PutDocument(ctx, kind, id, value, until)
}

func endedOf(t *testing.T) (*ended, *forgetful, *openidtest.Clock) {
	t.Helper()
	p, time0 := &forgetful{Store: newPlace(t).papers}, &openidtest.Clock{At: time.Now()}
	return New(Config{}, p, time0.Now, nil).ended, p, time0
}

func nobody(string) {}

// TestEnded_StoreForgets: what a store has lost of the ends of sign-ins, it is given back.
func TestEnded_StoreForgets(t *testing.T) {
	e, papers, time0 := endedOf(t)
	if err := e.end(t.Context(), "session/a", time0.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := papers.DeleteDocument(t.Context(), kindEnded, "session/a"); err != nil {
		t.Fatal(err)
	}
	time0.Pass(time.Minute)
	if err := e.look(t.Context(), nobody); err != nil {
		t.Fatal(err)
	}
	if value, err := papers.Document(t.Context(), kindEnded, "session/a"); err != nil || value == nil {
		t.Errorf("the store has %s, %v", value, err)
	}
}

// TestEnded_StoreIsAway: a sign-out counts at once, and who asked for it is told that it may not last.
func TestEnded_StoreIsAway(t *testing.T) {
	e, papers, time0 := endedOf(t)
	if err := e.stands("session/a"); !errors.Is(err, errNotKnown) {
		t.Errorf("before the store has said anything: %v", err)
	}
	if err := e.look(t.Context(), nobody); err != nil {
		t.Fatal(err)
	}
	papers.refuses = true
	if err := e.end(t.Context(), "session/a", time0.Now().Add(time.Hour)); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if err := e.stands("session/a"); !errors.Is(err, errEnded) {
		t.Errorf("after a sign-out that was not stored: %v", err)
	}
	papers.refuses = false
	time0.Pass(time.Minute)
	if err := e.look(t.Context(), nobody); err != nil {
		t.Fatal(err)
	}
	if value, err := papers.Document(t.Context(), kindEnded, "session/a"); err != nil || value == nil {
		t.Errorf("later the store has %s, %v", value, err)
	}
	time0.Pass(2 * time.Hour)
	if err := e.look(t.Context(), nobody); err != nil || len(e.logins) != 0 {
		t.Errorf("after its own end %d are remembered, %v", len(e.logins), err)
	}
}

// TestEnded_IsBounded: there are no more sign-ins than could be ended.
func TestEnded_IsBounded(t *testing.T) {
	e, _, time0 := endedOf(t)
	for i := range maxEnded {
		e.hear(random(), time0.Now().Add(time.Duration(1+i%2)*time.Hour))
	}
	if !e.full() {
		t.Error("more may be begun")
	}
	time0.Pass(time.Hour)
	e.hear("session/a", time0.Now().Add(time.Hour))
	if n := len(e.logins); e.full() || n > maxEnded/2+1 {
		t.Errorf("%d are remembered", n)
	}
	for text, ok := range map[string]bool{"session/a 1796040000": true, "session/a": false, "": false, "a b": false} {
		if _, _, err := parseEnd(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

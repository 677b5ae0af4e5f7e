package auth

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

// listed is a key in the list that operators see.
func listed(t *testing.T, p *People, id string) KeyShown {
	t.Helper()
	w := httptest.NewRecorder()
	p.operatorKeys(w, httptest.NewRequest("GET", "/", nil))
	var said struct{ Keys []KeyShown }
	if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil {
		t.Fatalf("%d: %s: %v", w.Code, w.Body, err)
	}
	for _, key := range said.Keys {
		if key.ID == id {
			return key
		}
	}
	t.Fatalf("%s is not listed: %s", id, w.Body)
	return KeyShown{}
}

// TestKey_LastUsed: here at once, elsewhere when the store was told, which is not told with each use.
func TestKey_LastUsed(t *testing.T) {
	p, papers, clock := keyed(t)
	elsewhere := New(Config{Pace: pace}, papers, clock.Now, nil)
	owner := canvas.Subject{7}
	text, key := made(t, p, Key{Name: "Clock", Scopes: []Scope{ScopeDraw}, Owner: subjectText(owner)})
	learn := func() {
		t.Helper()
		if err := p.Learn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	learn()
	if at := listed(t, p, key.ID).Used; at != 0 {
		t.Errorf("never used, and it says %d", at)
	}
	first := clock.Now().Unix() * 1000
	identified(t, p, bearing(text))
	if at := listed(t, p, key.ID).Used; at != first {
		t.Errorf("here: %d, want %d", at, first)
	}
	learn()
	if at := listed(t, elsewhere, key.ID).Used; at != first {
		t.Errorf("elsewhere: %d, want %d", at, first)
	}
	for range 10 { // a connection that stays open
		clock.Pass(15 * time.Second)
		p.InUse("key/" + key.ID)
		p.InUse("session/" + key.ID)
		learn()
	}
	now := clock.Now().Unix() * 1000
	if at := listed(t, elsewhere, key.ID).Used; at != first {
		t.Errorf("the store is told each time: %d", at)
	}
	clock.Pass(usedEvery * time.Second)
	learn()
	if at := listed(t, elsewhere, key.ID).Used; at != now {
		t.Errorf("told again: %d, want %d", at, now)
	}
	clock.Pass(2 * usedEvery * time.Second)
	learn()
	if n := len(p.bots.uses.last); n != 0 {
		t.Errorf("%d are remembered although all is told", n)
	}
	if _, err := p.bots.revoke(t.Context(), key.ID, subjectText(owner)); err != nil {
		t.Fatal(err)
	}
	p.InUse("key/" + key.ID)
	learn()
	if all, err := papers.Documents(t.Context(), kindKeyUse); err != nil || len(all) != 0 {
		t.Errorf("after it was revoked: %v, %v", all, err)
	}
}

// TestKey_UsesAreBounded: what is remembered of keys in use, and how much of it a look tells.
func TestKey_UsesAreBounded(t *testing.T) {
	p, _, clock := keyed(t)
	for i := range 2 * maxUses {
		p.bots.uses.note(Key{ID: fmt.Sprint(i), Until: clock.Now().Add(time.Minute).Unix()})
	}
	if n := len(p.bots.uses.last); n != maxUses {
		t.Errorf("%d are remembered, want %d", n, maxUses)
	}
	if n := len(p.bots.uses.news()); n != tellsAtOnce {
		t.Errorf("%d are told at once, want %d", n, tellsAtOnce)
	}
	clock.Pass(time.Minute)
	if n := len(p.bots.uses.news()); n != 0 || len(p.bots.uses.last) != 0 {
		t.Errorf("after their end %d are told and %d remembered", n, len(p.bots.uses.last))
	}
}

package auth

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/auth/botkey"
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
	text, key := made(t, p, botkey.Key{Name: "Clock", Scopes: []botkey.Scope{botkey.ScopeDraw}, Owner: subjectText(owner)})
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
	clock.Pass(botkey.ToldEvery * time.Second)
	learn()
	if at := listed(t, elsewhere, key.ID).Used; at != now {
		t.Errorf("told again: %d, want %d", at, now)
	}
	if _, err := p.bots.revoke(t.Context(), key.ID, subjectText(owner)); err != nil {
		t.Fatal(err)
	}
	p.InUse("key/" + key.ID)
	learn()
	if all, err := papers.Documents(t.Context(), botkey.KindUse); err != nil || len(all) != 0 {
		t.Errorf("after it was revoked: %v, %v", all, err)
	}
}

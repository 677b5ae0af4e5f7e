package botkey

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store/memory"
)

func TestKey_Form(t *testing.T) {
	text, id, hash := New()
	if got, ok := Parse(text); !ok || got != id || len(hash) != 64 || strings.Contains(text, hash) {
		t.Errorf("%s is of %s: %v", text, got, ok)
	}
	for i := range text { // any one character mistyped
		wrong := text[:i] + string('a'+(text[i]-'a'+1)%26) + text[i+1:]
		if _, ok := Parse(wrong); ok && wrong != text {
			t.Errorf("%s passes for %s", wrong, text)
		}
	}
	for _, wrong := range []string{"", "pp_", text + "a", text[1:], strings.ToUpper(text), strings.Repeat("a", len(text))} {
		if _, ok := Parse(wrong); ok {
			t.Errorf("%q passes", wrong)
		}
	}
}

// TestCache_IsBounded: whoever tries keys takes no memory.
func TestCache_IsBounded(t *testing.T) {
	c := NewCache()
	for range 3 * remembered {
		_, id, _ := New()
		c.Put(id, Key{}, errors.New("no such key"), time.Now())
	}
	if n := len(c.young) + len(c.old); n > 2*remembered {
		t.Errorf("%d are remembered", n)
	}
}

// TestUses_AreBounded: what is remembered of keys in use, and how much of it a look tells.
func TestUses_AreBounded(t *testing.T) {
	now := time.Now()
	u := NewUses(memory.New(memory.Config{Geometry: canvas.Geometry{Width: 1, Height: 1, Region: 1}}), func() time.Time { return now })
	for i := range 2 * maxUses {
		u.Note(Key{ID: fmt.Sprint(i), Until: now.Add(time.Minute).Unix()})
	}
	if n := len(u.last); n != maxUses {
		t.Errorf("%d are remembered, want %d", n, maxUses)
	}
	if n := len(u.news()); n != tellsAtOnce {
		t.Errorf("%d are told at once, want %d", n, tellsAtOnce)
	}
	now = now.Add(time.Minute)
	if n := len(u.news()); n != 0 || len(u.last) != 0 {
		t.Errorf("after their end %d are told and %d remembered", n, len(u.last))
	}
}

// TestUses_AreForgottenOnceTold: a key that is in use no more takes no memory.
func TestUses_AreForgottenOnceTold(t *testing.T) {
	now := time.Now()
	u := NewUses(memory.New(memory.Config{Geometry: canvas.Geometry{Width: 1, Height: 1, Region: 1}}), func() time.Time { return now })
	u.Note(Key{ID: "a"})
	for range 2 {
		if err := u.Tell(t.Context()); err != nil {
			t.Fatal(err)
		}
		now = now.Add(2 * ToldEvery * time.Second)
	}
	if n := len(u.last); n != 0 {
		t.Errorf("%d are remembered although all is told", n)
	}
}

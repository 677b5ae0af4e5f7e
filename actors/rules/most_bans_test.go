package rules

import (
	"errors"
	"testing"

	"pixelplayground/actors/canvas"
)

// TestRules_Room: so many may be banned and no more; those whose ban has ended don't count.
func TestRules_Room(t *testing.T) {
	r, want := new(Rules), &Act{Do: Ban, Time: 10, Target: &Target{User: 1 << 40}}
	for n := range MaxBans {
		r.acts = append(r.acts, &Act{Do: Ban, Target: &Target{User: canvas.Author(n + 1)}})
	}
	if err := r.room(&r.bans, want, "banned"); !errors.Is(err, ErrInvalid) {
		t.Errorf("one more: %v", err)
	}
	if err := r.room(&r.mutes, &Act{Do: Mute, Time: 10, Target: want.Target}, "muted"); err != nil {
		t.Errorf("a mute: %v", err)
	}
	r.acts[5].Until = 10
	if err := r.room(&r.bans, want, "banned"); err != nil {
		t.Errorf("when one has ended: %v", err)
	}
}

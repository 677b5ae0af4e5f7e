package backup

import (
	"testing"

	"pixelplayground/actors/canvas"
)

// Users travel with the log, in a section of their own that version 1 did not have.
func TestBackup_Users(t *testing.T) {
	s := embedded(t)
	claim, err := s.Claim(t.Context(), 0, "painter")
	if err != nil {
		t.Fatal(err)
	}
	users := []canvas.Author{0, 7, 0, 8}
	for n, user := range users {
		b := &canvas.Batch{Epoch: claim.Epoch, From: uint64(n), To: uint64(n) + 1, Ops: []canvas.Op{
			{ID: canvas.OpID{Author: 1, Num: uint64(n) + 1}, User: user, Pixels: []canvas.Pixel{{Pos: 3, Color: 1}}},
		}}
		if err := s.Commit(t.Context(), b, claim.Token); err != nil {
			t.Fatal(err)
		}
	}
	file, _ := written(t, s)
	log := regions(t, file)[0].Recent
	for i, user := range users {
		if len(log) != len(users) || log[i].Ops[0].User != user {
			t.Errorf("batch %d of %d: %+v, want user %d", i, len(log), log[i].Ops, user)
		}
	}
}

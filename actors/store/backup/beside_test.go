package backup

import (
	"reflect"
	"testing"

	"pixelplayground/actors/canvas"
)

// Users, networks and causes travel with the log, in sections of their own that version 1 did not have.
func TestBackup_BesideTheLog(t *testing.T) {
	s := embedded(t)
	claim, err := s.Claim(t.Context(), 0, "painter")
	if err != nil {
		t.Fatal(err)
	}
	ops := []canvas.Op{{}, {User: 7}, {From: 1 << 47}, {User: 8, From: 9, Cause: "rollback 3"}, {Cause: "undo 4"}}
	for n := range ops {
		op := &ops[n]
		op.ID, op.Pixels = canvas.OpID{Author: 1, Num: uint64(n) + 1}, []canvas.Pixel{{Pos: 3, Color: 1}}
		b := &canvas.Batch{Epoch: claim.Epoch, From: uint64(n), To: uint64(n) + 1, Ops: ops[n : n+1]}
		if err := s.Commit(t.Context(), b, claim.Token); err != nil {
			t.Fatal(err)
		}
	}
	file, _ := written(t, s)
	log := regions(t, file)[0].Recent
	for i := range ops {
		if len(log) != len(ops) || !reflect.DeepEqual(log[i].Ops, ops[i:i+1]) {
			t.Errorf("batch %d of %d: %+v, want %+v", i, len(log), log[i].Ops, ops[i])
		}
	}
}

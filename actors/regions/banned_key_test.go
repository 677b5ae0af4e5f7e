package regions

import (
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// TestRegion_KeysOfTheBanned: what a key has on its way when its account is banned, the region refuses.
func TestRegion_KeysOfTheBanned(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	chain := rules.NewChain(canvas.Geometry{Width: 32, Height: 32, Region: 32})
	act, err := chain.Draft(rules.Act{
		ID: "a", Time: now.UnixMilli(), By: rules.By{Role: canvas.RoleOwner, Via: "test"}, Do: rules.Ban, Target: &rules.Target{User: 0xADA},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chain.Append(act.Encode()); err != nil {
		t.Fatal(err)
	}
	op := canvas.Op{User: 0xB0_0000000001, Owner: 0xADA, Pixels: []canvas.Pixel{{Pos: 1}}}
	if v := check(chain.Rules(), 0, &op, now); v.Why != canvas.RefusedBanned || v.Act != 1 {
		t.Errorf("%+v", v)
	}
	op.Owner = 0xADB
	if v := check(chain.Rules(), 0, &op, now); v.Why != 0 {
		t.Errorf("another account's: %+v", v)
	}
}

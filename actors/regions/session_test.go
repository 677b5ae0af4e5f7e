package regions

import (
	"strconv"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// TestRegion_SessionsGetNothing: a session whose public id is that of somebody with a role, or who may draw in an area, is refused what
// they are not, be it that the id stands in the op or follows from it.
func TestRegion_SessionsGetNothing(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	session := canvas.Session{1}
	bots := session // whose id would be a bot's
	for n := 0; !bots.Author().IsBot(); n++ {
		bots[1], bots[2] = byte(n), byte(n>>8)
	}
	chain := rules.NewChain(canvas.Geometry{Width: 32, Height: 32, Region: 32})
	decide := func(act rules.Act) {
		act.ID, act.Time, act.By = strconv.FormatUint(chain.Len(), 10), now.UnixMilli(), rules.By{Role: canvas.RoleOwner, Via: "test"}
		drafted, err := chain.Draft(act)
		if err == nil {
			_, err = chain.Append(drafted.Encode())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	users := []canvas.Author{session.Author().Unmarked(), bots.Author().Unmarked()}
	decide(rules.Act{Do: rules.Protect, Area: &rules.Area{Width: 1, Height: 1, Least: canvas.RoleOwner}})
	decide(rules.Act{Do: rules.Protect, Area: &rules.Area{X: 1, Width: 1, Height: 1, Least: canvas.RoleOwner, Users: users}})
	for _, user := range users {
		decide(rules.Act{Do: rules.SetRole, Target: &rules.Target{User: user}, Role: canvas.RoleOwner})
	}
	for _, s := range []canvas.Session{session, bots} {
		op := canvas.Op{ID: canvas.OpID{Author: s.Author(), Num: 1, Key: s.Key()}}
		if user := s.Author().Unmarked(); user != op.ID.Author {
			op.User = user // as gateways do
		}
		known := op
		known.User, known.ID.Author = op.By(), 5 // the person themselves, in a session of theirs
		for pos := range uint16(2) {
			op.Pixels, known.Pixels = []canvas.Pixel{{Pos: pos}}, []canvas.Pixel{{Pos: pos}}
			if v := check(chain.Rules(), 0, &op, now); v.Why != canvas.RefusedProtected {
				t.Errorf("the session of %s draws at %d: %+v", op.By().Text(), pos, v)
			}
			if v := check(chain.Rules(), 0, &known, now); v.Why != 0 {
				t.Errorf("%s does not draw at %d: %+v", known.By().Text(), pos, v)
			}
		}
	}
}

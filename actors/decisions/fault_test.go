package decisions

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// TestKeeper_FaultInTheRules: an act from which no rules can be worked out ends no process: those of before stay in force, it is logged
// once, and the pod does not say that it obeys.
func TestKeeper_FaultInTheRules(t *testing.T) {
	var log bytes.Buffer
	var published []*rules.Rules
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	pod := New(Needs{
		Geometry: canvas.Geometry{Width: 32, Height: 32, Region: 32}, Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Publish: func(in *rules.Rules, _ string) uint64 {
			published = append(published, in)
			return uint64(len(published)) + 1
		},
	})
	k := &keeper{pod: pod, book: pod.book}
	k.learn(1, [][]byte{storedAfter(t, k.chain, rules.Act{Do: rules.SetFrozen})})
	k.chain.Masks(func(string) *rules.Mask { panic("poison") })
	poison := storedAfter(t, k.chain, rules.Act{Do: rules.Protect, Area: &rules.Area{Width: 1, Height: 1, Mask: strings.Repeat("a", 32), Least: canvas.RoleMember}})
	for range 2 {
		k.learn(2, [][]byte{poison})
		k.publish("")
	}
	last := published[len(published)-1]
	if v := last.CheckDots(rules.Who{User: 5}, []canvas.Dot{{}}, now); v.Why != canvas.RefusedFrozen || last.Version() != 1 {
		t.Errorf("version %d: %+v", last.Version(), v)
	}
	if k.last() != 2 || k.inForce() != 1 {
		t.Errorf("%d acts are known, and %d obeyed", k.last(), k.inForce())
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 || !strings.Contains(log.String(), "poison") {
		t.Errorf("logged %d times: %s", n, log.String())
	}
	k.chain.Masks(func(string) *rules.Mask { return nil })
	if k.publish(""); k.inForce() != 2 || published[len(published)-1].Version() != 2 {
		t.Errorf("afterwards %d acts are obeyed", k.inForce())
	}
}

// storedAfter is an act as the store would have it, after those in a chain.
func storedAfter(t *testing.T, chain *rules.Chain, act rules.Act) []byte {
	t.Helper()
	act.N, act.Before, act.ID, act.Time = chain.Len()+1, chain.Head(), "id", 1
	act.By = rules.By{Role: canvas.RoleOwner, Via: "test"}
	return act.Encode()
}

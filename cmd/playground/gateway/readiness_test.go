package gateway

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pixelplayground/cluster"
)

// TestStanding: what a gateway is good for, depending on what happens around it.
func TestStanding(t *testing.T) {
	began := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	self := cluster.Member{ID: "self", Roles: cluster.RoleGateway, Self: true}
	canvas := cluster.Member{ID: "canvas", Roles: cluster.RoleCanvas}
	gateway := cluster.Member{ID: "gateway", Roles: cluster.RoleGateway}
	leaves := func(m cluster.Member) cluster.Member { m.Draining = true; return m }
	away := errors.New("connection refused")
	well := sight{canvases: 1, gateways: 1, answered: true}
	for _, test := range []struct {
		name         string
		never        bool // nothing has ever worked
		views        [][]cluster.Member
		then         sight
		after        time.Duration // of it
		looks, draws string        // why not; "": people may look, or draw
		cutOff       bool
	}{
		{name: "all is well", then: well, after: time.Hour},
		{name: "nothing yet", never: true, then: sight{}, looks: "has been reached yet", draws: "no canvas server"},
		{name: "alone for ever", never: true, then: sight{}, after: time.Hour, looks: "has been reached yet", draws: "no canvas server"},
		{name: "started while the store is away", never: true, then: sight{canvases: 1, answered: true, store: away}, after: time.Hour, looks: "has been reached yet", draws: "store: connection refused"},
		{name: "the store is away", then: sight{canvases: 1, gateways: 1, answered: true, store: away}, after: time.Hour, draws: "store: connection refused"},
		{name: "a moment of silence", then: sight{canvases: 1, gateways: 1}, after: cutOffAfter - time.Second, draws: "no canvas server answers"},
		{name: "the way to canvas servers is cut, others know them", then: sight{canvases: 1, gateways: 1, holds: true}, after: cutOffAfter, looks: "cut off", draws: "no canvas server answers", cutOff: true},
		{name: "the same without other gateways", then: sight{canvases: 1, holds: true}, after: cutOffAfter, draws: "no canvas server answers"},
		{name: "all have gone without a word", views: [][]cluster.Member{{self}}, then: sight{holds: true}, after: cutOffAfter, looks: "cut off", draws: "no canvas server", cutOff: true},
		{name: "one after the other", views: [][]cluster.Member{{self, gateway}, nil, {self}}, then: sight{holds: true}, after: cutOffAfter, looks: "cut off", draws: "no canvas server", cutOff: true},
		{name: "a moment ago", views: [][]cluster.Member{{self}}, then: sight{holds: true}, after: cutOffAfter - time.Second, draws: "no canvas server"},
		{name: "canvas servers were scaled to none", views: [][]cluster.Member{{self, gateway, leaves(canvas)}, {self, gateway}}, then: sight{gateways: 1, holds: true}, after: time.Hour, draws: "no canvas server"},
		{name: "and then the other gateway died", views: [][]cluster.Member{{self, gateway, leaves(canvas)}, {self, gateway}, {self}}, then: sight{holds: true}, after: time.Hour, draws: "no canvas server"},
		{name: "and not all is held", views: [][]cluster.Member{{self, gateway, leaves(canvas)}, {self, gateway}}, then: sight{gateways: 1}, after: time.Hour, looks: "not all of the canvas is held here", draws: "no canvas server"},
		{name: "canvas servers died, all gateways see that", views: [][]cluster.Member{{self, gateway}}, then: sight{gateways: 1, holds: true}, after: time.Hour, draws: "no canvas server"},
		{name: "the other gateway left before the cut", views: [][]cluster.Member{{self, leaves(gateway), canvas}, {self, canvas}, {self}}, then: sight{holds: true}, after: time.Hour, draws: "no canvas server"},
	} {
		var s standing
		s.see([]cluster.Member{self, canvas, gateway})
		if !test.never {
			well.at = began
			s.look(well)
		}
		for _, view := range test.views {
			s.see(view)
		}
		test.then.at = began.Add(test.after)
		s.look(test.then)
		for what, check := range map[string]struct {
			got  error
			want string
		}{"looks": {s.views(), test.looks}, "draws": {s.draws(), test.draws}} {
			if ok := check.got == nil && check.want == "" || check.got != nil && check.want != "" && strings.Contains(check.got.Error(), check.want); !ok {
				t.Errorf("%s: %s: %v, want %q", test.name, what, check.got, check.want)
			}
		}
		if s.cutOff() != test.cutOff {
			t.Errorf("%s: cut off: %v", test.name, s.cutOff())
		}
		s.see([]cluster.Member{self, canvas, gateway})
		back := well
		back.at = began.Add(2 * time.Hour)
		if s.look(back); s.views() != nil || s.draws() != nil || s.cutOff() {
			t.Errorf("%s: when all is well again: %v, %v", test.name, s.views(), s.draws())
		}
	}
}

func TestShare(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	var s share
	look := func(mine int, others ...int) int {
		now = now.Add(shareEvery)
		return s.excess(now, mine, others)
	}
	for _, none := range [][]int{{60}, {60, 50}, {0, 60}, {16, 0}, {150, 100, 100}, {3000, 2500, 2600}} {
		for range 10 {
			if n := look(none[0], none[1:]...); n != 0 {
				t.Errorf("%v: %d are sent away", none, n)
			}
		}
	}
	// Once it is certain: all that are too many, plus as many as will come back by chance.
	got := []int{look(60, 0, 0, 0), look(60, 0, 0, 0), look(60, 0, 0, 0), look(60, 0, 0, 0)}
	if got[0] != 0 || got[1] != 0 || got[2] != 60 || got[3] != 0 {
		t.Errorf("60, 0, 0, 0: %v", got)
	}
	// If sending clients away does not help, the pause gets longer, so that people are not thrown
	// about.
	sent, last := 0, now
	for range 2000 {
		if look(60, 0) > 0 {
			if sent++; sent > 1 && now.Sub(last) < sharePause {
				t.Errorf("again after %v", now.Sub(last))
			}
			last = now
		}
	}
	if sent < 4 || sent > 9 { // 2,000 looks are 167 minutes
		t.Errorf("%d times in vain", sent)
	}
	// The pause begins anew when every gateway has had its share for that long.
	for range 2000 {
		look(30, 30)
	}
	look(90, 0)
	if second, third := look(90, 0), look(90, 0); second != 0 || third != 90 || s.pause != sharePause {
		t.Errorf("a new time begins with %d, %d and a pause of %v", second, third, s.pause)
	}
	// One look that finds no excess is enough to begin counting anew.
	now = now.Add(time.Hour)
	for _, mine := range []int{0, 0, 80, 0, 0} {
		if n := look(90, mine); n != 0 {
			t.Errorf("it does not have to be so each time: %d", n)
		}
	}
}

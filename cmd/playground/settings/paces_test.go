package settings

import (
	"io"
	"testing"

	"pixelplayground/actors/canvas"
)

func TestPaces(t *testing.T) {
	plenty, slow := canvas.Pace{Rate: 200, Burst: 2000}, canvas.Pace{Rate: 0.2, Burst: 6}
	for _, c := range []struct {
		args []string
		want [4]canvas.Pace
	}{
		{nil, [4]canvas.Pace{plenty, plenty, plenty, plenty}},
		{[]string{"--cooldown", "5s", "--stack", "6"}, [4]canvas.Pace{slow, slow, slow, slow}},
		{[]string{"--cooldown", "5s"}, [4]canvas.Pace{{Rate: 0.2, Burst: 1}, {Rate: 0.2, Burst: 1}, {Rate: 0.2, Burst: 1}, {Rate: 0.2, Burst: 1}}},
		{[]string{"--cooldown", "5s", "--stack", "6", "--allowance", "member=20/s:200, owner=0"}, [4]canvas.Pace{slow, {Rate: 20, Burst: 200}, {Rate: 20, Burst: 200}, {}}},
		{[]string{"--allowance", "guest=5s:6,moderator=200/s:2000"}, [4]canvas.Pace{slow, slow, plenty, plenty}},
	} {
		cfg, err := Read(c.args, io.Discard)
		if err != nil || cfg.Paces != c.want || cfg.People().Pace != c.want[0] || cfg.Actors().Rate != c.want[0].Rate {
			t.Errorf("%q: %+v, %v", c.args, cfg.Paces, err)
		}
	}
	cfg, err := Read([]string{"--network-rate", "50", "--network-burst", "500"}, io.Discard)
	if err != nil || cfg.People().NetworkPace != (canvas.Pace{Rate: 50, Burst: 500}) {
		t.Errorf("%+v, %v", cfg.NetworkPace, err)
	}
	for _, bad := range []string{"king=0", "member", "member=", "member=5", "member=5s", "member=5s:0", "member=0/s:5", "member=-5s:5", "member=25h:5", "member=x/s:5", "0"} {
		if _, err := Read([]string{"--allowance", bad}, io.Discard); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

package rollback

import (
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

func TestForAct(t *testing.T) {
	now := time.UnixMilli(1_000)
	for name, c := range map[string]struct{ asked, want rules.Selection }{
		"everybody's pixels end with the preview": {rules.Selection{}, rules.Selection{To: 1_000}},
		"in the future too":                       {rules.Selection{To: 2_000}, rules.Selection{To: 1_000}},
		"an end stays":                            {rules.Selection{To: 500}, rules.Selection{To: 500}},
		"a person's go on":                        {rules.Selection{Users: []canvas.Author{1}}, rules.Selection{}},
		"a network's go on":                       {rules.Selection{Networks: []canvas.NetworkID{1}, From: 7}, rules.Selection{From: 7}},
		"unless an end is given":                  {rules.Selection{Users: []canvas.Author{1}, To: 500}, rules.Selection{To: 500}},
	} {
		if got := forAct(c.asked, now); got.To != c.want.To || got.From != c.want.From {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

package rollback

import (
	"context"
	"fmt"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/rules"
)

// Past is what was drawn; *record.Reader is one.
type Past interface {
	Follow(ctx context.Context, region canvas.RegionID, from time.Time, h record.History) (to uint64, err error)
	Tile(ctx context.Context, region canvas.RegionID, at time.Time) (tile *canvas.Snapshot, immutable bool, err error)
}

// Taking is what an act takes back.
type Taking struct {
	Selection rules.Selection
	Cause     string    // of the pixels that are placed for it
	From      time.Time // nothing selected was drawn before this; zero: not known
	Spares    Spares    // nil: everything may change
}

// Spares returns, for a region, which of its pixels must stay as they are: see rules.Rules.Spares.
type Spares func(region canvas.RegionID) func(pos uint16) bool

// clocks is how far the clocks of two servers may be apart.
const clocks = time.Minute

// TakingOf returns what an act takes back; ok is false if that is no pixels. find returns earlier acts.
func TakingOf(act *rules.Act, find func(n uint64) (*rules.Act, error)) (t Taking, ok bool, err error) {
	t.Cause = rules.Cause(act.Do, act.N)
	switch act.Do {
	case rules.Rollback:
		if act.Selection == nil {
			return t, false, nil
		}
		t.Selection = *act.Selection
		if t.Selection.To == 0 || t.Selection.To > act.Time {
			t.Selection.To = act.Time
		}
		if t.Selection.From > 0 {
			t.From = time.UnixMilli(t.Selection.From)
		}
		return t, true, nil
	case rules.Undo:
		of, err := find(act.Of)
		if err != nil {
			return t, false, err
		}
		if _, ok, err = TakingOf(of, find); !ok || err != nil {
			return t, false, err
		}
		t.Selection = rules.Selection{Cause: rules.Cause(of.Do, of.N)}
		t.From = time.UnixMilli(of.Time).Add(-clocks)
		return t, true, nil
	}
	return t, false, nil
}

// Read makes the plan for one region. The plan is for the region as it is at the sequence number since.
func (t *Taking) Read(ctx context.Context, past Past, g canvas.Geometry, region canvas.RegionID) (p *Plan, since uint64, err error) {
	_, _, width, height := g.Bounds(region)
	p = New(width*height, &t.Selection)
	if t.Spares != nil {
		p.spares = t.Spares(region)
	}
	if since, err = past.Follow(ctx, region, t.From, p.History()); err != nil {
		return nil, 0, fmt.Errorf("plan for region %d: %w", region, err)
	}
	return p, since, nil
}

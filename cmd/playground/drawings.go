package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/transport/api/history"
	"pixelplayground/transport/api/moderation"
)

// drawings is what people have drawn, as the record has it.
type drawings struct {
	*record.Reader
	geometry canvas.Geometry
}

// lookBack is how far back it is looked for what somebody has drawn: first in the last minutes, and only if that is not
// enough further.
func lookBack() []time.Duration {
	return []time.Duration{10 * time.Minute, 2 * time.Hour, 24 * time.Hour}
}

// Last reads ever older parts of the record until it has found enough. What it has found when ctx ends it returns with the error.
func (d drawings) Last(ctx context.Context, user canvas.Author, n int) (found []moderation.Pixel, err error) {
	now := time.Now()
	to := history.Now() // whatever the clocks of other pods say
	for _, age := range lookBack() {
		from := now.Add(-age)
		for region := range canvas.RegionID(d.geometry.Regions()) {
			for pixel, err := range d.Pixels(ctx, region, from, to) {
				if err != nil {
					return latest(found, n), err
				}
				if pixel.User == user {
					found = append(found, shownPixel(pixel))
				}
			}
			if len(found) > 16*n { // whoever has drawn a lot
				found = latest(found, n)
			}
		}
		if to = from; len(found) >= n {
			break
		}
	}
	return latest(found, n), nil
}

// latest is the n latest pixels, the last first.
func latest(found []moderation.Pixel, n int) []moderation.Pixel {
	slices.SortFunc(found, func(a, b moderation.Pixel) int { return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(b.Seq, a.Seq)) })
	return found[:min(n, len(found))]
}

func shownPixel(p record.Pixel) moderation.Pixel {
	shown := moderation.Pixel{X: int(p.X), Y: int(p.Y), Seq: p.Seq, Time: p.Time, Color: p.Color, Name: p.Name, Network: p.Network}
	if p.Known {
		shown.Before = &p.Before
	}
	return shown
}

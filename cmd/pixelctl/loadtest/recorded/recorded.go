// Package recorded asks servers what their record has of a test. What it must have, the tests know.
package recorded

import (
	"context"
	"fmt"
	"image"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/cmd/pixelctl/loadtest/target"
	"pixelplayground/cmd/pixelctl/past"
)

// Slack is how far the clocks of the servers may be from ours.
const Slack = time.Minute

// Flag is in the configs of tests that can look at the record.
type Flag struct {
	Recorded bool `help:"The servers run with --record: check that each acknowledged pixel is in the record, once and in its order."`
}

// Pixels calls each with all pixels of an area that were drawn since a time, as the server at a
// WebSocket URL tells them: those of a region in its order.
func Pixels(ctx context.Context, url string, g canvas.Geometry, area image.Rectangle, since time.Time, each func(record.Pixel)) error {
	source := past.Server(target.Site(url), "", g)
	after, to := since.Add(-Slack).UnixMilli(), time.Now().Add(Slack).UnixMilli()
	for p, err := range source.Pixels(ctx, area, after, to) {
		if err != nil {
			return fmt.Errorf("the record: %w", err)
		}
		each(p)
	}
	return nil
}

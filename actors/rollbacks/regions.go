package rollbacks

import (
	"context"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record/rollback"
)

// takeBack plans and places all regions, a few at a time. It returns how many pixels it has placed, and at
// how many positions it is not known what was there before. After an error some regions may be done; doing
// them again changes nothing.
func (p *Pod) takeBack(ctx context.Context, taking *rollback.Taking) (pixels, unknown int, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	regions := make(chan canvas.RegionID)
	var working sync.WaitGroup
	var mu sync.Mutex // guards pixels and unknown
	for range atOnce {
		working.Go(func() {
			for region := range regions {
				n, stay, err := p.region(ctx, taking, region)
				mu.Lock()
				pixels, unknown = pixels+n, unknown+stay
				mu.Unlock()
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, region := range rollback.Regions(p.Geometry, &taking.Selection) {
		select {
		case regions <- region:
		case <-ctx.Done():
		}
	}
	close(regions)
	working.Wait()
	return pixels, unknown, context.Cause(ctx)
}

// region takes back what is selected in a region. The ops carry the sequence number of their plan, so the
// region's actor leaves out positions that others have painted since. If that was too long ago for it to
// know, it refuses the op, and the region is planned again.
func (p *Pod) region(ctx context.Context, taking *rollback.Taking, region canvas.RegionID) (pixels, unknown int, err error) {
	for try := range tries {
		if try > 0 {
			select {
			case <-time.After(min(time.Second, 50*time.Millisecond<<try)):
			case <-ctx.Done():
				return 0, unknown, context.Cause(ctx)
			}
		}
		plan, since, readErr := taking.Read(ctx, p.Past, p.Geometry, region)
		if err = readErr; err != nil {
			continue
		}
		changes, stay, planErr := plan.Changes()
		if planErr != nil { // trying again would not help, and other regions and acts must not wait for it
			p.Log.Error("a region is not taken back", "cause", taking.Cause, "region", region, "err", planErr)
			return 0, 0, nil
		}
		unknown = stay
		if err = p.Place(ctx, region, opsOf(changes, taking.Cause, since)); err == nil {
			return len(changes), unknown, nil
		}
	}
	return 0, unknown, err
}

// opsOf makes the ops that carry out changes.
func opsOf(changes []rollback.Change, cause string, since uint64) (ops []canvas.Op) {
	for len(changes) > 0 {
		n := min(len(changes), opPixels)
		op := canvas.Op{User: canvas.ServerUser, Cause: cause, Since: since, Pixels: make([]canvas.Pixel, n)}
		for i, c := range changes[:n] {
			op.Pixels[i] = canvas.Pixel{Pos: c.Pos, Color: c.To}
		}
		ops, changes = append(ops, op), changes[n:]
	}
	return ops
}

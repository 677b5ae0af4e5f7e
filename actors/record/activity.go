package record

import (
	"context"
	"time"

	"pixelplayground/actors/canvas"
)

// Activity counts what was drawn in some regions in equal steps: one number for each step, the first
// of which begins at a time. Steps of whole hours, from an hour on, are added up from what is counted
// once for each segment, as in Stats; shorter ones need the times of all pixels.
func (r *Reader) Activity(ctx context.Context, of []canvas.RegionID, from time.Time, step time.Duration, steps int) ([]uint64, error) {
	counted := make([]uint64, steps)
	length, begun := step.Milliseconds(), from.UnixMilli()
	end := begun + int64(steps)*length
	for _, region := range of {
		var err error
		if length%hour == 0 && begun%hour == 0 {
			all := sum{users: make(map[canvas.Author]userCount), hours: make(map[int64]uint64)}
			_, err = r.count(ctx, region, begun, end, &all)
			for at, n := range all.hours {
				counted[(at-begun)/length] += n
			}
		} else {
			err = r.scan(ctx, region, 0, begun, end, when, func(s stretch) bool {
				for _, at := range s.time[s.from:s.to] {
					counted[(at-begun)/length]++
				}
				return true
			})
		}
		if err != nil {
			return nil, err
		}
	}
	return counted, nil
}

package rollback_test

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"syscall"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/recordtest"
	"pixelplayground/actors/record/rollback"
	"pixelplayground/actors/rules"
)

// day is the record of a day in which people place 10 pixels a second, in 16 regions.
var day = sync.OnceValues(func() (record.Files, record.Config) {
	cfg := record.Config{Geometry: canvas.Geometry{Width: 1024, Height: 1024, Region: 256}, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	to := recordtest.NewMemory()
	for region := range canvas.RegionID(cfg.Geometry.Regions()) {
		log, d := recordtest.NewLog(), recordtest.NewDrawing(7, cfg.Geometry, region)
		log.Append(d.Draw(24 * 3600 * 10 / cfg.Geometry.Regions())...)
		if _, err := record.NewWriter(to, log, cfg).Advance(context.Background(), region, d.Snapshot()); err != nil {
			panic(err)
		}
	}
	return to, cfg
})

// BenchmarkPreview previews that everything somebody, or everybody, has drawn in a day is taken back, by a
// reader that has read nothing before, and again.
func BenchmarkPreview(b *testing.B) {
	to, cfg := day()
	stats, err := record.NewReader(to, nil, cfg).Stats(b.Context(), time.Time{}, time.Time{})
	if err != nil {
		b.Fatal(err)
	}
	for name, selection := range map[string]rules.Selection{
		"one": {Users: []canvas.Author{stats.Users[0].User}}, "all": {},
	} {
		b.Run(name, func(b *testing.B) {
			begun, n := cpu(), 0
			for b.Loop() {
				found, err := rollback.NewPreview(b.Context(), record.NewReader(to, nil, cfg), cfg.Geometry, selection, time.Now(), nil)
				if err != nil || found.Pixels == 0 {
					b.Fatal(found, err)
				}
				n = found.Pixels
			}
			b.ReportMetric(float64(n), "pixels")
			b.ReportMetric((cpu()-begun).Seconds()/float64(b.N), "cpu-s/op")
		})
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

package record_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/files"
	"pixelplayground/actors/record/recordtest"
	"pixelplayground/actors/store/bucket"
)

// The figures of BENCHMARKS.md are of 100 million pixels in a directory:
//
//	RECORD_PIXELS=100000000 RECORD_DIR=/tmp/record go test -run - -bench . ./actors/record
//
// which draws them first, unless they are there. Without these it is a million, in memory.

// cpu is the processor time that this process has taken: other work on the machine does not count.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// drawn is a record of a canvas of 16 regions on which people draw. It is made once.
var drawn = sync.OnceValues(func() (record.Files, record.Config) {
	cfg := record.Config{Geometry: canvas.Geometry{Width: 1024, Height: 1024, Region: 256}, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	var (
		to  record.Files = recordtest.NewMemory()
		err error
	)
	if dir := os.Getenv("RECORD_DIR"); dir != "" {
		if to, err = files.Open(dir, bucket.Config{}); err != nil {
			panic(err)
		}
	}
	n, _ := strconv.Atoi(os.Getenv("RECORD_PIXELS"))
	n = cmp.Or(n, 1_000_000)
	if have, err := to.List(context.Background(), "region-"); err == nil && len(have) > 0 {
		return to, cfg
	}
	begun, used := time.Now(), cpu()
	var recording time.Duration
	for region := range canvas.RegionID(cfg.Geometry.Regions()) {
		log, d := recordtest.NewLog(), recordtest.NewDrawing(7, cfg.Geometry, region)
		w := record.NewWriter(to, log, cfg)
		for left := n / cfg.Geometry.Regions(); left > 0; left -= 1 << 18 {
			log.Append(d.Draw(min(left, 1<<18))...)
			before := cpu()
			seq, err := w.Advance(context.Background(), region, d.Snapshot())
			if err != nil {
				panic(err)
			}
			recording += cpu() - before
			log.Trim(region, seq-1)
		}
	}
	fmt.Printf("%d pixels drawn and recorded in %v, %v of CPU, %v of it to record them\n", n, time.Since(begun), cpu()-used, recording)
	return to, cfg
})

func sizeOf(b *testing.B, to record.Files, part string) (n int64) {
	all, err := to.List(b.Context(), "region-")
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range all {
		if strings.Contains(f.Name, part) {
			n += f.Size
		}
	}
	return n
}

// quantiles reports how long calls took.
func quantiles(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2])/1e6, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
	b.ReportMetric(float64(took[len(took)-1])/1e6, "max-ms")
}

func timed(b *testing.B, call func(rnd *rand.Rand)) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var took []time.Duration
	for b.Loop() {
		begun := time.Now()
		call(rnd)
		took = append(took, time.Since(begun))
	}
	quantiles(b, took)
}

func BenchmarkReader_Latest(b *testing.B) {
	to, cfg := drawn()
	r := record.NewReader(to, nil, cfg)
	timed(b, func(rnd *rand.Rand) {
		if _, _, err := r.Latest(b.Context(), rnd.IntN(1024), rnd.IntN(1024)); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkReader_LatestUnread has no memory of anything that was read before.
func BenchmarkReader_LatestUnread(b *testing.B) {
	to, cfg := drawn()
	timed(b, func(rnd *rand.Rand) {
		if _, _, err := record.NewReader(to, nil, cfg).Latest(b.Context(), rnd.IntN(1024), rnd.IntN(1024)); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkReader_Before(b *testing.B) {
	to, cfg := drawn()
	r := record.NewReader(to, nil, cfg)
	timed(b, func(rnd *rand.Rand) {
		if _, _, err := r.Before(b.Context(), rnd.IntN(1024), rnd.IntN(1024), 0, 10); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkReader_Tile asks for any region at any instant.
func BenchmarkReader_Tile(b *testing.B) {
	to, cfg := drawn()
	all, err := record.NewReader(to, nil, cfg).Range(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	r := record.NewReader(to, nil, cfg)
	timed(b, func(rnd *rand.Rand) {
		at := all.First.Add(time.Duration(rnd.Int64N(int64(all.Last.Sub(all.First)))))
		if _, _, err := r.Tile(b.Context(), canvas.RegionID(rnd.IntN(16)), at); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkReader_Stats(b *testing.B) {
	to, cfg := drawn()
	r := record.NewReader(to, nil, cfg)
	for _, name := range []string{"first", "again"} {
		b.Run(name, func(b *testing.B) {
			var s *record.Stats
			before := cpu()
			for b.Loop() {
				var err error
				if s, err = r.Stats(b.Context(), time.Time{}, time.Time{}); err != nil {
					b.Fatal(err)
				}
				if name == "first" {
					b.StopTimer()
					r = record.NewReader(to, nil, cfg)
					b.StartTimer()
				}
			}
			b.ReportMetric(float64(cpu()-before)/float64(b.N)/1e9, "cpu-s")
			b.ReportMetric(float64(s.Pixels), "pixels")
		})
		_, _ = r.Stats(b.Context(), time.Time{}, time.Time{})
	}
}

// BenchmarkReader_All reads everything in order of time, and reports the most memory that the program
// has had from the system.
func BenchmarkReader_All(b *testing.B) {
	to, cfg := drawn()
	for b.Loop() {
		n, last, before := 0, int64(0), cpu()
		for p, err := range record.NewReader(to, nil, cfg).All(b.Context(), time.Time{}, time.Time{}) {
			if err != nil || p.Time < last {
				b.Fatal(err, p)
			}
			last = p.Time
			n++
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(n), "pixels")
		b.ReportMetric(float64(cpu()-before)/float64(n), "cpu-ns/pixel")
		b.ReportMetric(float64(m.Sys)/(1<<20), "MB")
	}
}

// BenchmarkWriter records a segment, and reports what the files take up.
func BenchmarkWriter(b *testing.B) {
	for _, c := range []struct {
		name   string
		pixels int
		crowd  int
	}{{"full", 1 << 16, 0}, {"tail", 1 << 14, 0}, {"crowd of 1000", 1 << 16, 1000}, {"crowd of 10000", 1 << 16, 10_000}, {"crowd of 100000", 1 << 16, 100_000}} {
		b.Run(c.name, func(b *testing.B) {
			cfg := record.Config{Geometry: canvas.Geometry{Width: 1024, Height: 1024, Region: 256}}
			log, d := recordtest.NewLog(), recordtest.NewDrawing(1, cfg.Geometry, 5)
			d.Crowd(c.crowd)
			log.Append(d.Draw(c.pixels)...)
			var to *recordtest.Memory
			pixels, before := d.Snapshot().Position.Seq, cpu()
			for b.Loop() {
				to = recordtest.NewMemory()
				if _, err := record.NewWriter(to, log, cfg).Advance(b.Context(), 5, d.Snapshot()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpu()-before)/float64(b.N)/float64(pixels), "cpu-ns/pixel")
			b.ReportMetric(float64(sizeOf(b, to, "pixels-"))/float64(pixels), "B/pixel")
			b.ReportMetric(float64(sizeOf(b, to, ""))/float64(pixels), "all-B/pixel")
		})
	}
}

package record_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/recordtest"
)

func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchFile(b *testing.B) (string, []byte, record.Config) {
	cfg := record.Config{Geometry: canvas.Geometry{Width: 1024, Height: 1024, Region: 256}}
	files, log, d := recordtest.NewMemory(), recordtest.NewLog(), recordtest.NewDrawing(1, cfg.Geometry, 5)
	log.Append(d.Draw(65536)...)
	if _, err := record.NewWriter(files, log, cfg).Advance(b.Context(), 5, d.Snapshot()); err != nil {
		b.Fatal(err)
	}
	for _, n := range files.Names() {
		if strings.Contains(n, "pixels-") {
			return n, files.Content(n), cfg
		}
	}
	return "", nil, cfg
}

func BenchmarkDecode(b *testing.B) {
	name, c, cfg := benchFile(b)
	dec, _ := record.DecodeEncode(name, c, cfg)
	t := cpu()
	for b.Loop() {
		dec()
	}
	b.ReportMetric(float64(cpu()-t)/float64(b.N)/65536, "cpu-ns/pixel")
}

func BenchmarkEncode(b *testing.B) {
	name, c, cfg := benchFile(b)
	_, enc := record.DecodeEncode(name, c, cfg)
	t := cpu()
	for b.Loop() {
		enc()
	}
	b.ReportMetric(float64(cpu()-t)/float64(b.N)/65536, "cpu-ns/pixel")
}

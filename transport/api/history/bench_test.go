package history

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

// BenchmarkRegion is what writing the past of a region costs, beside reading it.
func BenchmarkRegion(b *testing.B) {
	const pixels = 1 << 16
	d := newDesk(b)
	for i := range pixels {
		user := canvas.Author(1 + i/20%300)
		d.record.Draw(noon.Add(time.Duration(i)*time.Millisecond), i%16, i/16%16, canvas.Color(i*77), user, "guest "+itoa(int64(user)))
	}
	for _, form := range []string{frames, lines} {
		b.Run(form, func(b *testing.B) {
			r := httptest.NewRequest("GET", "/api/history/0", nil)
			r.Header.Set("Accept", form)
			var size counting
			b.ReportAllocs()
			for b.Loop() {
				size.bytes = 0
				d.ServeHTTP(&size, r)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/pixels, "ns/pixel")
			b.ReportMetric(float64(size.bytes)/pixels, "bytes/pixel")
		})
	}
}

// counting is a client that counts what it is sent.
type counting struct {
	header http.Header
	bytes  int
}

func (c *counting) Header() http.Header {
	if c.header == nil {
		c.header = make(http.Header)
	}
	return c.header
}
func (c *counting) WriteHeader(int) {}
func (c *counting) Write(p []byte) (int, error) {
	c.bytes += len(p)
	return io.Discard.Write(p)
}

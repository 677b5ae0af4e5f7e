// Package history is what can be asked over HTTP of the record of everything that was drawn: who
// placed a pixel and when, what stood there before, how a region came to be, and counts. It bounds
// what strangers ask for. It knows neither files nor stores: it asks the Record. Package api wires it,
// lends it its bounds on expensive requests, and makes pictures of the past itself.
package history

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/quota"
)

// Record is everything that was drawn, up to what was acknowledged last; *record.Reader is one. Its
// methods may be called from any goroutine and end soon after ctx. Errors are or wrap those of package
// record, or are ctx's.
type Record interface {
	// Latest is who placed the pixel that is there now; false: nobody did, or that is not known.
	Latest(ctx context.Context, x, y int) (record.Pixel, bool, error)
	// Before lists the pixels of a place before a sequence number (0: all), newest first: n at most. more
	// says that there are others before them.
	Before(ctx context.Context, x, y int, seq uint64, n int) (found []record.Pixel, more bool, err error)
	// Tile is a region as it was at a time, that millisecond included. immutable says that nothing drawn
	// later can change the answer.
	Tile(ctx context.Context, region canvas.RegionID, at time.Time) (tile *canvas.Snapshot, immutable bool, err error)
	// Settled is Tile's immutable, without the tile.
	Settled(ctx context.Context, region canvas.RegionID, at time.Time) (bool, error)
	// Pixels are those drawn in a region from a time on and before another, in their order. Zero times
	// are no bounds.
	Pixels(ctx context.Context, region canvas.RegionID, from, to time.Time) iter.Seq2[record.Pixel, error]
	// RangeOf says since when a region is recorded, and what of it is not known.
	RangeOf(ctx context.Context, region canvas.RegionID) (record.Range, error)
	// Painted is when each pixel of a region was painted last, by position, in Unix milliseconds; 0:
	// nobody has painted it, or that is not known.
	Painted(ctx context.Context, region canvas.RegionID) ([]int64, error)
	// Activity counts what was drawn in some regions in equal steps, the first of which begins at a time:
	// one number for each.
	Activity(ctx context.Context, of []canvas.RegionID, from time.Time, step time.Duration, steps int) ([]uint64, error)
	// Stats counts what was drawn from a time on, and before another. Zero times are no bounds.
	Stats(ctx context.Context, from, to time.Time) (*record.Stats, error)
}

// unit is how much of a processor a unit of work stands for.
const unit = 15 * time.Nanosecond

// Job is an expensive request under way.
type Job interface {
	// Write sends a part of the answer. It fails if the client is gone, takes nothing for too long, or
	// has to make room for others.
	Write(p []byte) (int, error)
	// Charge waits until the client's network may cause so many more units of work.
	Charge(ctx context.Context, units int) error
	// End ends it; it may be called twice.
	End()
}

// Ports is what the routes need from the rest of the API.
type Ports struct {
	Record   Record
	Geometry canvas.Geometry
	// Begin admits an expensive request, which costs so many units of work at once, or answers that it
	// has to wait.
	Begin func(w http.ResponseWriter, r *http.Request, units int) (Job, bool)
	// Encode runs f, which uses the processor and does not wait, in turn with others.
	Encode  func(f func())
	Private func() bool // whether only some may see the canvas, so that no cache may share an answer
	Now     func() time.Time
	Log     *slog.Logger
}

// History answers for the routes of the record.
type History struct {
	Ports
	looks chan struct{} // taken by those who look a pixel's author up
	told  quota.Refusals
	stats tallies
}

// New makes the routes. It starts nothing.
func New(ports Ports) *History {
	return &History{Ports: ports, looks: make(chan struct{}, maxLooks), stats: newTallies(), told: quota.NewRefusals(ports.Log, ports.Now)}
}

// Limits of the questions.
const (
	maxLooks     = 32 // look-ups of a pixel's author at the same time, in all
	lookPatience = time.Second

	readPatience  = 10 * time.Second // for one region at one time, or the past of one pixel
	statsPatience = 20 * time.Second
)

// Routes are the resources, by their patterns. With nil instead of a History, they say that there is
// no record.
func (h *History) Routes() map[string]answer.Methods {
	handle := func(f http.HandlerFunc) answer.Methods {
		if h == nil {
			f = off
		}
		return answer.Methods{"GET": f}
	}
	return map[string]answer.Methods{
		"/api/pixel/{x}/{y}/history": handle(h.getPixel),
		"/api/history/{region}":      handle(h.getRegion),
		"/api/painted/{region}":      handle(h.getPainted),
		"/api/stats":                 handle(h.getStats),
		"/api/activity":              handle(h.getActivity),
	}
}

// Off is the answer where there is no record.
const Off = "There is no record here: the server was started without --record"

func off(w http.ResponseWriter, _ *http.Request) { answer.Fail(w, http.StatusNotFound, Off) }

package api

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
)

// How many regions are read at the same time for one answer. Read one after the other, they
// would each wait for a store that does not answer: half a minute for 64 regions.
const (
	regionsAhead = 64
	bytesAhead   = 1 << 20 // of pixels, which are kept in memory until they are sent
)

// regionReader reads regions in the given order, several at a time. Each snapshot has every
// pixel that was acknowledged before the reader was made.
type regionReader struct {
	s    *server
	ctx  context.Context // of the request
	at   moment
	left []canvas.RegionID
	read []*canvas.Snapshot
}

func (s *server) readInTurn(ctx context.Context, at moment, regions []canvas.RegionID) *regionReader {
	return &regionReader{s: s, ctx: ctx, at: at, left: regions}
}

// next returns the next region. It must not be called more often than there are regions.
func (r *regionReader) next() (*canvas.Snapshot, error) {
	if len(r.read) == 0 {
		n := min(max(bytesAhead/(3*r.s.Geometry.Region*r.s.Geometry.Region), 1), r.at.regionsAhead(), len(r.left))
		if err := r.readAhead(r.left[:n]); err != nil {
			return nil, err
		}
		r.left = r.left[n:]
	}
	first := r.read[0]
	r.read = r.read[1:]
	return first, nil
}

// take returns the next n regions.
func (r *regionReader) take(n int) ([]*canvas.Snapshot, error) {
	taken := make([]*canvas.Snapshot, n)
	for i := range taken {
		var err error
		if taken[i], err = r.next(); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

func (r *regionReader) readAhead(ids []canvas.RegionID) error {
	read, failed := make([]*canvas.Snapshot, len(ids)), make([]error, len(ids))
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() {
			if read[i], failed[i] = r.s.readAt(r.ctx, id, r.at); failed[i] != nil {
				failed[i] = fmt.Errorf("read region %d: %w", id, failed[i])
			}
		})
	}
	all.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	r.read = read
	return nil
}

// unreadable answers a request for which a region or the roster did not answer.
func (s *server) unreadable(w http.ResponseWriter, r *http.Request, err error) {
	s.Log.Warn("read failed", "path", r.URL.Path, "err", err)
	answer.RetryAfter(w, time.Second)
	answer.Fail(w, http.StatusServiceUnavailable, "The canvas can't be read right now")
}

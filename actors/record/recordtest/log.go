package recordtest

import (
	"context"
	"slices"
	"sync"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
)

// Log is a record.Log in memory: that of a store.
type Log struct {
	mu      sync.Mutex
	batches map[canvas.RegionID][]*canvas.Batch
	err     error
}

var _ record.Log = (*Log)(nil)

// NewLog makes an empty one.
func NewLog() *Log { return &Log{batches: make(map[canvas.RegionID][]*canvas.Batch)} }

// Append adds batches to the ends of their regions' logs.
func (l *Log) Append(batches ...*canvas.Batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range batches {
		l.batches[b.Region] = append(l.batches[b.Region], b)
	}
}

// Trim drops the batches of a region up to a sequence number.
func (l *Log) Trim(region canvas.RegionID, to uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.batches[region] = slices.DeleteFunc(slices.Clone(l.batches[region]), func(b *canvas.Batch) bool { return b.To <= to })
}

// Lose drops the batches of a region after a sequence number, as the failover of a store does.
func (l *Log) Lose(region canvas.RegionID, after uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.batches[region] = slices.DeleteFunc(slices.Clone(l.batches[region]), func(b *canvas.Batch) bool { return b.To > after })
}

// Fail makes all calls fail with an error; nil: no more.
func (l *Log) Fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

// History implements record.Log.
func (l *Log) History(_ context.Context, region canvas.RegionID, after uint64, limit int) ([]*canvas.Batch, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return nil, l.err
	}
	var found []*canvas.Batch
	for _, b := range l.batches[region] {
		if b.To > after && len(found) < limit {
			found = append(found, b)
		}
	}
	return found, nil
}

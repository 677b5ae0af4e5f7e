package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"pixelplayground/actors/message"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/files"
	"pixelplayground/actors/store"
	"pixelplayground/cmd/commandline/s3"
	"pixelplayground/cmd/playground/settings"
	"pixelplayground/transport/api/metrics"
	"pixelplayground/transport/auth"
)

// proveTime is how long the start waits for the place of the record. Drawing does not need it, so a
// server starts without.
const proveTime = 3 * time.Second

// recordFault is why there is no record where the settings say.
type recordFault struct{ error }

func (f *recordFault) Unwrap() error { return f.error }

// openRecord opens the files of the record; nil: none is kept. A place that has another canvas's
// record is refused. One that can't be reached is not: the store's log is kept until it can.
func openRecord(cfg settings.Config, papers store.Documents, log *slog.Logger) (record.Files, error) {
	if cfg.Record.Where == "" {
		return nil, nil
	}
	place, err := files.Open(cfg.Record.Where, s3.Config(cfg.Record.S3Endpoint))
	if err != nil {
		return nil, &recordFault{err}
	}
	own := files.Own(place, cfg.Geometry, func(ctx context.Context) (string, error) { return auth.Identity(ctx, papers) })
	ctx, cancel := context.WithTimeoutCause(context.Background(), proveTime, errors.New("it has not answered for "+proveTime.String()))
	defer cancel()
	switch err := own.Prove(ctx); {
	case errors.Is(err, record.ErrForeign):
		return nil, &recordFault{err}
	case err != nil:
		log.Warn("the record can't be used yet", "record", own.String(), "err", err)
	default:
		log.Info("keeping a record", "record", own.String())
	}
	return own, nil
}

// noteGap shows a gap to operators.
func (p *pod) noteGap(g record.Gap) {
	p.node.Note(message.Event{Kind: message.EventGap, Region: int(g.Region), Text: fmt.Sprintf("%d pixels of region %d can't be recorded: %s", g.To-g.From, g.Region, g.Why)})
}

func recordCounters(c *record.Counts) []metrics.Counter {
	counter := func(name, help string, n *atomic.Uint64) metrics.Counter {
		return metrics.Counter{Name: name, Help: help, Read: func() float64 { return float64(n.Load()) }}
	}
	return []metrics.Counter{
		counter("record_pixels_total", "Pixels that this node has recorded.", &c.Pixels),
		counter("record_segments_total", "Segments of the record that this node has written, those that were written again included.", &c.Segments),
		counter("record_bytes_total", "Bytes that this node has written to the record.", &c.Bytes),
		counter("record_gaps_total", "Gaps that this node has noted in the record.", &c.Gaps),
		counter("record_gap_pixels_total", "Pixels in them.", &c.GapPixels),
		counter("record_lost_pixels_total", "Recorded pixels that the store was found to have lost.", &c.Lost),
		counter("record_damaged_files_total", "Files of the record that were found damaged.", &c.Damaged),
		counter("record_mismatches_total", "Times that the record did not lead to what a region had.", &c.Mismatch),
	}
}

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"pixelplayground/cmd/pixelctl/dataset"
	"pixelplayground/cmd/pixelctl/loadtest/report"
)

// export is the command of that name.
type export struct {
	pastFlags
	periodFlags
	File  string `arg:"" placeholder:"OUT" help:"File to write: .parquet, or .csv in the shape of the data of r/place."`
	Names bool   `help:"Write the names that people had, too."`
}

// Help is the long help text.
func (export) Help() string {
	return "All pixels that were placed, by time: when, where, which colour, what was there before, and by whom. People have pseudonyms that are made anew" +
		" with each export: they tell who placed the same file's other pixels, and neither who that is on the canvas nor in another file." +
		" With --record any number of pixels takes some hundred MB of memory; a server is asked for one part after the other and is slower."
}

// Validate refuses what can't be written.
func (e *export) Validate() error {
	if ext := filepath.Ext(e.File); ext != ".parquet" && ext != ".csv" {
		return fmt.Errorf("%q: must end in .parquet or .csv, for example canvas.parquet", e.File)
	}
	return nil
}

// Run exports.
func (e *export) Run(ctx context.Context, s *server, std streams) error {
	source, err := e.open(ctx, s, std.err)
	if err != nil {
		return err
	}
	span, err := source.Span(ctx)
	if err != nil {
		return err
	}
	after, to, err := e.period(span)
	if err != nil {
		return err
	}
	noteGaps(std.err, span.Gaps)
	var rows, at atomic.Int64
	at.Store(after)
	began := time.Now()
	progress := report.NewLive(std.err, func() report.Status {
		return report.Status{
			Phase: "exporting", Elapsed: time.Since(began), Share: float64(at.Load()-after) / float64(to-after), Counts: []report.Count{{Name: "pixels", N: rows.Load()}},
			Note: report.Number(rows.Load()) + ", up to " + utc(at.Load()),
		}
	})
	defer progress.Close()
	progress.Open()
	err = written(e.File, func(file *os.File) error {
		w := dataset.NewParquet
		if strings.HasSuffix(e.File, ".csv") {
			w = dataset.NewCSV
		}
		out := w(file, e.Names)
		for p, err := range source.Pixels(ctx, source.Geometry().Whole(), after, to) {
			if err == nil {
				err = out.Write(&p)
			}
			if err != nil {
				return err
			}
			rows.Add(1)
			at.Store(p.Time)
		}
		return out.Close()
	})
	if err != nil {
		return err
	}
	progress.Close()
	fmt.Fprintf(std.err, "exported %s to %s, %s to %s, in %s\n", report.Counted(int(rows.Load()), "pixel"), e.File, utc(after+1), utc(to), time.Since(began).Round(time.Millisecond))
	return nil
}

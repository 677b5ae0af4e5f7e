package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/files"
	"pixelplayground/cmd/commandline/s3"
	"pixelplayground/cmd/pixelctl/dataset"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/cmd/pixelctl/rebuild"
)

// importCommand is the command "import".
type importCommand struct {
	Files      []string `arg:"" placeholder:"FILE" help:"Files to read, one after the other: .parquet as export writes it, .csv as export or r/place writes it, packed with gzip or not."`
	Data       string   `placeholder:"DIR" default:"./data" help:"Data directory to make for a server. Nothing may have been drawn there."`
	Record     string   `placeholder:"DIR|s3://…" help:"Where the record goes. Default: the folder record in the data directory, which the server's --record on is."`
	S3Endpoint string   `name:"s3-endpoint" env:"PIXELCTL_S3_ENDPOINT" placeholder:"URL" help:"S3 server of the record, if it is not Amazon's."`
	Canvas     string   `placeholder:"WIDTHxHEIGHT" help:"Size of the canvas. Default: as large as the pixels need."`
	Offset     string   `placeholder:"X,Y" default:"0,0" help:"Added to all places, for data in which some are negative."`
}

// Help is the long help text.
func (importCommand) Help() string {
	return "It makes a canvas out of pixels, with the times at which they were placed and by whom, so that all of it can be replayed. No server takes part: stop the one" +
		" that uses the directory. The pixels need not be in order. Colours of r/place are #RRGGBB, places x,y, or x1,y1,x2,y2 for a rectangle; users become others, who are the same in all files" +
		" that are imported together. Room for 23 bytes a pixel is needed in the data directory meanwhile."
}

// Run imports.
func (i *importCommand) Run(ctx context.Context, std streams) (err error) {
	width, height, offset, err := i.sizes()
	if err != nil {
		return &usageError{error: err, command: "import "}
	}
	where := i.Record
	if where == "" {
		where = filepath.Join(i.Data, "record")
	}
	to, err := files.Open(where, s3.Config(i.S3Endpoint))
	if err != nil {
		return err
	}
	if there, err := to.List(ctx, ""); err != nil {
		return err
	} else if len(there) > 0 {
		return fmt.Errorf("%s: there is a record already: choose another place with --record or --data", to)
	}
	defer func() {
		if err != nil { // so that the same command can be given again
			err = errors.Join(err, removeAll(context.WithoutCancel(ctx), to))
		}
	}()
	made, err := rebuild.New(i.Data)
	if err != nil {
		return err
	}
	defer made.Close()

	var read, recorded atomic.Int64
	began := time.Now()
	progress := report.NewLive(std.err, func() report.Status {
		s := report.Status{Phase: "reading", Elapsed: time.Since(began), Counts: []report.Count{{Name: "pixels", N: read.Load()}}, Note: report.Number(read.Load())}
		if n := recorded.Load(); n > 0 {
			s.Phase, s.Share, s.Counts[0].N, s.Note = "recording", float64(n)/float64(read.Load()), n, report.Number(n)+" of "+report.Number(read.Load())
		}
		return s
	})
	defer progress.Close()
	progress.Open()
	for _, name := range i.Files {
		for row, err := range dataset.Read(name) {
			if err == nil {
				if err = made.Add(row, offset); err != nil {
					err = fmt.Errorf("%s: %w", name, err)
				}
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			read.Store(made.Pixels)
		}
	}
	if made.Pixels == 0 {
		return fmt.Errorf("there are no pixels in %s", strings.Join(i.Files, ", "))
	}
	g, err := made.Geometry(width, height)
	if err != nil {
		return err
	}
	if _, err := files.Begin(ctx, to, g, ""); err != nil {
		return err
	}
	if err := made.Finish(ctx, g, i.Data, to, recorded.Store); err != nil {
		return err
	}
	progress.Close()
	place := "on"
	if i.Record != "" {
		place = i.Record
	}
	fmt.Fprintf(std.err, "imported %s in %s; start the server with:\n", report.Counted(int(made.Pixels), "pixel"), time.Since(began).Round(time.Millisecond))
	fmt.Fprintf(std.out, "playground --data %s --canvas %dx%d --record %s\n", i.Data, g.Width, g.Height, place)
	return nil
}

func removeAll(ctx context.Context, from record.Files) error {
	all, err := from.List(ctx, "")
	for _, file := range all {
		err = errors.Join(err, from.Remove(ctx, file.Name))
	}
	return err
}

// sizes reads the flags that are numbers.
func (i *importCommand) sizes() (width, height int, offset image.Point, err error) {
	x, y, ok := strings.Cut(i.Offset, ",")
	var bad, worse error
	offset.X, bad = strconv.Atoi(strings.TrimSpace(x))
	offset.Y, worse = strconv.Atoi(strings.TrimSpace(y))
	if !ok || bad != nil || worse != nil || max(offset.X, -offset.X, offset.Y, -offset.Y) > canvas.MaxEdge {
		return 0, 0, offset, fmt.Errorf("--offset %q: must be X,Y, for example 1500,1000", i.Offset)
	}
	if i.Canvas != "" {
		w, h, ok := strings.Cut(i.Canvas, "x")
		width, bad = strconv.Atoi(w)
		height, worse = strconv.Atoi(h)
		if !ok || bad != nil || worse != nil || width < 1 || height < 1 {
			return 0, 0, offset, fmt.Errorf("--canvas %q: must be WIDTHxHEIGHT, for example 2000x2000", i.Canvas)
		}
	}
	return width, height, offset, nil
}

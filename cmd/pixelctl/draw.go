package main

import (
	"context"
	"fmt"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/codec"
	"pixelplayground/transport/client"
)

const (
	// settleLimit is how long the canvas may take to show acknowledged pixels.
	settleLimit = 5 * time.Second
	// settlePause is how often the canvas is checked.
	settlePause = 50 * time.Millisecond
)

// draw is the command of that name.
type draw struct {
	Picture  string `arg:"" placeholder:"PICTURE" help:"PNG, JPEG or GIF to draw, pixel by pixel; - reads it from standard input."`
	At       point  `required:"" placeholder:"X,Y" help:"Where the picture's upper left corner goes, for example 10,20."`
	SkipSame bool   `default:"true" negatable:"" help:"Leave out pixels that have their colour already, so that the same command completes a drawing that was interrupted."`
}

// Help is the long help text.
func (draw) Help() string {
	return "It draws as fast as the server allows, goes on when the server was restarted, and at the end compares the canvas" +
		" with the picture: exit status 0 means that they are equal. Pixels that are fully transparent are left as they are." +
		" A photograph is turned as its EXIF data says."
}

// Run draws the picture.
func (d *draw) Run(ctx context.Context, s *server, std streams) error {
	picture, err := readPicture(d.Picture, d.At, std.in)
	if err != nil {
		return err
	}
	var (
		speed  pace
		artist *artist
		since  time.Time
		pixels int
	)
	progress := report.NewLive(std.err, func() report.Status {
		drawn := artist.drawn.Load()
		return report.Status{
			Phase: "drawing", Elapsed: time.Since(since), Share: float64(drawn) / float64(pixels), Counts: []report.Count{{Name: "pixels", N: drawn}},
			Note: fmt.Sprintf("%s of %s", report.Number(drawn), report.Counted(pixels, "pixel")),
		}
	})
	defer progress.Close()
	link, err := s.open(ctx, client.Config{
		Regions: client.RegionsIn(picture.area), Replica: true,
		Handler: client.Handler{
			Connected:    func(w codec.Welcome) { speed.begin(w, time.Now()) },
			Disconnected: func(error, time.Duration) { speed.end() },
		},
	}, progress)
	if err != nil {
		return err
	}
	defer link.Close()
	if err := picture.fits(link.Welcome().Geometry); err != nil {
		return err
	}
	if err := link.Synced(ctx); err != nil {
		return err
	}

	since = time.Now()
	seen := link.Image(picture.area)
	var strokes []stroke
	strokes, pixels = picture.cut(link.Welcome().Geometry, speed.stroke(), func(x, y int) bool {
		return picture.at(x, y) != untouched && !(d.SkipSame && picture.same(x, y, seen))
	})
	artist = newArtist(link, &speed, progress, strokes)
	if pixels > 0 {
		progress.Open()
	}
	if err := artist.draw(ctx); err != nil {
		return drawError(ctx, err, artist.drawn.Load(), pixels)
	}
	if err := settled(ctx, link, picture); err != nil {
		return err
	}
	progress.Close()
	fmt.Fprintf(std.out, "drew %s in %s, %d already of the right colour; %s, %s; the canvas equals the picture\n",
		report.Counted(pixels, "pixel"), time.Since(since).Round(time.Millisecond), picture.opaque()-pixels,
		report.Counted(artist.refusals, "refusal"), report.Counted(link.Stats().Reconnects, "reconnect"))
	return nil
}

func drawError(ctx context.Context, err error, drawn int64, pixels int) error {
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted after %d of %d pixels; the same command goes on from there", drawn, pixels)
	}
	return fmt.Errorf("after %d of %d pixels: %w", drawn, pixels, err)
}

// settled waits until the canvas, as the server shows it, equals the picture.
func settled(ctx context.Context, link *client.Client, p *picture) error {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	pause := time.NewTicker(settlePause)
	defer pause.Stop()
	for {
		different := p.different(link.Image(p.area))
		if different == 0 {
			return nil
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return fmt.Errorf("everything was placed, but %d of %d pixels look different:"+
				" someone else may be drawing there; the same command repairs them", different, p.opaque())
		}
	}
}

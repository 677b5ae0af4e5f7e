package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"pixelplayground/actors/record"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/cmd/pixelctl/past"
	"pixelplayground/cmd/pixelctl/timelapse"
)

// timelapseCommand is the command "timelapse".
type timelapseCommand struct {
	pastFlags
	periodFlags
	File  string  `arg:"" placeholder:"OUT" help:"File to write: .gif; .webp or .png (animated, all colours exact); .mp4 or .webm with ffmpeg. - is raw frames on standard output, three bytes a pixel, for another program."`
	Area  area    `placeholder:"X,Y,WIDTH,HEIGHT" help:"Only this part of the canvas, for example 10,20,300,200. Default: all of it."`
	Speed float64 `placeholder:"TIMES" help:"How many seconds of the canvas go by in a second of the film, for example 3600. Default: all of it in half a minute."`
	Scale int     `placeholder:"N" default:"1" help:"Edge of a pixel of the canvas in the film."`
	FPS   int     `name:"fps" placeholder:"N" default:"20" help:"Frames a second, up to 50."`
}

const (
	// usualLength is how long a film is whose speed was not given.
	usualLength = 30 * time.Second
	// mostFilm is how large a film may be, in pixels: all of the largest canvas.
	mostFilm = 64 << 20
	// longestEdge is what GIF's numbers hold.
	longestEdge = 1<<16 - 1
)

// Validate refuses what can't be made.
func (t *timelapseCommand) Validate() error {
	switch ext := strings.ToLower(filepath.Ext(t.File)); {
	case t.Scale < 1 || t.Scale > 64:
		return fmt.Errorf("--scale %d: must be 1 to 64", t.Scale)
	case t.FPS < 1 || t.FPS > 50:
		return fmt.Errorf("--fps %d: must be 1 to 50", t.FPS)
	case t.Speed < 0:
		return fmt.Errorf("--speed %g: must be more than 0, for example 3600", t.Speed)
	case t.File != "-" && ext != ".gif" && ext != ".png" && ext != ".apng" && ext != ".mp4" && ext != ".webm" && ext != ".webp":
		return fmt.Errorf("%q: must end in .gif, .webp, .png, .mp4 or .webm, for example canvas.gif", t.File)
	}
	return nil
}

// Run makes the film.
func (t *timelapseCommand) Run(ctx context.Context, s *server, std streams) error {
	source, err := t.open(ctx, s, std.err)
	if err != nil {
		return err
	}
	film, span, err := t.film(ctx, source)
	if err != nil {
		return err
	}
	noteGaps(std.err, span.Gaps)
	var frames, pixels atomic.Int64
	began := time.Now()
	progress := report.NewLive(std.err, func() report.Status {
		made := frames.Load()
		return report.Status{
			Phase: "making", Elapsed: time.Since(began), Share: float64(made) / float64(film.Frames()), Counts: []report.Count{{Name: "pixels", N: pixels.Load()}},
			Note: fmt.Sprintf("frame %s of %s", report.Number(made), report.Number(film.Frames())),
		}
	})
	defer progress.Close()
	progress.Open()
	start, err := source.Picture(ctx, film.Area, film.From)
	if err != nil {
		return err
	}
	picture := &timelapse.Picture{Width: film.Area.Dx(), Height: film.Area.Dy(), Colors: start}
	placed := counted(source.Pixels(ctx, film.Area, film.From, film.To), film.Area, &pixels)
	var note string
	err = t.write(ctx, film, std.out, func(to timelapse.Encoder, approximate func() int) error {
		err := timelapse.Make(film, picture, placed, to, func(n int) { frames.Store(int64(n)) })
		if n := approximate(); n > 0 {
			note = fmt.Sprintf("; a GIF has 255 colours a frame, so up to %s of a frame are approximate: a .png has all", report.Counted(n, "colour"))
		}
		return err
	})
	if err != nil {
		return err
	}
	progress.Close()
	fmt.Fprintf(std.err, "a film of %dx%d in %s, %s, %s to %s, %.4g times as fast, made in %s%s\n", film.Area.Dx()*film.Scale, film.Area.Dy()*film.Scale,
		report.Counted(film.Frames(), "frame"), report.Counted(int(pixels.Load()), "pixel"), utc(film.From), utc(film.To), film.Speed, time.Since(began).Round(time.Millisecond), note)
	return nil
}

// film is what the flags ask for.
func (t *timelapseCommand) film(ctx context.Context, source past.Source) (film timelapse.Film, span past.Span, err error) {
	film = timelapse.Film{Scale: t.Scale, FPS: t.FPS, Speed: t.Speed}
	if film.Area, err = t.Area.on(source.Geometry()); err != nil {
		return film, span, err
	}
	width, height := film.Area.Dx()*t.Scale, film.Area.Dy()*t.Scale
	if width*height > mostFilm || width > longestEdge || height > longestEdge {
		return film, span, fmt.Errorf("a film of %dx%d is too large: take a smaller --area or --scale", width, height)
	}
	if span, err = source.Span(ctx); err != nil {
		return film, span, err
	}
	film.From, film.To, err = t.period(span)
	if film.Speed == 0 {
		film.Speed = max(1, float64(film.To-film.From)/float64(usualLength.Milliseconds()))
	}
	return film, span, err
}

// write makes an encoder for the file. If the film is not made, there is no file.
func (t *timelapseCommand) write(ctx context.Context, film timelapse.Film, stdout io.Writer, shoot func(timelapse.Encoder, func() int) error) error {
	exact := func() int { return 0 }
	ext := strings.ToLower(filepath.Ext(t.File))
	switch {
	case t.File == "-":
		return shoot(timelapse.NewRaw(stdout, film), exact)
	case ext == ".mp4" || ext == ".webm":
		to, err := timelapse.NewVideo(ctx, t.File, film)
		if err != nil {
			return err
		}
		if err = shoot(to, exact); err != nil {
			return errors.Join(err, os.Remove(t.File))
		}
		return nil
	}
	return written(t.File, func(file *os.File) error {
		switch ext {
		case ".gif":
			return shoot(timelapse.NewGIF(file, film))
		case ".webp":
			to, err := timelapse.NewWebP(file, film)
			if err != nil {
				return err
			}
			return shoot(to, exact)
		}
		return shoot(timelapse.NewAPNG(file, film), exact)
	})
}

// written writes a file that gets its name when it is whole.
func written(name string, write func(*os.File) error) error {
	file, err := os.Create(name + ".unfinished")
	if err != nil {
		return err
	}
	err = write(file)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// counted turns recorded pixels into those of a film, leaves out those outside of its area, and counts
// the others.
func counted(all iter.Seq2[record.Pixel, error], area image.Rectangle, n *atomic.Int64) iter.Seq2[timelapse.Pixel, error] {
	return func(yield func(timelapse.Pixel, error) bool) {
		for p, err := range all {
			if err == nil && !image.Pt(int(p.X), int(p.Y)).In(area) {
				continue
			}
			n.Add(1)
			if !yield(timelapse.Pixel{Time: p.Time, X: p.X, Y: p.Y, Color: p.Color}, err) {
				return
			}
		}
	}
}

package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/transport/client"
)

// watch is the command of that name.
type watch struct {
	JSON bool `help:"Print a JSON object a line, for other programs: time, x, y, color, and user and name as far as they are known."`
}

// Help is the long help text.
func (watch) Help() string {
	return "A line for each pixel that is placed from now on: when it was received, where it is, its colour, and whose it is." +
		" It ends at Ctrl-C."
}

// Run prints until ctx is done.
func (w *watch) Run(ctx context.Context, s *server, std streams) error {
	watching, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	p := printer{out: bufio.NewWriter(std.out), json: w.JSON}
	var live atomic.Bool // p is ready; what arrives before is the canvas as it was, not newly placed pixels
	link, err := s.open(ctx, client.Config{
		Regions: client.AllRegions, Names: true,
		Handler: client.Handler{
			Pixels: func(b *canvas.Batch) {
				if live.Load() {
					if err := p.print(b); err != nil {
						fail(fmt.Errorf("print pixels: %w", err))
					}
				}
			},
			Snapshot: func(m canvas.Mark) {
				if live.Load() {
					fmt.Fprintf(std.err, "missed pixels of region %d: too many were placed meanwhile\n", m.Region)
				}
			},
		},
	}, std.err)
	if err != nil {
		return err
	}
	defer link.Close()
	if err := link.Synced(ctx); err != nil {
		return err
	}
	g := link.Welcome().Geometry
	fmt.Fprintf(std.err, "watching a canvas of %dx%d; Ctrl-C ends it\n", g.Width, g.Height)
	since := time.Now()
	p.link = link
	live.Store(true)

	select {
	case <-watching.Done():
	case <-link.Done():
		return link.Err()
	}
	link.Close() // nothing is printed any more
	if ctx.Err() == nil {
		return context.Cause(watching)
	}
	fmt.Fprintf(std.err, "%s in %s, %s\n", report.Counted(p.pixels, "pixel"), time.Since(since).Round(time.Second),
		report.Counted(link.Stats().Reconnects, "reconnect"))
	return nil
}

// printer writes pixels as lines.
type printer struct {
	out    *bufio.Writer
	json   bool
	link   *client.Client
	pixels int
}

// placed is a pixel as JSON shows it.
type placed struct {
	Time  time.Time     `json:"time"` // of receipt: the protocol does not say when the pixel was placed
	X     int           `json:"x"`
	Y     int           `json:"y"`
	Color string        `json:"color"`
	User  canvas.Author `json:"user,omitempty"` // 0: placed under a name that was given for this pixel alone
	Name  string        `json:"name,omitempty"`
}

func (p *printer) print(b *canvas.Batch) error {
	g, now := p.link.Welcome().Geometry, time.Now()
	for i := range b.Ops {
		op := &b.Ops[i]
		name := op.Name
		if !op.Alias {
			name = p.link.NameOf(op.ID.Author)
		}
		for _, pixel := range op.Pixels {
			x, y := g.Point(b.Region, pixel.Pos)
			if err := p.line(placed{now, x, y, pixel.Color.String(), op.ID.Author, name}); err != nil {
				return err
			}
			p.pixels++
		}
	}
	return p.out.Flush()
}

func (p *printer) line(l placed) error {
	if p.json {
		return json.NewEncoder(p.out).Encode(l)
	}
	who := cmp.Or(l.Name, fmt.Sprintf("user %d", l.User))
	_, err := fmt.Fprintf(p.out, "%s  %5d %5d  %s  %s\n", l.Time.Format("15:04:05.000"), l.X, l.Y, l.Color, who)
	return err
}

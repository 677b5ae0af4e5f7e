package main

import (
	"context"
	"fmt"
	"text/tabwriter"
)

// historyCommand is the command "history".
type historyCommand struct {
	pastFlags
	Place point `arg:"" placeholder:"X,Y" help:"The pixel, for example 10,20."`
	Limit int   `placeholder:"N" default:"10" help:"How many of those placed there are shown, the newest first; 0 for all."`
}

// askedAtOnce is how many pixels one question asks for, of the hundred that a server tells at most.
const askedAtOnce = 100

// Run shows who placed what at a place.
func (h *historyCommand) Run(ctx context.Context, s *server, std streams) error {
	if h.Limit < 0 {
		return &usageError{error: fmt.Errorf("--limit %d: must be 0 or more, for example 10", h.Limit), command: "history "}
	}
	source, err := h.open(ctx, s, std.err)
	if err != nil {
		return err
	}
	if g := source.Geometry(); !g.Contains(h.Place.X, h.Place.Y) {
		return fmt.Errorf("%d,%d is not on the canvas, which is %dx%d", h.Place.X, h.Place.Y, g.Width, g.Height)
	}
	table := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	shown, seq, more := 0, uint64(0), true
	for more && (h.Limit == 0 || shown < h.Limit) {
		n := askedAtOnce
		if h.Limit > 0 {
			n = min(n, h.Limit-shown)
		}
		found, others, err := source.Before(ctx, h.Place.X, h.Place.Y, seq, n)
		if err != nil {
			return err
		}
		for _, p := range found {
			if shown == 0 {
				fmt.Fprintln(table, "TIME\tCOLOUR\tBEFORE\tUSER\tNAME\tWHY")
			}
			before := "not known"
			if p.Known {
				before = p.Before.String()
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", utc(p.Time), p.Color, before, p.User.Text(), p.Name, p.Cause)
			seq = p.Seq
			shown++
		}
		more = others && len(found) > 0
	}
	if shown == 0 {
		fmt.Fprintf(std.err, "nobody is known to have placed a pixel at %d,%d\n", h.Place.X, h.Place.Y)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if more && shown > 0 {
		fmt.Fprintln(std.err, "there are others before: --limit 0 shows all")
	}
	return nil
}

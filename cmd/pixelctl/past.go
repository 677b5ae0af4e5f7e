package main

import (
	"context"
	"fmt"
	"image"
	"io"
	"strconv"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/cmd/commandline/s3"
	"pixelplayground/cmd/pixelctl/loadtest/target"
	"pixelplayground/cmd/pixelctl/past"
	"pixelplayground/transport/client"
)

// pastFlags say whom to ask about what was drawn, of the commands that do.
type pastFlags struct {
	Record     string `placeholder:"DIR|s3://…" help:"Read the record's files instead of asking the server: its directory, or s3://BUCKET/PATH with keys in the environment as for the server. It knows nothing of the last minutes, which are not recorded yet."`
	S3Endpoint string `name:"s3-endpoint" env:"PIXELCTL_S3_ENDPOINT" placeholder:"URL" help:"S3 server of the record, if it is not Amazon's."`
}

// open opens the record, or connects to the server.
func (f *pastFlags) open(ctx context.Context, s *server, notes io.Writer) (past.Source, error) {
	if f.Record != "" {
		return past.Files(ctx, f.Record, s3.Config(f.S3Endpoint))
	}
	link, err := s.open(ctx, client.Config{Regions: client.RegionsIn(image.Rect(0, 0, 1, 1))}, notes)
	if err != nil {
		return nil, err
	}
	defer link.Close()
	targets, err := target.Parse(s.Target)
	if err != nil {
		return nil, &usageError{error: err}
	}
	return past.Server(target.Site(targets[0]), s.Key, link.Welcome().Geometry), nil
}

// periodFlags choose a part of the time that there is a record of.
type periodFlags struct {
	From moment `placeholder:"TIME" help:"When it begins, for example 2026-05-04T12:00:00Z, 2026-05-04 12:00 (UTC), or 24h for a day before the end. Default: with the first pixel."`
	To   moment `placeholder:"TIME" help:"When it ends. Default: with the last pixel."`
}

// moment is a time as flags take it: one of the clock, or so long before the end.
type moment struct {
	at    time.Time
	ago   time.Duration
	given bool
}

// UnmarshalText reads it.
func (m *moment) UnmarshalText(text []byte) error {
	given := string(text)
	m.given = true
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.Parse(layout, given); err == nil {
			m.at = at
			return nil
		}
	}
	if ms, err := strconv.ParseInt(given, 10, 64); err == nil && ms > 0 {
		m.at = time.UnixMilli(ms)
		return nil
	}
	ago, err := time.ParseDuration(strings.TrimPrefix(given, "-"))
	if m.ago = ago; err != nil || ago <= 0 {
		return fmt.Errorf("%q must be a time, for example 2026-05-04T12:00:00Z, or 24h for a day before the end", given)
	}
	return nil
}

// within is the moment, in Unix milliseconds; fallback if it is not given.
func (m moment) within(end, fallback int64) int64 {
	switch {
	case !m.given:
		return fallback
	case m.ago > 0:
		return end - m.ago.Milliseconds()
	}
	return m.at.UnixMilli()
}

// period is the time that the flags choose. The moment after is a millisecond before the first pixel,
// unless it was given.
func (f *periodFlags) period(span past.Span) (after, to int64, err error) {
	if span.Last == 0 {
		return 0, 0, fmt.Errorf("nothing is recorded yet")
	}
	now := span.Last
	to = f.To.within(now, span.Last)
	if after = f.From.within(to, span.First-1); after >= to {
		return 0, 0, fmt.Errorf("--from is not before --to: there is a record from %s to %s", utc(span.First), utc(span.Last))
	}
	return max(after, span.First-1), min(to, span.Last), nil
}

func utc(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05") }

// noteGaps says what is missing.
func noteGaps(notes io.Writer, gaps []record.Gap) {
	pixels := uint64(0)
	for _, g := range gaps {
		pixels += g.To - g.From
	}
	if pixels > 0 {
		fmt.Fprintf(notes, "%d pixels are missing in the record, in %d gaps: the server's /api/stats lists them\n", pixels, len(gaps))
	}
}

// on is the part of a canvas that an area chooses; empty: all of it.
func (a area) on(g canvas.Geometry) (image.Rectangle, error) {
	part := image.Rectangle(a)
	if part.Empty() {
		return g.Whole(), nil
	}
	if !part.In(g.Whole()) {
		return part, fmt.Errorf("--area is not wholly on the canvas: it can have 0,0,%d,%d", g.Width, g.Height)
	}
	return part, nil
}

package past

import (
	"context"
	"image"
	"iter"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/files"
	"pixelplayground/actors/store/bucket"
)

// fromFiles is a record that no server is asked for.
type fromFiles struct {
	*record.Reader
	g canvas.Geometry
}

// Files opens the record in a directory or a bucket. What the servers have not recorded yet is not in
// it: that is up to ten minutes.
func Files(ctx context.Context, where string, cfg bucket.Config) (Source, error) {
	f, err := files.Read(where, cfg)
	if err != nil {
		return nil, err
	}
	about, err := files.Describe(ctx, f)
	if err != nil {
		return nil, err
	}
	return NewFiles(f, about.Geometry()), nil
}

// NewFiles is the record in files.
func NewFiles(f record.Files, g canvas.Geometry) Source {
	return &fromFiles{record.NewReader(f, nil, record.Config{Geometry: g}), g}
}

// Geometry implements Source.
func (f *fromFiles) Geometry() canvas.Geometry { return f.g }

// Span implements Source.
func (f *fromFiles) Span(ctx context.Context) (Span, error) {
	r, err := f.Range(ctx)
	if err != nil || r.First.IsZero() {
		return Span{Gaps: r.Gaps}, err
	}
	return Span{First: r.First.UnixMilli(), Last: r.Last.UnixMilli(), Gaps: r.Gaps}, nil
}

// Picture implements Source.
func (f *fromFiles) Picture(ctx context.Context, area image.Rectangle, at int64) ([]canvas.Color, error) {
	picture := make([]canvas.Color, area.Dx()*area.Dy())
	for _, region := range f.g.Within(area) {
		tile, _, err := f.Tile(ctx, region, time.UnixMilli(at))
		if err != nil {
			return nil, err
		}
		crop(picture, area, f.g, tile)
	}
	return picture, nil
}

// Pixels implements Source.
func (f *fromFiles) Pixels(ctx context.Context, area image.Rectangle, after, to int64) iter.Seq2[record.Pixel, error] {
	from, until := time.UnixMilli(after+1), time.UnixMilli(to+1)
	if area == f.g.Whole() {
		return f.All(ctx, from, until)
	}
	var regions []iter.Seq2[record.Pixel, error]
	for _, region := range f.g.Within(area) {
		regions = append(regions, f.Reader.Pixels(ctx, region, from, until))
	}
	return merge(regions)
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

// snapshot is the command of that name.
type snapshot struct {
	File string `arg:"" placeholder:"FILE" help:"PNG to write; - is standard output."`
	Rect area   `placeholder:"X,Y,WIDTH,HEIGHT" help:"Only this part of the canvas, for example 10,20,300,200. Default: all of it."`
}

// Validate refuses file names with another extension than .png.
func (n *snapshot) Validate() error {
	if ext := filepath.Ext(n.File); ext != "" && !strings.EqualFold(ext, ".png") {
		return fmt.Errorf("%q: only PNG is written, for example %s.png", n.File, strings.TrimSuffix(n.File, ext))
	}
	return nil
}

// Run saves the canvas.
func (n *snapshot) Run(ctx context.Context, s *server, std streams) error {
	part := image.Rectangle(n.Rect)
	if part.Empty() {
		part = image.Rect(0, 0, canvas.MaxEdge, canvas.MaxEdge)
	}
	link, err := s.open(ctx, client.Config{Regions: client.RegionsIn(part), Replica: true}, std.err)
	if err != nil {
		return err
	}
	defer link.Close()
	g := link.Welcome().Geometry
	if whole := g.Whole(); image.Rectangle(n.Rect).Empty() {
		part = whole
	} else if !part.In(whole) {
		return fmt.Errorf("--rect is not wholly on the canvas: it can have 0,0,%d,%d", g.Width, g.Height)
	}
	if err := link.Synced(ctx); err != nil {
		return err
	}
	// Written in one go, so that a failure does not leave half a file.
	var data bytes.Buffer
	if err := png.Encode(&data, link.Image(part)); err != nil {
		return fmt.Errorf("encode %s: %w", n.File, err)
	}
	if n.File == "-" {
		_, err = std.out.Write(data.Bytes())
		return err
	}
	if err := os.WriteFile(n.File, data.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	fmt.Fprintf(std.err, "saved %dx%d pixels to %s\n", part.Dx(), part.Dy(), n.File)
	return nil
}

// Command picture draws a picture and keeps it repaired, whoever paints over it:
//
//	go run ./transport/client/examples/picture ws://127.0.0.1:8080/ws heart.png 10 20
//
// It draws as fast as its allowance lets it, and leaves alone what is transparent in the picture.
package main

import (
	"context"
	"fmt"
	"image"
	_ "image/png" // what pictures may be
	"os"
	"os/signal"
	"strconv"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 4 {
		return fmt.Errorf("usage: picture URL PNG X Y, for example ws://127.0.0.1:8080/ws heart.png 10 20")
	}
	x, badX := strconv.ParseUint(args[2], 10, 16)
	y, badY := strconv.ParseUint(args[3], 10, 16)
	if badX != nil || badY != nil {
		return fmt.Errorf("%s %s: must be where the picture's upper left corner goes", args[2], args[3])
	}
	picture, area, err := read(args[1], image.Pt(int(x), int(y)))
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err = keep(ctx, args[0], picture, area)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// keep is the bot.
func keep(ctx context.Context, url string, picture []canvas.Dot, area image.Rectangle) error {
	c, err := client.Connect(ctx, client.Config{URLs: []string{url}, Name: "Painter", Regions: client.RegionsIn(area), Replica: true})
	if err != nil {
		return err
	}
	defer c.Close()
	for err = c.Synced(ctx); err == nil; err = c.Changed(ctx) {
		if err := c.Draw(ctx, c.Missing(picture)); err != nil {
			return err
		}
	}
	return err
}

// read gives the pixels of a picture that are not transparent, and where they are.
func read(name string, at image.Point) (dots []canvas.Dot, area image.Rectangle, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, area, err
	}
	defer file.Close()
	img, _, err := image.Decode(file)
	if err != nil {
		return nil, area, fmt.Errorf("%s: %w", name, err)
	}
	bounds := img.Bounds()
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			r, g, b, a := img.At(bounds.Min.X+x, bounds.Min.Y+y).RGBA()
			if a < 0x8000 {
				continue
			}
			color := canvas.Color(r*0xFF/a<<16 | g*0xFF/a<<8 | b*0xFF/a) // RGBA has them multiplied by a
			dots = append(dots, canvas.Dot{X: uint16(at.X + x), Y: uint16(at.Y + y), Color: color})
		}
	}
	return dots, image.Rectangle{Max: bounds.Size()}.Add(at), nil
}

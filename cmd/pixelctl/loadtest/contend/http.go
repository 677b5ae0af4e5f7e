package contend

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/target"
)

// readPixel reads GET /api/pixel/:x/:y.
func readPixel(ctx context.Context, site string, s spot) (canvas.Color, error) {
	var pixel struct{ Color string }
	if err := target.GetJSON(ctx, fmt.Sprintf("%s/api/pixel/%d/%d", site, s.x, s.y), &pixel); err != nil {
		return 0, err
	}
	return canvas.ParseColor(pixel.Color)
}

// readCanvas reads GET /api/canvas, and returns the colours of the spots. A pixel that is absent
// was never painted.
func readCanvas(ctx context.Context, site string, spots []spot) (found []canvas.Color, err error) {
	wanted := make(map[string]int)
	found = make([]canvas.Color, len(spots))
	for i, s := range spots {
		wanted[fmt.Sprintf("%d,%d", s.x, s.y)] = i
		found[i] = canvas.Background
	}
	return found, target.Get(ctx, site+"/api/canvas", func(body io.Reader) error {
		return eachPixel(json.NewDecoder(body), func(place, color string) error {
			i, ok := wanted[place]
			if !ok {
				return nil
			}
			var err error
			found[i], err = canvas.ParseColor(color)
			return err
		})
	})
}

// eachPixel goes through the member "pixels" without keeping it: it may have millions of entries.
func eachPixel(d *json.Decoder, each func(place, color string) error) error {
	if err := expect(d, json.Delim('{')); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if name != "pixels" {
			var other json.RawMessage
			if err := d.Decode(&other); err != nil {
				return err
			}
			continue
		}
		if err := expect(d, json.Delim('{')); err != nil {
			return err
		}
		for d.More() {
			place, err := d.Token()
			if err != nil {
				return err
			}
			color, err := d.Token()
			if err != nil {
				return err
			}
			if err := each(fmt.Sprint(place), fmt.Sprint(color)); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("no pixels in the answer")
}

func expect(d *json.Decoder, want json.Delim) error {
	token, err := d.Token()
	if err == nil && token != want {
		err = fmt.Errorf("found %v, want %v", token, want)
	}
	return err
}

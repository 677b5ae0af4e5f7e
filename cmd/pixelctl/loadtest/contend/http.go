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
// was never painted. It goes through the answer without keeping it: there may be millions of pixels.
func readCanvas(ctx context.Context, site string, spots []spot) (found []canvas.Color, err error) {
	wanted := make(map[json.Token]int)
	found = make([]canvas.Color, len(spots))
	for i, s := range spots {
		wanted[fmt.Sprintf("%d,%d", s.x, s.y)] = i // nothing else in the answer looks like that
		found[i] = canvas.Background
	}
	return found, target.Get(ctx, site+"/api/canvas", func(body io.Reader) error {
		d := json.NewDecoder(body)
		for {
			token, err := d.Token()
			if err == io.EOF {
				return nil
			}
			if i, ok := wanted[token]; ok && err == nil {
				token, err = d.Token()
				if err == nil {
					found[i], err = canvas.ParseColor(fmt.Sprint(token))
				}
			}
			if err != nil {
				return err
			}
		}
	})
}

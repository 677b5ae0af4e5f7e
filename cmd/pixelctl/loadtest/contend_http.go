package loadtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"pixelplayground/actors/canvas"
)

// httpPatience is how long one answer may take.
const httpPatience = 30 * time.Second

// get asks a server and reads what it answers.
func get(ctx context.Context, url string, read func(io.Reader) error) error {
	ctx, cancel := context.WithTimeout(ctx, httpPatience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: status %d", url, response.StatusCode)
	}
	if err := read(response.Body); err != nil {
		return fmt.Errorf("GET %s: %w", url, err)
	}
	return nil
}

// readPixel reads GET /api/pixel/:x/:y.
func readPixel(ctx context.Context, site string, s spot) (color canvas.Color, err error) {
	err = get(ctx, fmt.Sprintf("%s/api/pixel/%d/%d", site, s.x, s.y), func(body io.Reader) error {
		var m struct{ Color string }
		err := json.NewDecoder(body).Decode(&m)
		if err == nil {
			color, err = canvas.ParseColor(m.Color)
		}
		return err
	})
	return color, err
}

// readCanvas reads GET /api/canvas, and keeps those of the spots. A pixel that is absent was never painted.
func readCanvas(ctx context.Context, site string, spots []spot) (found []canvas.Color, err error) {
	wanted := make(map[string]int)
	found = make([]canvas.Color, len(spots))
	for i, s := range spots {
		wanted[fmt.Sprintf("%d,%d", s.x, s.y)] = i
		found[i] = canvas.Background
	}
	return found, get(ctx, site+"/api/canvas", func(body io.Reader) error {
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

// eachPixel goes through the member "pixels" without keeping it: it may have millions.
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

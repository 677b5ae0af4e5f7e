package contend

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/target"
)

// inTurn lets one client after the other write, each once the one before has its answer.
func (c *Test) inTurn(ctx context.Context, clients []*fleet.Client) {
	for round := range c.cfg.Rounds {
		for i, client := range clients {
			if ctx.Err() == nil {
				c.write(ctx, client, (round+i)%len(c.spots))
			}
		}
	}
}

// atOnce lets all clients write to the same pixel at the same moment, again and again.
func (c *Test) atOnce(ctx context.Context, clients []*fleet.Client) {
	for round := range c.cfg.Rounds {
		if ctx.Err() != nil {
			return
		}
		var done sync.WaitGroup
		for _, client := range clients {
			done.Go(func() { c.write(ctx, client, round%len(c.spots)) })
		}
		done.Wait()
	}
}

// mixed lets every client write and read pixels at random, without waiting for the others. A third
// of the reads go over HTTP, to any of the targets.
func (c *Test) mixed(ctx context.Context, clients []*fleet.Client) {
	var done sync.WaitGroup
	for _, client := range clients {
		done.Go(func() {
			for range 2 * c.cfg.Rounds {
				at := rand.IntN(len(c.spots))
				switch dice := rand.IntN(6); {
				case ctx.Err() != nil:
					return
				case dice < 3:
					c.write(ctx, client, at)
				case dice < 5:
					c.observe(client.Index, at, "replica", func() (canvas.Color, error) { return c.read(ctx, client, at) })
				default:
					site := c.sites[rand.IntN(len(c.sites))]
					c.observe(client.Index, at, "http", func() (canvas.Color, error) { return readPixel(ctx, site, c.spots[at]) })
				}
			}
		})
	}
	done.Wait()
}

// observe adds a read to the history.
func (c *Test) observe(client, at int, how string, read func() (canvas.Color, error)) {
	begun := c.Now()
	color, err := read()
	ended := c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch err {
	case nil:
		c.history.reads = append(c.history.reads, look{spot: at, client: client, how: how, color: color, begun: begun, ended: ended})
	case errUnknown:
	default:
		c.history.unread++
	}
}

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

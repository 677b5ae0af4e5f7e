package client

import (
	"context"
	"fmt"
	"image"
	"net"
	"net/url"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client/wire"
)

// Config is what a user of the client may choose. Only URLs must be set.
type Config struct {
	// URLs of servers of one canvas, like ws://127.0.0.1:8080/ws or wss://…. When one fails
	// the next is tried.
	URLs []string
	// Name is the display name; empty: none.
	Name string
	// Key is shown to the server with each connection: a key for bots, or a token; empty: none.
	Key string
	// Token gives a JSON Web Token, which is shown with each connection: a new one where the last has
	// ended. nil: none. See Renew.
	Token func(context.Context) (string, error)
	// Regions says which regions to follow; nil: none. See AllRegions, RegionsIn and Only.
	Regions Regions
	// Replica keeps the pixels of the followed regions, 3 bytes each, for At and Image.
	// Without it only the positions are kept.
	Replica bool
	// Names keeps the display names of all users, for NameOf.
	Names bool
	// Handler is told what happens.
	Handler Handler

	// Ports; nil: the real ones.
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	Clock  wire.Clock
	Random func() float64 // from [0, 1), for the spread of the pauses
}

// Regions chooses regions of a canvas. It is a function because the canvas' size is known only
// when the client is connected.
type Regions func(canvas.Geometry) []canvas.RegionID

// AllRegions follows the whole canvas.
func AllRegions(g canvas.Geometry) []canvas.RegionID { return g.Within(g.Whole()) }

// RegionsIn follows the regions that have a pixel in r.
func RegionsIn(r image.Rectangle) Regions {
	return func(g canvas.Geometry) []canvas.RegionID { return g.Within(r) }
}

// Only follows the given regions. Those that the canvas doesn't have are left out.
func Only(ids ...canvas.RegionID) Regions {
	return func(canvas.Geometry) []canvas.RegionID { return ids }
}

// Validate says what is wrong and how to fix it.
func (c Config) Validate() error {
	if len(c.URLs) == 0 {
		return fmt.Errorf("target: must be given, for example ws://127.0.0.1:8080/ws")
	}
	for _, target := range c.URLs {
		u, err := url.ParseRequestURI(target)
		if err != nil || u.Host == "" || (u.Scheme != "ws" && u.Scheme != "wss") {
			return fmt.Errorf("target %q: must be like ws://127.0.0.1:8080/ws or wss://example.org/ws", target)
		}
	}
	return nil
}

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	if c.Regions == nil {
		c.Regions = Only()
	}
	c.Name = canvas.CleanName(c.Name)
	return c
}

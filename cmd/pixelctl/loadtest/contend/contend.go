// Package contend is the load test in which many clients draw on the same few pixels: all must agree in the end,
// and there must be one order that explains what each of them saw.
package contend

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/pattern"
	"pixelplayground/cmd/pixelctl/loadtest/recorded"
	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/cmd/pixelctl/loadtest/target"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

const (
	// maxHistory bounds the operations on one pixel, and so the memory and the time of the search.
	maxHistory = 5000
	// answerPatience is how long one operation may take.
	answerPatience = 10 * time.Second
)

// Config describes many clients that draw on the same few pixels. The tags make its fields flags of
// pixelctl, and bound them.
type Config struct {
	Fleet fleet.Config `kong:"-"`

	// As many operations on one pixel can be under way at once as there are clients. In the JSON
	// protocol, which has no sequence numbers, the time to search for an order may grow
	// exponentially with that.
	Clients int `placeholder:"N" default:"16" min:"2" max:"64" why:"with more no order of what they did can be searched for" help:"Users that draw on the same pixels, up to 64."`
	Pixels  int `placeholder:"N" default:"4" min:"1" max:"1000" help:"How many pixels they draw on."`
	Rounds  int `placeholder:"N" default:"50" help:"How often each draws in turn, all at once, and mixed with reading."`
	recorded.Flag
	Staleness time.Duration `placeholder:"TIME" default:"500ms" min:"0s" help:"How old what someone reads may be: servers see pixels at different moments. 0: as if there was one server that does one thing at a time."`
}

// Validate says what is wrong that no tag can bound, and how to fix it.
func (cfg Config) Validate() error {
	if cfg.Rounds < 1 || 4*cfg.Rounds*cfg.Clients > maxHistory*cfg.Pixels {
		return fmt.Errorf("rounds %d: must be 1 to %d with %d clients on %d pixels: more operations can't be checked in reasonable time",
			cfg.Rounds, maxHistory*cfg.Pixels/4/cfg.Clients, cfg.Clients, cfg.Pixels)
	}
	return fleet.CheckDescriptors(cfg.Clients)
}

// Help is the long help text.
func (Config) Help() string {
	return "Afterwards all users, and every target over HTTP, must have the same colours, and there must be an order of everything" +
		" that was drawn and read that explains what each of them saw and when."
}

// Test is a test of consistency.
type Test struct {
	cfg Config
	*fleet.Fleet
	sites []string // HTTP servers

	began   time.Time
	spots   []spot
	index   map[uint64]int // of spots, by region and position
	history *history

	mu       sync.Mutex
	replicas []replica          // by client
	orders   [][][]canvas.Color // in the JSON protocol: what was shown, by client and spot
	writes   map[canvas.Color]*write
	colors   canvas.Color // the next to use
}

// spot is a contended pixel.
type spot struct {
	x, y   int
	region canvas.RegionID
	pos    uint16
}

// replica is what a client sees of the spots.
type replica []seen

type seen struct {
	known bool
	color canvas.Color
	seq   uint64 // the pixel's sequence number; 0: it came in a frame from which others were left out
	upTo  uint64 // if seq is 0: the number that the frame or snapshot leads to
}

// write is a pixel that was placed.
type write struct {
	spot     int
	client   int
	color    canvas.Color
	call     time.Duration
	answered chan struct{} // closed when at and why are known
	at       time.Duration // when the answer came; 0: none came
	why      canvas.Refusal
	seq      uint64 // 0: nobody was shown it in a frame that gives its number
}

// Test makes the test for a fleet; it starts nothing.
func (cfg Config) Test(f fleet.Config) (report.Test, error) {
	f.Clients = cfg.Clients
	cfg.Fleet = f
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c := &Test{cfg: cfg, index: make(map[uint64]int), writes: make(map[canvas.Color]*write), history: &history{}}
	cfg.Fleet.Hooks = fleet.Hooks{Pixels: c.onPixels, Snapshot: c.onSnapshot, Answered: c.onAnswered}
	c.Fleet = fleet.New(cfg.Fleet)
	for _, url := range cfg.Fleet.Targets {
		c.sites = append(c.sites, target.Site(url))
	}
	return c, nil
}

// Run is report.Test's.
func (c *Test) Run(ctx context.Context) (*report.Report, error) {
	defer c.Close()
	r := c.NewReport("contend")
	clients, err := c.gather(ctx)
	if err != nil {
		return nil, err
	}
	for _, phase := range []struct {
		name string
		run  func(context.Context, []*fleet.Client)
	}{{"writing in turn", c.inTurn}, {"writing at once", c.atOnce}, {"writing and reading", c.mixed}} {
		if ctx.Err() == nil {
			c.Enter(phase.name, 0)
			phase.run(ctx, clients)
			r.MarkInterrupted(ctx, phase.name)
		}
	}
	ctx = context.WithoutCancel(ctx)
	c.Enter("settling", 0)
	end, err := c.Drain(ctx)
	if err != nil {
		return nil, err
	}
	c.judgeWrites(r)
	if tally, findings := c.Settle(end.Goal); !c.cfg.Fleet.JSON { // the JSON protocol can't tell what is owed
		c.JudgeDelivery(r, tally, findings)
		end.Judge(r)
	}
	c.Enter("reading back", 0)
	c.judgeAgreement(ctx, r, clients)
	c.judgeOrder(r)
	if c.cfg.Recorded {
		c.judgeRecord(ctx, r)
	}
	c.Enter("searching for an order", 0)
	c.judgeHistory(r)
	r.Pods = c.Pods()
	return r.Seal(), nil
}

// gather connects the clients and chooses the pixels.
func (c *Test) gather(ctx context.Context) ([]*fleet.Client, error) {
	c.Enter("connecting", 0)
	c.began = time.Now()
	if err := c.Open(ctx); err != nil {
		return nil, err
	}
	if err := c.choose(); err != nil {
		return nil, err
	}
	for i := range c.spots {
		color, err := readPixel(ctx, c.sites[i%len(c.sites)], c.spots[i])
		if err != nil {
			return nil, fmt.Errorf("%w; contend reads over HTTP besides", err)
		}
		c.history.initial = append(c.history.initial, color)
	}
	all := c.All()
	return c.JoinAll(ctx, c.cfg.Clients, func(int) *fleet.Viewport { return all })
}

// choose takes neighbouring pixels, somewhere in the area, which therefore often share a region.
func (c *Test) choose() error {
	g := c.Welcome().Geometry
	area, err := pattern.Crop(g, c.cfg.Fleet.Area)
	if err != nil {
		return err
	}
	size := area.Dx() * area.Dy()
	if size < c.cfg.Pixels {
		return fmt.Errorf("pixels %d: the area has only %d", c.cfg.Pixels, size)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.colors = canvas.Color(rand.Uint32N(pattern.Colors))
	c.replicas, c.orders = make([]replica, c.cfg.Clients), make([][][]canvas.Color, c.cfg.Clients)
	for i := range c.replicas {
		c.replicas[i] = make(replica, c.cfg.Pixels)
		c.orders[i] = make([][]canvas.Color, c.cfg.Pixels)
	}
	first := rand.IntN(size - c.cfg.Pixels + 1)
	for i := range c.cfg.Pixels {
		x, y := area.Min.X+(first+i)%area.Dx(), area.Min.Y+(first+i)/area.Dx()
		region, pos := g.Locate(x, y)
		c.index[spotKey(region, pos)] = i
		c.spots = append(c.spots, spot{x, y, region, pos})
	}
	return nil
}

func spotKey(region canvas.RegionID, pos uint16) uint64 { return uint64(region)<<16 | uint64(pos) }

// place begins a write in a colour that no other write has.
func (c *Test) place(client *fleet.Client, at int) (*write, error) {
	s := c.spots[at]
	c.mu.Lock()
	for {
		c.colors = (c.colors + 1) % pattern.Colors
		if c.colors != c.history.initial[at] {
			break
		}
	}
	w := &write{spot: at, client: client.Index, color: c.colors, call: c.Now(), answered: make(chan struct{})}
	c.writes[w.color] = w
	c.mu.Unlock()
	return w, client.Place(fleet.Stroke{
		Dots: []canvas.Dot{{X: uint16(s.x), Y: uint16(s.y), Color: w.color}}, Due: w.call, Tag: w,
	})
}

// write places a pixel and waits for the answer.
func (c *Test) write(ctx context.Context, client *fleet.Client, at int) {
	w, err := c.place(client, at)
	if err != nil {
		return // the write stays without an answer
	}
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	select {
	case <-w.answered:
	case <-ctx.Done():
	}
}

// answer ends a write. The caller holds Test.mu.
func (w *write) answer(at time.Duration, why canvas.Refusal) {
	if w.at == 0 {
		w.at, w.why = at, why
		close(w.answered)
	}
}

func (c *Test) onAnswered(_ *fleet.Client, s fleet.Stroke, r codec.Refused) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Tag.(*write).answer(c.Now(), r.Code)
}

// onPixels updates a client's replica.
func (c *Test) onPixels(client *fleet.Client, f fleet.Frame) {
	n := len(f.Packed) / wire.PixelBytes
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range n {
		p := f.Packed[i*wire.PixelBytes:][:wire.PixelBytes]
		at, ok := c.index[spotKey(f.Region, uint16(p[0])<<8|uint16(p[1]))]
		if !ok || client.Index >= len(c.replicas) {
			continue
		}
		s := seen{known: true, color: canvas.Color(p[2])<<16 | canvas.Color(p[3])<<8 | canvas.Color(p[4])}
		switch f.Count {
		case uint64(n):
			s.seq = f.From + uint64(i) + 1
		case 0: // the protocol has no numbers
		default:
			s.upTo = f.From + f.Count
		}
		c.replicas[client.Index][at] = s
		c.shown(client, at, s, f.At)
	}
}

// shown records what a client was shown in the history.
func (c *Test) shown(client *fleet.Client, at int, s seen, now time.Duration) {
	w := c.writes[s.color]
	switch {
	case w == nil || w.spot != at:
		c.history.foreign++
	default:
		if c.cfg.Fleet.JSON {
			c.orders[client.Index][at] = append(c.orders[client.Index][at], s.color)
			if w.client == client.Index {
				w.answer(now, 0) // the JSON protocol has no other answer
			}
		}
		if s.seq > 0 && w.seq > 0 && s.seq != w.seq {
			c.history.disagree(fmt.Sprintf("pixel %d,%d: %v has number %d for client %d, %d for others",
				c.spots[at].x, c.spots[at].y, s.color, s.seq, client.Index, w.seq))
		} else if s.seq > 0 {
			w.seq = s.seq
		}
	}
}

// onSnapshot updates a client's replica with the spots in a snapshot.
func (c *Test) onSnapshot(client *fleet.Client, m codec.Snapshot) {
	_, _, width, height := c.Welcome().Geometry.Bounds(m.Mark.Region)
	tile, err := codec.DecompressTile(m.Data, width, height)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.history.disagree(fmt.Sprintf("client %d: snapshot of region %d: %v", client.Index, m.Mark.Region, err))
		return
	}
	for at, s := range c.spots {
		if s.region == m.Mark.Region && client.Index < len(c.replicas) {
			c.replicas[client.Index][at] = seen{known: true, color: tile.At(s.pos), upTo: m.Mark.Position.Seq}
		}
	}
}

// errUnknown says that a client has not been shown a pixel yet.
var errUnknown = errors.New("not shown yet")

// read returns what a client sees of a spot, after making sure that the client has everything that
// its server has for it.
func (c *Test) read(ctx context.Context, client *fleet.Client, at int) (canvas.Color, error) {
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	if err := client.Sync(ctx); err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.replicas[client.Index][at]; s.known {
		return s.color, nil
	}
	return 0, errUnknown
}

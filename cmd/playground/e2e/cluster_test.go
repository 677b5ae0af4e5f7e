//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	redisstore "pixelplayground/actors/store/redis"
	"pixelplayground/actors/store/redis/redistest"
	"pixelplayground/transport/client"
)

// geometry is the canvas of the cluster tests: 16 regions, small enough to compare often.
var geometry = canvas.Geometry{Width: 256, Height: 256, Region: 64}

// pods is a cluster of server processes on one Redis, each at an IP of its own.
type pods struct {
	t        *testing.T
	redis    *redistest.Server // the only one, if store is that
	store    string            // URL of Redis
	network  string            // the first three numbers of their IPs
	seeds    string
	program  string // the binary of servers that are started; "": the one under test
	next     int    // last number of the next IP
	gateways []*server
	canvases []*server
}

// startPods starts a Redis and servers, and waits until all are ready and know each other.
func startPods(t *testing.T, gateways, canvases int, args ...string) *pods {
	t.Helper()
	return newPods(t).with(gateways, canvases, args...)
}

// with starts servers, and waits until all are ready and know each other.
func (p *pods) with(gateways, canvases int, args ...string) *pods {
	p.t.Helper()
	for range canvases {
		p.canvases = append(p.canvases, p.start("canvas", args...))
	}
	for range gateways {
		p.gateways = append(p.gateways, p.start("gateway", args...))
	}
	p.await(p.all()...)
	p.settled(gateways + canvases)
	return p
}

// newPods starts a Redis, and no server yet.
func newPods(t *testing.T) *pods {
	t.Helper()
	redis := redistest.Start(t)
	p := newPodsOn(t, redis.URL())
	p.redis = redis
	return p
}

func newPodsOn(t *testing.T, store string) *pods {
	t.Helper()
	p := &pods{t: t, store: store, network: freeNetwork(t), next: 1}
	p.seeds = net.JoinHostPort(p.ip(1), "7946") + "," + net.JoinHostPort(p.ip(2), "7946")
	return p
}

// freeNetwork is a part of 127.0.0.0/8 where nothing listens, since other tests may be running.
func freeNetwork(t *testing.T) string {
	t.Helper()
	for {
		network := fmt.Sprintf("127.%d.%d", 1+rand.IntN(250), rand.IntN(250))
		l, err := net.Listen("tcp", network+".1:7946")
		if err == nil {
			l.Close()
			return network
		}
	}
}

func (p *pods) ip(n int) string { return fmt.Sprintf("%s.%d", p.network, n) }

// start starts one more server and does not wait for it.
func (p *pods) start(role string, args ...string) *server {
	p.t.Helper()
	ip := p.ip(p.next)
	s := &server{t: p.t, program: p.program, args: append([]string{
		"--node", fmt.Sprintf("%s-%d", role, p.next), "--roles", role, "--redis", p.store, "--join", p.seeds,
		"--gossip", net.JoinHostPort(ip, "7946"), "--peer", net.JoinHostPort(ip, "7947"),
		"--canvas", "256x256", "--region", "64", "--rate", "0",
	}, args...)}
	p.next++
	s.boot(net.JoinHostPort(ip, "0"))
	p.t.Cleanup(func() {
		if s.cmd != nil {
			s.kill()
		}
	})
	return s
}

// starved reports whether the machine did not let a server run for so long that it logged that. Such a server may have been taken
// for dead, and its regions moved: then tests do not judge pauses, moves and refusals, but what was acknowledged as ever.
func (p *pods) starved() bool {
	return slices.ContainsFunc(p.all(), func(s *server) bool { return s.heard.starved() })
}

func (p *pods) all() []*server { return slices.Concat(p.gateways, p.canvases) }

// await waits until servers are ready.
func (p *pods) await(servers ...*server) {
	p.t.Helper()
	for _, s := range servers {
		eventually(p.t, "the server is ready", func() error {
			_, err := get(s.url + "/readyz")
			return err
		})
	}
}

// clusterReport is what /api/cluster says.
type clusterReport struct {
	Users   int `json:"users"`
	Members []struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		Draining bool   `json:"draining"`
		Aside    bool   `json:"aside"`
		Regions  int    `json:"regions"`
	} `json:"members"`
	Regions []struct {
		Region int    `json:"region"`
		Owner  string `json:"owner"`
		State  string `json:"state"`
		Epoch  uint64 `json:"epoch"`
	} `json:"regions"`
}

func (s *server) cluster() (r clusterReport, err error) {
	body, err := get(s.url + "/api/cluster")
	if err == nil {
		err = json.Unmarshal(body, &r)
	}
	return r, err
}

// settled waits until every running pod sees so many members.
func (p *pods) settled(members int) {
	p.t.Helper()
	for _, s := range p.all() {
		if s.cmd == nil {
			continue
		}
		eventually(p.t, "everybody knows everybody", func() error {
			r, err := s.cluster()
			if err == nil && len(r.Members) != members {
				err = &short{len(r.Members), members}
			}
			return err
		})
	}
}

// targets are the gateways' URLs, for a client that begins with the nth.
func (p *pods) targets(n int) (urls []string) {
	for i := range p.gateways {
		urls = append(urls, p.gateways[(n+i)%len(p.gateways)].ws())
	}
	return urls
}

// logs reads the log of every region from Redis, in order. The tests keep the logs short enough to
// be whole.
func (p *pods) logs() [][]*canvas.Batch {
	p.t.Helper()
	cfg := redisstore.DefaultConfig()
	cfg.URL, cfg.Geometry = p.store, geometry
	s, err := redisstore.Open(cfg)
	if err != nil {
		p.t.Fatal(err)
	}
	defer s.Close()
	logs := make([][]*canvas.Batch, geometry.Regions())
	for i := range logs {
		var kept store.Store = s
		if logs[i], err = kept.History(context.Background(), canvas.RegionID(i), 0, 1<<30); err != nil {
			p.t.Fatal(err)
		}
		from := uint64(0)
		for _, b := range logs[i] {
			if b.From != from {
				p.t.Fatalf("region %d: the log has a hole before %d", i, b.From)
			}
			from = b.To
		}
	}
	return logs
}

// crowd is clients that draw and watch. Every pixel has a colour of its own, by which it is
// recognised everywhere.
type crowd struct {
	t        *testing.T
	pods     *pods
	painters []*painter
}

// gather connects n clients, spread over the gateways. Each draws at a steady pace, in its own
// order of places.
func (p *pods) gather(n int, every time.Duration) *crowd {
	p.t.Helper()
	c := &crowd{t: p.t, pods: p}
	for i := range n {
		link := dial(p.t, client.Config{URLs: p.targets(i), Replica: true})
		c.painters = append(c.painters, paintAs(p.t, link, i, every))
	}
	return c
}

// more waits until every painter has had n more pixels acknowledged.
func (c *crowd) more(n int64) {
	c.t.Helper()
	want := make([]int64, len(c.painters))
	for i, p := range c.painters {
		want[i] = p.acked.Load() + n
	}
	for i, p := range c.painters {
		eventually(c.t, "pixels are acknowledged", func() error {
			if got := p.acked.Load(); got < want[i] {
				return &short{int(got), int(want[i])}
			}
			return nil
		})
	}
}

// counts waits until every client shows n users, and returns how long that took.
func (c *crowd) counts(n int) time.Duration {
	c.t.Helper()
	began := time.Now()
	for _, p := range c.painters {
		eventually(c.t, "the count is right", func() error {
			if got := p.client.Users(); got != n {
				return &short{got, n}
			}
			return nil
		})
	}
	return time.Since(began)
}

// halt ends the painting, and waits for the answers to the last pixels: a pixel may be in the log,
// or get there, before its painter knows.
func (c *crowd) halt() {
	c.t.Helper()
	for _, p := range c.painters {
		p.halt()
		eventually(c.t, "what was placed last is answered", func() error {
			if s := p.client.Stats(); s.Acked+s.Refused < s.Placed {
				return &short{int(s.Acked + s.Refused), int(s.Placed)}
			}
			return nil
		})
	}
}

// audit halts the painters and checks op by op: acknowledged ops are in Redis' log once, refused
// ones not at all, and nothing is there twice. No client may have seen a gap or a repetition, and
// every replica must equal the sum of the log.
func (c *crowd) audit() {
	c.t.Helper()
	c.halt()
	times := make(map[canvas.Color]int)
	var acked, refused int
	for _, p := range c.painters {
		for _, fault := range p.faults {
			c.t.Errorf("a painter: %v", fault)
		}
		acked += len(p.colors)
		refused += int(p.refused.Load())
	}
	logs := c.pods.logs()
	tiles := make([]canvas.Tile, len(logs))
	for i, log := range logs {
		_, _, width, height := geometry.Bounds(canvas.RegionID(i))
		tiles[i] = canvas.NewTile(width, height)
		for _, b := range log {
			tiles[i].Apply(b)
			for _, op := range b.Ops {
				for _, pixel := range op.Pixels {
					times[pixel.Color]++
				}
			}
		}
	}
	for color, n := range times {
		if n > 1 {
			c.t.Errorf("pixel %v stands in the log %d times", color, n)
		}
	}
	for _, p := range c.painters {
		for _, color := range p.colors {
			if times[color] != 1 {
				c.t.Errorf("acknowledged pixel %v stands in the log %d times", color, times[color])
			}
		}
		c.same(p, logs, tiles)
	}
	c.t.Logf("%d pixels acknowledged, %d refused, %d in the log", acked, refused, len(times))
}

// same waits until a client has all of the log, and compares its pixels.
func (c *crowd) same(p *painter, logs [][]*canvas.Batch, tiles []canvas.Tile) {
	c.t.Helper()
	var marks []canvas.Mark
	for i, log := range logs {
		if len(log) > 0 {
			marks = append(marks, canvas.Mark{Region: canvas.RegionID(i), Position: log[len(log)-1].Position()})
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := p.client.WaitFor(ctx, marks...); err != nil {
		c.t.Errorf("a client does not get all: %v", err)
		return
	}
	for i, tile := range tiles {
		left, top, width, height := geometry.Bounds(canvas.RegionID(i))
		for pos := range width * height {
			x, y := left+pos%width, top+pos/width
			if got, _ := p.client.At(x, y); got != tile.At(uint16(pos)) {
				c.t.Errorf("a client sees %v at %d,%d, Redis has %v", got, x, y, tile.At(uint16(pos)))
				return
			}
		}
	}
	if s := p.client.Stats(); s.Gaps+s.Duplicates > 0 {
		c.t.Errorf("a client saw %d gaps and %d repetitions", s.Gaps, s.Duplicates)
	}
}

// pauses are the times between the last batch of an owner and the first of the next, for all moves
// since a time, longest last.
func (p *pods) pauses(since time.Time) (all []time.Duration) {
	for _, log := range p.logs() {
		for i := 1; i < len(log); i++ {
			if log[i].Epoch != log[i-1].Epoch && log[i].Time > since.UnixMilli() {
				all = append(all, time.Duration(log[i].Time-log[i-1].Time)*time.Millisecond)
			}
		}
	}
	slices.Sort(all)
	return all
}

// owners maps each region in use to its owner's id.
func (s *server) owners() (map[int]string, error) {
	r, err := s.cluster()
	owners := make(map[int]string)
	for _, region := range r.Regions {
		if region.State == "serving" {
			owners[region.Region] = region.Owner
		}
	}
	return owners, err
}

func nameOf(s *server) string {
	i := slices.Index(s.args, "--node")
	return s.args[i+1]
}

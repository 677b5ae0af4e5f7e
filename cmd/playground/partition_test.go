//go:build e2e

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store/redis"
	"pixelplayground/actors/store/redis/redistest"
	"pixelplayground/cluster/clustertest"
	"pixelplayground/cmd/playground/settings"
	"pixelplayground/transport"
	"pixelplayground/transport/client"
)

// Goal: when the pods of a cluster can't reach each other, no two pods ever write a region under
// the same epoch, whatever each believes; and when they can again, all agree. Method: four pods in
// this process, two gateways and two canvas pods, on a switch that splits them into halves with one
// of each, while clients on both halves draw. Both halves reach Redis, which is the worst case:
// each half has an owner for every region. Every acknowledged pixel must be in Redis' log once, and
// every client must end with what Redis has.
func TestCluster_Partition(t *testing.T) {
	t.Parallel() // it mostly waits
	store, sw := redistest.Start(t), clustertest.NewSwitch()
	pods := onSwitch(t, sw, store, "canvas-1", "canvas-2", "gateway-3", "gateway-4")
	membersAre(t, pods, 4)

	var drawers []*drawer
	for i := range 10 {
		drawers = append(drawers, draw(t, pods[2+i%2], i))
	}
	more(t, drawers, 30)
	sw.Partition([]string{"canvas-1", "gateway-3"}, []string{"canvas-2", "gateway-4"})
	membersAre(t, pods, 2)
	more(t, drawers, 5) // the halves take turns, about a second each
	sw.Heal()
	membersAre(t, pods, 4)
	more(t, drawers, 30)
	settle(t, store, drawers)
}

// onSwitch opens pods named for their roles, in this process.
func onSwitch(t *testing.T, sw *clustertest.Switch, store *redistest.Server, names ...string) (pods []*pod) {
	t.Helper()
	network := fmt.Sprintf("127.%d.%d", 1+rand.IntN(250), rand.IntN(250))
	for i, name := range names {
		ip := fmt.Sprintf("%s.%d", network, i+1)
		role, _, _ := strings.Cut(name, "-")
		cfg, err := settings.Read([]string{
			"--node", name, "--roles", role, "--redis", store.URL(), "--join", network + ".1:7946," + network + ".2:7946",
			"--listen", net.JoinHostPort(ip, "0"), "--gossip", net.JoinHostPort(ip, "7946"), "--peer", net.JoinHostPort(ip, "7947"),
			"--canvas", "128x128", "--region", "32", "--rate", "0",
		}, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Network = sw.Network(name)
		p, err := open(cfg, slog.New(slog.NewTextHandler(t.Output(), nil)).With("pod", name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if err := p.close(ctx); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		pods = append(pods, p)
	}
	return pods
}

// Goal: a gateway that is cut off from all other pods is not ready, and its clients go elsewhere,
// after being told once each. Clients on the other gateway notice nothing. Later the gateway has
// clients again. Method: as above, with one gateway cut off from the rest, and clients that know
// both.
func TestCluster_GatewayCutOff(t *testing.T) {
	t.Parallel() // it mostly waits
	store, sw := redistest.Start(t), clustertest.NewSwitch()
	pods := onSwitch(t, sw, store, "canvas-1", "gateway-2", "gateway-3")
	membersAre(t, pods, 3)
	cut, other := pods[1], pods[2]
	for _, p := range pods[1:] {
		until(t, p.cfg.Node+" is ready", func() bool { return p.usher.Views() == nil && p.usher.Draws() == nil })
	}
	var drawers []*drawer
	for i := range 4 {
		drawers = append(drawers, draw(t, cut, i, other))
	}
	more(t, drawers, 10)
	stays := draw(t, other, 4)
	sw.Partition([]string{"gateway-2"}, []string{"canvas-1", "gateway-3"})
	until(t, "it is not ready", func() bool { return cut.usher.Views() != nil })
	until(t, "its clients are at the other", func() bool { return connections(cut) == 0 && connections(other) == 5 })
	more(t, append(drawers, stays), 10)
	if other.usher.Views() != nil || other.usher.Draws() != nil {
		t.Errorf("the other one: %v, %v", other.usher.Views(), other.usher.Draws())
	}
	sw.Heal()
	membersAre(t, pods, 3)
	until(t, "it is ready again", func() bool { return cut.usher.Views() == nil && cut.usher.Draws() == nil })
	more(t, append(drawers, draw(t, cut, 5)), 10)
	for i, d := range drawers {
		if n := d.client.Stats().Reconnects; n != 1 {
			t.Errorf("client %d was moved %d times", i, n)
		}
	}
	if n := stays.client.Stats().Reconnects; n != 0 {
		t.Errorf("one at the other gateway was moved %d times", n)
	}
}

func connections(p *pod) int { return int(p.front.(*transport.Server).Counters().Connections.Load()) }

func membersAre(t *testing.T, pods []*pod, n int) {
	t.Helper()
	for _, p := range pods {
		until(t, fmt.Sprintf("%s sees %d members", p.cfg.Node, n), func() bool { return len(p.others.View().Members()) == n })
	}
}

// until polls, for at most patience.
func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !cond(); {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
		time.Sleep(5 * time.Millisecond) // between polls
	}
}

// drawer places pixels one after another, each with a colour of its own.
type drawer struct {
	client  *client.Client
	stop    context.CancelFunc
	ended   sync.WaitGroup
	acked   atomic.Int64
	colors  []canvas.Color // acknowledged ones; read it only after the end
	refused int
}

func draw(t *testing.T, p *pod, who int, others ...*pod) *drawer {
	t.Helper()
	var urls []string
	for _, p := range append([]*pod{p}, others...) {
		urls = append(urls, "ws"+strings.TrimPrefix(p.url(), "http")+"/ws")
	}
	c, err := client.New(client.Config{URLs: urls, Regions: client.AllRegions, Replica: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	ctx, stop := context.WithCancel(context.Background())
	d := &drawer{client: c, stop: stop}
	if err := c.Open(ctx); err != nil {
		t.Fatal(err)
	}
	d.ended.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			color := canvas.Color(1 + who<<16 + n)
			err := c.Place(ctx, []canvas.Dot{{X: uint16(rand.IntN(128)), Y: uint16(rand.IntN(128)), Color: color}})
			var refused *client.RefusedError
			switch {
			case err == nil:
				d.colors = append(d.colors, color)
				d.acked.Add(1)
			case errors.As(err, &refused) && refused.Code == canvas.RefusedUnavailable:
				d.refused++
			case ctx.Err() == nil:
				t.Errorf("drawer %d: %v", who, err)
			}
			time.Sleep(10 * time.Millisecond) // paces the load
		}
	})
	t.Cleanup(d.halt)
	return d
}

func (d *drawer) halt() {
	d.stop()
	d.ended.Wait()
}

// more waits until every drawer has had n more pixels acknowledged.
func more(t *testing.T, drawers []*drawer, n int64) {
	t.Helper()
	for i, d := range drawers {
		want := d.acked.Load() + n
		until(t, fmt.Sprintf("drawer %d goes on", i), func() bool { return d.acked.Load() >= want })
	}
}

// settle halts the drawers and compares everything with Redis' log.
func settle(t *testing.T, server *redistest.Server, drawers []*drawer) {
	t.Helper()
	for _, d := range drawers {
		d.halt()
	}
	cfg := redis.DefaultConfig()
	cfg.URL, cfg.Geometry = server.URL(), canvas.Geometry{Width: 128, Height: 128, Region: 32}
	kept, err := redis.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	times, epochs := make(map[canvas.Color]int), 0
	var marks []canvas.Mark
	tiles := make([]canvas.Tile, cfg.Geometry.Regions())
	for i := range tiles {
		tiles[i] = canvas.NewTile(32, 32)
		log, err := kept.History(context.Background(), canvas.RegionID(i), 0, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		var at canvas.Position
		for _, b := range log {
			if b.From != at.Seq || b.Epoch < at.Epoch {
				t.Errorf("region %d: the log goes from %v to epoch %d, %d", i, at, b.Epoch, b.From)
			}
			if b.Epoch != at.Epoch {
				epochs++
			}
			at = b.Position()
			tiles[i].Apply(b)
			for _, op := range b.Ops {
				times[op.Pixels[0].Color]++
			}
		}
		marks = append(marks, canvas.Mark{Region: canvas.RegionID(i), Position: at})
	}
	acked, refused := 0, 0
	for _, d := range drawers {
		acked, refused = acked+len(d.colors), refused+d.refused
		for _, color := range d.colors {
			if times[color] != 1 {
				t.Errorf("acknowledged pixel %v stands in the log %d times", color, times[color])
			}
		}
	}
	for color, n := range times {
		if n != 1 {
			t.Errorf("pixel %v stands in the log %d times", color, n)
		}
	}
	t.Logf("%d pixels acknowledged, %d refused, under %d epochs of %d regions", acked, refused, epochs, len(tiles))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for i, d := range drawers {
		if err := d.client.WaitFor(ctx, marks...); err != nil {
			t.Fatalf("client %d does not get all: %v", i, err)
		}
		for region, tile := range tiles {
			left, top, _, _ := cfg.Geometry.Bounds(canvas.RegionID(region))
			for pos := range 32 * 32 {
				if got, _ := d.client.At(left+pos%32, top+pos/32); got != tile.At(uint16(pos)) {
					t.Fatalf("client %d sees %v in region %d at %d, Redis has %v", i, got, region, pos, tile.At(uint16(pos)))
				}
			}
		}
	}
}

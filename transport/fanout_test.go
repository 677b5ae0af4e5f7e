package transport

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/gobwas/ws"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/upgrade/upgradetest"
)

// I2: while many clients draw, come, go and change what they follow, each is shown every region
// that it follows without a gap, and in the end has what the host has.
func TestFanout_ContiguousToMany(t *testing.T) {
	const clients, batches, changes = 24, 1500, 12
	onBothSockets(t, func(t *testing.T, plain bool) {
		random := upgradetest.NewRandom(t)
		s, host := openServer(t, plain, nil)
		for id := range canvas.RegionID(16) { // so that no batch but an answer starts at 0
			host.publish(id, 1, canvas.Pixel{Pos: 1, Color: 1})
		}
		var drawing sync.WaitGroup
		seed := random.Uint64()
		drawing.Go(func() {
			r := rand.New(rand.NewPCG(seed, 1))
			for range batches {
				pixels := make([]canvas.Pixel, 1+r.IntN(5))
				for i := range pixels {
					pixels[i] = canvas.Pixel{Pos: uint16(r.IntN(64 * 64)), Color: canvas.Color(r.IntN(1 << 24))}
				}
				host.wait(func() { host.commit(canvas.RegionID(r.IntN(16)), canvas.Author(r.IntN(3)+1), pixels) })
			}
		})
		painters := make([]*painter, clients)
		all := make([]*client, clients)
		for i := range all {
			all[i], painters[i] = dialBinary(t, s), newPainter(testGeometry)
			for range changes {
				all[i].change(painters[i], random)
			}
		}
		drawing.Wait()
		for i := range all {
			all[i].paintAll(painters[i], host)
		}
		upgradetest.Eventually(t, "views of equal sets are one", func() bool {
			sets := make(map[string]bool)
			for _, p := range painters {
				set := canvas.NewRegionSet(16)
				for id := range p.regions {
					set.Add(id)
				}
				sets[set.Key()] = true
			}
			views := 0
			for v := range s.shards {
				inspect(s, canvas.ViewerID(v), func(s *shard, _ *conn) { views += len(s.order) })
			}
			return views <= len(s.shards)*len(sets)
		})
	})
}

// change subscribes to some regions and unsubscribes others, and reads until it is answered.
func (c *client) change(p *painter, r *rand.Rand) {
	c.t.Helper()
	var marks []canvas.Mark
	var left []canvas.RegionID
	for _, i := range r.Perm(16)[:4] {
		id := canvas.RegionID(i)
		if p.regions[id] == nil {
			marks = append(marks, p.follow(id))
		} else {
			delete(p.regions, id)
			left = append(left, id)
		}
	}
	c.subscribe(marks...)
	c.send(ws.OpBinary, codec.AppendUnsubscribe(nil, codec.Unsubscribe{Regions: left}))
	c.paint(p, func() bool {
		for _, m := range marks {
			if !p.regions[m.Region].answered {
				return false
			}
		}
		return true
	})
}

func TestFanout_AckComesBehindThePixels(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, host := openServer(t, plain, nil)
		c, p := dialBinary(t, s), newPainter(testGeometry)
		c.subscribe(p.followAll()...)
		c.paintAll(p, host)
		for op := uint64(1); op <= 20; op++ {
			c.send(ws.OpBinary, codec.AppendPlace(nil, codec.Place{Op: op, Dots: []canvas.Dot{{X: 70, Y: 0, Color: 1}}}))
			if m, ok := c.message().(codec.Pixels); !ok || m.Batch.Region != 1 || m.Batch.To != op {
				t.Fatalf("op %d: got %+v", op, m)
			}
			if m, ok := c.message().(codec.Ack); !ok || m.Ops[0] != op || m.Left != 7 {
				t.Fatalf("op %d: got %+v", op, m)
			}
		}
	})
}

func TestFanout_JSON(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, host := openServer(t, plain, nil)
		host.publish(0, 1, canvas.Pixel{Pos: 3, Color: 5}) // before: by HTTP
		c := dial(t, s, "")
		c.text()
		settled(t, s, 1)
		host.publish(2, 1, canvas.Pixel{Pos: 65, Color: 0xAABBCC}, canvas.Pixel{Pos: 0, Color: 1})
		want := []string{
			"map[color:#AABBCC timestamp:1.7e+12 type:pixel_updated username:ada x:129 y:1]",
			"map[color:#000001 timestamp:1.7e+12 type:pixel_updated username:ada x:128 y:0]",
		}
		for _, w := range want {
			if got := fmt.Sprint(c.text()); got != w {
				t.Errorf("got %s", got)
			}
		}
	})
}

func TestFanout_Presence(t *testing.T) {
	ada, bob := canvas.User{Author: 1, Name: "ada"}, canvas.User{Author: 2, Name: "bob"}
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, _ := openServer(t, plain, nil)
		s.Present(&actors.Presence{Count: 3, Named: []canvas.User{ada}, Joined: []canvas.User{ada}})

		// A newcomer is sent everything as soon as it is counted, and nothing before.
		b, j := dialBinary(t, s), dial(t, s, "")
		j.text()
		s.Present(&actors.Presence{Count: 2, Left: []canvas.Author{7}})
		s.Present(&actors.Presence{Count: 3, People: 2, Named: []canvas.User{ada}, Arrived: []canvas.ViewerID{1, 2}})
		if m := await[codec.Presence](b); fmt.Sprint(m) != "{3 true [{1 ada}] [] 2}" {
			t.Errorf("got %v", m)
		}
		expect := func(want ...string) {
			t.Helper()
			for _, w := range want {
				if got := fmt.Sprint(j.text()); got != w {
					t.Errorf("got %s, not %s", got, w)
				}
			}
		}
		const stats, users = "map[activeUsers:%d timestamp:1.700000001e+12 type:stats]", "map[timestamp:1.700000001e+12 type:user_list users:%s]"
		expect(fmt.Sprintf(stats, 3), fmt.Sprintf(users, "[ada]"))

		// Then only what changes.
		s.Present(&actors.Presence{Count: 4, People: 3, Named: []canvas.User{ada}})
		s.Present(&actors.Presence{Count: 4, People: 3, Named: []canvas.User{ada}})
		s.Present(&actors.Presence{Count: 4, People: 4, Named: []canvas.User{ada}})
		s.Present(&actors.Presence{Count: 4, Named: []canvas.User{bob}, Joined: []canvas.User{bob}, Left: []canvas.Author{1}})
		for _, want := range []string{"{4 false [] [] 3}", "{4 false [] [] 4}", "{4 false [{2 bob}] [1] 0}"} {
			if m := await[codec.Presence](b); fmt.Sprint(m) != want {
				t.Errorf("got %v, not %s", m, want)
			}
		}
		expect(fmt.Sprintf(stats, 4), fmt.Sprintf(users, "[bob]"))
	})
}

func TestFanout_Cursors(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, _ := openServer(t, plain, nil)
		c, p := dialBinary(t, s), newPainter(testGeometry)
		c.subscribe(p.follow(3))
		c.paint(p, func() bool { return p.regions[3].answered })
		settled(t, s, 1)
		s.Point(2, []canvas.Pointer{{Author: 9, X: 1, Y: 2}}, nil) // elsewhere
		s.Point(3, []canvas.Pointer{{Author: 7, X: 5, Y: 6}}, []canvas.Pointer{{Author: 8, X: 7, Y: 9}})
		if m := await[codec.Cursors](c); len(m.Pointers) != 1 || m.Pointers[0] != (canvas.Pointer{Author: 7, X: 5, Y: 6}) {
			t.Errorf("got %+v", m)
		}
		if m := await[codec.Beckons](c); len(m.Places) != 1 || m.Places[0] != (canvas.Pointer{Author: 8, X: 7, Y: 9}) {
			t.Errorf("got %+v", m)
		}
	})
}

// Reset: the region's history was replaced. The client gets there from what it holds, whether the next
// batch is made before it asks or after it was answered.
func TestFanout_Reset(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, host := openServer(t, plain, nil)
		c, p := dialBinary(t, s), newPainter(testGeometry)
		c.subscribe(p.followAll()...)
		c.paintAll(p, host)
		draw := func() { host.commit(1, 1, []canvas.Pixel{{Pos: 2, Color: 2}}) }
		replace := func(by canvas.Position) {
			r := &host.regions[1]
			r.ring, r.at = nil, by
			r.tile.Set(9, canvas.Color(by.Epoch))
			s.Reset(1)
		}
		expect := func(want canvas.Position, snapshots int) {
			t.Helper()
			c.paintAll(p, host)
			if at := p.regions[1].at; at != want || p.snapshots != snapshots {
				t.Errorf("at %v after %d snapshots, want %v after %d", at, p.snapshots, want, snapshots)
			}
		}
		host.wait(draw)
		expect(canvas.Position{Epoch: 1, Seq: 1}, 0)
		host.wait(func() { replace(canvas.Position{Epoch: 5, Seq: 90}); draw() })
		expect(canvas.Position{Epoch: 5, Seq: 91}, 1)
		host.wait(func() { replace(canvas.Position{Epoch: 6, Seq: 80}) })
		expect(canvas.Position{Epoch: 6, Seq: 80}, 2)
		host.wait(draw)
		expect(canvas.Position{Epoch: 6, Seq: 81}, 2)
	})
}

// If a shard never saw a batch, the next one shows that, and the viewers are brought up to date.
func TestFanout_GapIsHealed(t *testing.T) {
	onBothSockets(t, func(t *testing.T, plain bool) {
		s, host := openServer(t, plain, nil)
		c, p := dialBinary(t, s), newPainter(testGeometry)
		c.subscribe(p.followAll()...)
		c.paintAll(p, host)
		quietly := &fakeHost{server: New(s.cfg), regions: host.regions, ringBatches: 1000}
		host.wait(func() { quietly.commit(4, 1, []canvas.Pixel{{Pos: 4, Color: 4}}) })
		host.publish(4, 1, canvas.Pixel{Pos: 5, Color: 5})
		c.paintAll(p, host)

		// The answer to a newcomer's question shows it, too.
		host.wait(func() { quietly.commit(4, 1, []canvas.Pixel{{Pos: 6, Color: 6}}) })
		d, q := dialBinary(t, s), newPainter(testGeometry)
		d.subscribe(q.follow(4))
		d.paintAll(q, host)
		e, r := dialBinary(t, s), newPainter(testGeometry) // on the other shard
		e.subscribe(r.follow(4))
		e.paintAll(r, host)
		c.paintAll(p, host)
	})
}

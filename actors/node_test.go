package actors

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/store"
)

func TestNode_PlacedPixelsReachEveryViewerAndTheStore(t *testing.T) {
	w := newWorld(t, nil)
	a, b := w.connect(Hello{Name: "ada"}), w.connect(Hello{})
	w.watch(a, nil)
	w.watch(b, nil)
	// A stroke through three regions is one op and gets one ack.
	a.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(15, 3, 0x112233), dot(16, 3, 0x445566), dot(16, 17, 0x778899)}})
	a.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(15, 3, 0xABCDEF)}})
	w.eventually("both ops acknowledged", func() bool { return len(a.acked) == 2 })
	w.converged(a)
	w.converged(b)
	if _, tile := w.stored(0); tile.At(3*16+15) != 0xABCDEF {
		t.Errorf("the later colour must win: %v", tile.At(3*16+15))
	}
}

// I4, I5 under failure: regions and relays panic at random while clients draw. Every op is
// acknowledged, none is applied twice, and every viewer ends with what the store has.
func TestNode_PanicsLoseNothing(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	w := newWorld(t, nil)
	const ops = 300
	drawer, viewer := w.connect(Hello{}), w.connect(Hello{})
	w.watch(drawer, nil)
	w.watch(viewer, nil)
	sent := make(map[uint64]Place)
	for num := uint64(1); num <= ops; num++ {
		p := Place{Num: num}
		for range 1 + random.IntN(5) {
			p.Dots = append(p.Dots, dot(random.IntN(50), random.IntN(40), canvas.Color(random.IntN(1<<24))))
		}
		sent[num] = p
		drawer.conn.Send(p)
		w.eventually("room in the window", func() bool { return int(num)-len(drawer.acked) < 100 || drawer.failed })
		if random.IntN(20) == 0 { // nil, a message that no handler expects
			w.node.system.Root.Send(w.node.regions[random.IntN(len(w.node.regions))], (*message.Submit)(nil))
		}
		if random.IntN(60) == 0 {
			w.node.system.Root.Send(w.node.relays[random.IntN(len(w.node.relays))], (*message.Committed)(nil))
		}
		var failed bool
		w.crowd.do(func() { failed = drawer.failed })
		if failed {
			drawer = w.reconnect(drawer, sent)
		}
	}
	for {
		w.eventually("all acknowledged", func() bool { return drawer.failed || len(unanswered(drawer, sent)) == 0 })
		var failed bool
		w.crowd.do(func() { failed = drawer.failed })
		if !failed {
			break
		}
		drawer = w.reconnect(drawer, sent)
	}
	w.converged(drawer)
	w.converged(viewer)
	for num, regions := range countParts(sent) {
		if got := w.logged(drawer.welcome.User)[num]; got != regions {
			t.Errorf("op %d stands %d times in the log, has %d parts", num, got, regions)
		}
	}
	if w.node.Stats().Restarts[message.KindRegion].Load() == 0 {
		t.Error("no region has failed: the test has not tested")
	}
	if len(drawer.refused) > 0 {
		t.Errorf("refused: %v", drawer.refused)
	}
}

func unanswered(c *client, sent map[uint64]Place) (nums []uint64) {
	done := make(map[uint64]bool, len(c.acked))
	for _, num := range c.acked {
		done[num] = true
	}
	for num := uint64(1); num <= uint64(len(sent)); num++ {
		if !done[num] {
			nums = append(nums, num)
		}
	}
	return nums
}

func countParts(sent map[uint64]Place) map[uint64]int {
	parts := make(map[uint64]int)
	for num, p := range sent {
		parts[num] = len(split(testGeometry, p.Dots))
	}
	return parts
}

// reconnect does what a client does: it resumes its session with the positions it holds, and sends
// its unanswered ops again.
func (w *world) reconnect(old *client, sent map[uint64]Place) *client {
	old.conn.Close()
	c := w.connect(Hello{Session: old.welcome.Session, Resume: true})
	var open []uint64
	held := make(map[canvas.RegionID]*replica)
	w.crowd.do(func() {
		c.acked = append(c.acked, old.acked...)
		open = unanswered(c, sent)
		for id, r := range old.replicas {
			held[id] = r
		}
		old.replicas = make(map[canvas.RegionID]*replica)
	})
	w.watch(c, held)
	for _, num := range open {
		c.conn.Send(sent[num])
	}
	return c
}

func TestNode_RestartKeepsOrderDedupeAndPixels(t *testing.T) {
	w := newWorld(t, nil)
	a := w.connect(Hello{})
	w.watch(a, nil)
	for num := uint64(1); num <= 20; num++ {
		a.conn.Send(Place{Num: num, Dots: []canvas.Dot{dot(int(num), 0, canvas.Color(num))}})
	}
	w.eventually("acknowledged", func() bool { return len(a.acked) == 20 })
	w.converged(a)
	w.node.Close()

	next := openWorld(t, w.store, nil)
	b := next.connect(Hello{Session: a.welcome.Session, Resume: true})
	if b.welcome.User != a.welcome.User {
		t.Error("the session's public id must stay")
	}
	next.watch(b, a.replicas)
	b.conn.Send(Place{Num: 20, Dots: []canvas.Dot{dot(20, 0, 20)}}) // as if its ack had been lost
	b.conn.Send(Place{Num: 21, Dots: []canvas.Dot{dot(21, 0, 21)}})
	next.eventually("both acknowledged", func() bool { return len(b.acked) == 2 })
	next.converged(b)
	if got := next.logged(a.welcome.User); got[20] != 1 || got[21] != 1 {
		t.Errorf("ops 20 and 21 stand %d and %d times in the log", got[20], got[21])
	}
	if b.replicas[0].deltas == 0 {
		t.Error("resumed with a snapshot where the log had everything")
	}
}

// Close ends everything, even if the store does not answer.
func TestNode_CloseLeavesNothingRunning(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Retire = 20 * time.Millisecond })
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.converged(a)
	w.store.Fail(func(string, canvas.RegionID) error { return store.ErrUnavailable })
	a.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
	w.eventually("the outage is noticed", func() bool { return w.node.Stats().Outages.Load() > 0 })
	w.node.Close()
	for _, k := range []message.Kind{message.KindRegion, message.KindRelay, message.KindPresence, message.KindRoster, message.KindInspector} {
		if live := w.node.Stats().Live[k].Load(); live != 0 {
			t.Errorf("%d %s actors are alive", live, k)
		}
	}
}

func TestNode_ReportsItsActors(t *testing.T) {
	w := newWorld(t, nil)
	a := w.connect(Hello{})
	a.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1), dot(1, 0, 1)}})
	w.eventually("acknowledged", func() bool { return len(a.acked) == 1 })
	report := w.node.Survey(context.Background(), []string{w.node.Address()}, message.Inspect{})[0]
	if report == nil {
		t.Fatal("no report")
	}
	if len(report.Regions) != 1 || report.Users != 1 || report.Regions[0].Seq != 2 || report.Regions[0].State != "serving" {
		t.Errorf("regions %+v", report.Regions)
	}
	if k := report.Kinds[message.KindConnection]; k.Live != 1 || k.Messages < 2 {
		t.Errorf("connections %+v", k)
	}
}

func place1(w *world, d canvas.Dot) error {
	_, err := w.node.Place(context.Background(), canvas.Person{}, []Stroke{{Dots: []canvas.Dot{d}}})
	return err
}

// The strokes of one call keep their order, also within one region and for one pixel.
func TestNode_PlaceKeepsTheOrderOfStrokes(t *testing.T) {
	w := newWorld(t, nil)
	var strokes []Stroke
	for i := range 500 {
		strokes = append(strokes, Stroke{Dots: []canvas.Dot{dot(1, 1, canvas.Color(i)), dot(i%50, 3, canvas.Color(i))}})
	}
	done, err := w.node.Place(context.Background(), canvas.Person{}, strokes)
	if err != nil || done.Pixels != 1000 {
		t.Fatalf("placed %+v, %v", done, err)
	}
	var seen canvas.Color
	history, err := w.store.History(context.Background(), 0, 0, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range history {
		for _, op := range b.Ops {
			if op.Pixels[0].Pos == 17 {
				if op.Pixels[0].Color != seen {
					t.Fatalf("stroke %d came as number %d", op.Pixels[0].Color, seen)
				}
				seen++
			}
		}
	}
	if live := w.node.Stats().Live[message.KindPlacer].Load(); seen != 500 || live > 1 {
		t.Errorf("%d strokes in the log, %d placers left", seen, live)
	}
	if done, err := w.node.Place(context.Background(), canvas.Person{}, nil); done.Pixels != 0 || err != nil {
		t.Errorf("nothing placed: %+v, %v", done, err)
	}
}

func TestNode_ReadHoldsWhatWasPlacedBefore(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 20 {
		d := dot(i, 0, canvas.Color(i+1))
		if err := place1(w, d); err != nil {
			t.Fatal(err)
		}
		region, pos := testGeometry.Locate(i, 0)
		s, err := w.node.Read(context.Background(), region)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Tile.At(pos); got != d.Color {
			t.Fatalf("pixel %d reads %v after %v was placed", i, got, d.Color)
		}
	}
}

package actors

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/regions"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/memory"
)

// scribe is a Recorder as record.Writer is one, but in memory: it goes on from what it has, with what
// the store's log has. It outlives nodes, and several may share it.
type scribe struct {
	log *memory.Store

	mu           sync.Mutex
	regions      map[canvas.RegionID]*scroll
	fail         func(canvas.RegionID) error // nil: it does not
	gate         chan struct{}               // nil: nobody waits
	writes       int
	active, most int
}

// scroll is the record of a region.
type scroll struct {
	to   uint64
	gaps uint64 // pixels in them
	ops  []canvas.Op
	tile canvas.Tile
}

func newScribe(log *memory.Store) *scribe {
	return &scribe{log: log, regions: make(map[canvas.RegionID]*scroll)}
}

func (s *scribe) Advance(ctx context.Context, id canvas.RegionID, now *canvas.Snapshot) (uint64, error) {
	s.mu.Lock()
	s.writes++
	fail, gate, from := s.fail, s.gate, uint64(0)
	if at := s.regions[id]; at != nil {
		from = at.to
	}
	s.mu.Unlock()
	batches, err := s.log.History(ctx, id, from, math.MaxInt)
	s.do(func() {
		s.active++
		s.most = max(s.most, s.active)
	})
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active--
	if err := cmp.Or(ctx.Err(), err); err != nil {
		return 0, err
	}
	if fail != nil {
		if err := fail(id); err != nil {
			return 0, err
		}
	}
	at := s.regions[id]
	if at == nil {
		at = &scroll{tile: make(canvas.Tile, len(now.Tile))}
		s.regions[id] = at
	}
	for _, b := range batches {
		if b.To <= at.to || b.To > now.Position.Seq { // another pod was faster; what comes after now is not for us
			continue
		}
		if b.From > at.to {
			at.gaps += b.From - at.to
		}
		at.to = b.To
		at.ops = append(at.ops, b.Ops...)
	}
	if at.to < now.Position.Seq { // the log has less than the region
		at.gaps += now.Position.Seq - at.to
		at.to = now.Position.Seq
	}
	copy(at.tile, now.Tile)
	return at.to, nil
}

func (s *scribe) do(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// recorded counts how often each op of an author was recorded, and the pixels in gaps.
func (s *scribe) recorded(author canvas.Author) (counts map[uint64]int, gaps uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts = make(map[uint64]int)
	for _, at := range s.regions {
		gaps += at.gaps
		for _, op := range at.ops {
			if op.By() == author || op.ID.Author == author {
				counts[op.ID.Num]++
			}
		}
	}
	return counts, gaps
}

// recordedWorld is a node whose canvas is recorded soon after it was drawn on.
func recordedWorld(t *testing.T, change func(*Config, *scribe)) (*world, *scribe) {
	t.Helper()
	kept := memory.New(memory.Config{Geometry: testGeometry, Buffer: 1000})
	s := newScribe(kept)
	return recordedOn(t, kept, s, change), s
}

func recordedOn(t *testing.T, kept *memory.Store, s *scribe, change func(*Config, *scribe)) *world {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Geometry, cfg.Rate = testGeometry, 0
	cfg.Beat, cfg.RecordAge = 10*time.Millisecond, time.Millisecond
	if change != nil {
		change(&cfg, s)
	}
	return wire(t, kept, cfg, Ports{Recorder: s})
}

// scribble places dots all over the canvas, one an op, numbered from 1 on, and waits for the acks.
func (w *world) scribble(c *client, nums ...uint64) {
	w.t.Helper()
	for _, num := range nums {
		c.conn.Send(Place{Num: num, Dots: []canvas.Dot{dot(int(num*7%50), int(num*11%40), canvas.Color(num))}})
	}
	last := nums[len(nums)-1]
	w.eventually("acknowledged", func() bool { return len(c.acked) >= int(last) })
}

// upTo lists numbers.
func upTo(from, to uint64) (nums []uint64) {
	for n := from; n <= to; n++ {
		nums = append(nums, n)
	}
	return nums
}

// onRecord waits until all of the canvas is recorded: what each region has, and all ops of the client
// once.
func (w *world) onRecord(s *scribe, c *client, ops int) {
	w.t.Helper()
	w.eventually("all is recorded", func() bool {
		pixels, _ := w.node.Stats().Unrecorded()
		counts, _ := s.recorded(c.welcome.User)
		return pixels == 0 && len(counts) == ops
	})
	counts, gaps := s.recorded(c.welcome.User)
	for num, n := range counts {
		if n != 1 {
			w.t.Errorf("op %d is recorded %d times", num, n)
		}
	}
	if gaps > 0 {
		w.t.Errorf("%d pixels are in gaps", gaps)
	}
	for id := range canvas.RegionID(testGeometry.Regions()) {
		position, tile := w.stored(id)
		s.do(func() {
			if at := s.regions[id]; position.Seq > 0 && (at == nil || at.to != position.Seq || !slices.Equal(at.tile, tile)) {
				w.t.Errorf("region %d: its record is not what the store has at %d", id, position.Seq)
			}
		})
	}
}

// I9: everything that was drawn is recorded, once, and the store is told.
func TestArchivist_RecordsEverythingOnce(t *testing.T) {
	w, s := recordedWorld(t, nil)
	a := w.connect(Hello{})
	w.watch(a, nil)
	for round := range uint64(5) {
		w.scribble(a, upTo(round*40+1, round*40+40)...)
	}
	w.onRecord(s, a, 200)
	w.eventually("the store knows", func() bool {
		for id := range canvas.RegionID(testGeometry.Regions()) {
			if position, _ := w.stored(id); w.store.RecordedTo(id) != position.Seq {
				return false
			}
		}
		return true
	})
	writes := s.writes
	w.node.Close()
	if err := w.node.Recording(); err != nil || s.writes != writes || s.most > 1 {
		t.Errorf("%v; %d writes more when all was recorded; %d at once", err, s.writes-writes, s.most)
	}
}

// Few pixels wait for more, so that few files are written; many, or old ones, do not.
func TestArchivist_WaitsForEnough(t *testing.T) {
	w, s := recordedWorld(t, func(c *Config, _ *scribe) { c.RecordPixels, c.RecordAge = 20, time.Hour })
	a := w.connect(Hello{})
	w.watch(a, nil)
	place := func(from, to uint64) {
		t.Helper()
		for num := from; num <= to; num++ {
			a.conn.Send(Place{Num: num, Dots: []canvas.Dot{dot(1, 1, canvas.Color(num))}})
		}
		w.eventually("acknowledged", func() bool { return len(a.acked) == int(to) })
	}
	place(1, 19)
	details, err := w.node.Describe(t.Context(), w.node.Address(), regions.ArchivistName(0))
	if err != nil || details.State != "waiting" || s.writes != 0 {
		t.Fatalf("%+v, %v, %d writes; 19 pixels wait", details, err, s.writes)
	}
	if pixels, oldest := w.node.Stats().Unrecorded(); pixels != 19 || oldest <= 0 || oldest > time.Hour {
		t.Errorf("%d pixels have waited for %v, want 19", pixels, oldest)
	}
	place(20, 20)
	w.eventually("recorded", func() bool { return w.store.RecordedTo(0) >= 20 })
	place(21, 30)
	w.node.Close()

	later := recordedOn(t, w.store, s, func(c *Config, _ *scribe) { c.RecordPixels, c.RecordAge = 20, time.Millisecond })
	b := later.connect(Hello{})
	later.watch(b, nil) // nobody draws
	later.eventually("what the node before left is old by now", func() bool { return later.store.RecordedTo(0) == 30 })
}

// The record may be away for as long as it likes: drawing goes on, it is said once, and what was drawn
// meanwhile is recorded when it is back.
func TestArchivist_RecordIsAway(t *testing.T) {
	var away atomic.Bool
	fault := errors.New("no space left on device")
	w, s := recordedWorld(t, func(_ *Config, s *scribe) {
		away.Store(true)
		s.fail = func(id canvas.RegionID) error {
			switch {
			case !away.Load():
				return nil
			case id == 1:
				panic("damaged file")
			}
			return fault
		}
	})
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.scribble(a, upTo(1, 60)...)
	w.eventually("it is noticed", func() bool {
		return errors.Is(w.node.Recording(), fault) && w.node.Stats().RecordFailures.Load() > 3 && w.node.Stats().RecordFaults.Load() > 0
	})
	w.scribble(a, upTo(61, 120)...)
	if pixels, _ := w.node.Stats().Unrecorded(); pixels != 120 || !strings.Contains(w.node.Recording().Error(), "behind since 20") || w.node.Ready() != nil {
		t.Errorf("%d pixels wait; %v, ready: %v", pixels, w.node.Recording(), w.node.Ready())
	}
	away.Store(false)
	w.onRecord(s, a, 120)
	w.eventually("it is well again", func() bool { return w.node.Recording() == nil })
	var said []string
	for _, e := range w.node.events.All() {
		if e.Subject == "record" {
			said = append(said, e.Kind)
		}
	}
	if !slices.Equal(said, []string{message.EventOutage, message.EventRecovered}) {
		t.Errorf("said %v", said)
	}
}

// What waits when a node ends, or an actor fails, is recorded by the next.
func TestArchivist_GoesOn(t *testing.T) {
	for name, fail := range map[string]func(w *world, s *scribe) *world{
		"another node": func(w *world, s *scribe) *world {
			w.node.Close()
			return recordedOn(t, w.store, s, nil)
		},
		"another archivist": func(w *world, _ *scribe) *world {
			for id := range canvas.RegionID(testGeometry.Regions()) {
				restart(w, regions.ArchivistName(id))
			}
			return w
		},
		"another region": func(w *world, _ *scribe) *world {
			for id := range canvas.RegionID(testGeometry.Regions()) {
				restart(w, message.RegionName(id))
			}
			return w
		},
		"a claim that was lost": func(w *world, _ *scribe) *world {
			for id := range canvas.RegionID(testGeometry.Regions()) {
				if _, err := w.store.Claim(context.Background(), id, "another"); err != nil {
					t.Fatal(err)
				}
			}
			return w
		},
		"a store that was mended": func(w *world, s *scribe) *world {
			for id := range canvas.RegionID(testGeometry.Regions()) {
				w.store.Break(id, true)
			}
			return w
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := recordedWorld(t, func(_ *Config, s *scribe) { s.gate = make(chan struct{}) })
			a := w.connect(Hello{})
			w.watch(a, nil)
			w.scribble(a, upTo(1, 25)...)
			w.eventually("writes are under way", func() bool {
				s.mu.Lock()
				defer s.mu.Unlock()
				return s.active == 1
			})
			next := fail(w, s)
			if next == w {
				next.scribble(a, upTo(26, 50)...)
				s.do(func() { close(s.gate) })
				next.onRecord(s, a, 50)
				return
			}
			s.do(func() { close(s.gate) })
			b := next.connect(Hello{})
			next.watch(b, nil)
			next.scribble(b, upTo(1, 25)...)
			next.onRecord(s, b, 25)
			if counts, _ := s.recorded(a.welcome.User); len(counts) != 25 {
				t.Errorf("%d ops of the node before are recorded, want 25", len(counts))
			}
		})
	}
}

// restart makes an actor fail.
func restart(w *world, name string) {
	pid := w.node.system.NewLocalPID(name)
	process, _ := w.node.system.ProcessRegistry.Get(pid)
	process.SendSystemMessage(pid, &actor.Restart{})
}

// I9: regions move from pod to pod while people draw, and pods die.
func TestArchivist_Handoff(t *testing.T) {
	kept := memory.New(memory.Config{Geometry: testGeometry, Buffer: 100_000})
	s := newScribe(kept)
	p := &pods{t: t, store: kept, owners: new(testOwners)}
	p.owners.pods = p
	p.cfg = func(c *Config) { c.RecordPixels, c.RecordAge = 10, 20*time.Millisecond }
	p.ports = func(_ *testPod, ports *Ports) { ports.Recorder = s }
	first, second := p.join(), p.join()
	drawings := map[*drawing]*testPod{p.draw(first, 1): first, p.draw(second, 2): second}
	for range 3 {
		p.more(drawings, 20)
		third := p.join()
		p.more(drawings, 20)
		p.kill(third)
		third.node.Close()
	}
	p.settled(drawings)
	for d, pod := range drawings {
		pod.eventually("all is recorded", func() bool {
			waiting, _ := first.node.Stats().Unrecorded()
			more, _ := second.node.Stats().Unrecorded()
			return waiting+more == 0
		})
		counts, gaps := s.recorded(d.client.welcome.User)
		if len(counts) != len(d.client.acked) || gaps > 0 {
			t.Errorf("%d ops are recorded, %d were acknowledged; %d pixels in gaps", len(counts), len(d.client.acked), gaps)
		}
		for num, n := range counts {
			if n != 1 {
				t.Errorf("op %d is recorded %d times", num, n)
			}
		}
	}
}

// What was drawn before there was a record is recorded as far as the log goes, also where nobody draws
// any more.
func TestArchivist_TurnedOnLater(t *testing.T) {
	kept := memory.New(memory.Config{Geometry: testGeometry})
	w := openWorld(t, kept, nil)
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.scribble(a, upTo(1, 100)...)
	if pids := w.node.archivists; len(pids) > 0 || w.node.Recording() != nil {
		t.Errorf("%d archivists without a record", len(pids))
	}
	w.node.Close()

	s := newScribe(kept)
	later := recordedOn(t, kept, s, nil)
	b := later.connect(Hello{})
	later.watch(b, nil)
	later.onRecord(s, a, 100)
}

// A clock that is a year ahead, for a while or on another pod, keeps nothing from the record.
func TestArchivist_ClockAhead(t *testing.T) {
	kept := memory.New(memory.Config{Geometry: testGeometry, Buffer: 1000})
	claim, err := kept.Claim(t.Context(), 0, "a pod whose clock is ahead")
	if err == nil {
		err = kept.Commit(t.Context(), &canvas.Batch{
			Epoch: claim.Epoch, To: 1, Time: time.Now().AddDate(1, 0, 0).UnixMilli(), Ops: []canvas.Op{{Pixels: []canvas.Pixel{{Pos: 1, Color: 2}}}},
		}, claim.Token)
	}
	if err != nil {
		t.Fatal(err)
	}
	w := recordedOn(t, kept, newScribe(kept), nil)
	w.watch(w.connect(Hello{}), nil)
	w.eventually("recorded", func() bool { return kept.RecordedTo(0) == 1 })
}

// Goal: a recorded canvas on which nothing happens costs what any does. Method: relays and regions
// rest, and meanwhile no region and no archivist gets any message.
func TestArchivist_LetsRegionsRest(t *testing.T) {
	kept := memory.New(memory.Config{Geometry: testGeometry})
	s := newScribe(kept)
	p := &pods{t: t, store: kept, owners: new(testOwners)}
	p.owners.pods = p
	p.cfg = func(c *Config) { c.Beat, c.RecordAge = 50*time.Millisecond, time.Millisecond }
	p.ports = func(_ *testPod, ports *Ports) { ports.Recorder = s }
	pod := p.join()
	a := pod.connect(Hello{})
	pod.watch(a, nil)
	pod.scribble(a, upTo(1, 30)...)
	pod.onRecord(s, a, 30)
	p.atRest()
	woken := func() int64 {
		return p.woken() + pod.node.Stats().Messages[message.KindArchivist].Load()
	}
	before, beats := woken(), uint64(math.MaxUint64)
	pod.eventually("beats pass, and no actor is woken", func() bool {
		pod.node.rests.mu.Lock()
		n := pod.node.rests.beats
		pod.node.rests.mu.Unlock()
		if now := woken(); now != before { // on a busy machine a pod may be silent for too long
			before, beats = now, n
		}
		beats = min(beats, n)
		return n >= beats+16
	})
}

// A mark that the store refuses is no failure of the record: the region finds out what is wrong.
func TestArchivist_FencedIsNoOutage(t *testing.T) {
	w, s := recordedWorld(t, nil)
	w.store.Fail(func(operation string, _ canvas.RegionID) error {
		if operation == "recorded" {
			return fmt.Errorf("injected: %w", store.ErrFenced)
		}
		return nil
	})
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.scribble(a, upTo(1, 20)...)
	w.eventually("refused", func() bool { return w.node.Stats().RecordFailures.Load() > 0 })
	if err := w.node.Recording(); err != nil {
		t.Error(err)
	}
	w.store.Fail(nil)
	w.onRecord(s, a, 20)
}

package actors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/memory"
)

// hanging is a store that stops saying who owns a region, as a paused Redis does.
type hanging struct {
	*memory.Store
	hangs, ends chan struct{} // closed: it hangs; closed: it hangs no more
	asked       *atomic.Int64
}

func (h hanging) Holds(ctx context.Context, region canvas.RegionID, term store.Term, reached uint64) error {
	h.asked.Add(1)
	select {
	case <-h.hangs:
		<-h.ends // whatever ctx says: a driver that connects may do the same
		return fmt.Errorf("%w: %w", store.ErrUnavailable, ctx.Err())
	default:
		return h.Store.Holds(ctx, region, term, reached)
	}
}

func (h hanging) Claims(ctx context.Context) (string, error) {
	select {
	case <-h.hangs:
		<-h.ends
	default:
	}
	return h.Store.Claims(ctx)
}

// Goal: reading goes on while the store hangs, and takes no longer than the patience that ops have.
func TestRegion_ReadsWhileTheStoreHangs(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Geometry, cfg.Beat, cfg.Patience, cfg.StoreTimeout = testGeometry, 10*time.Millisecond, 200*time.Millisecond, time.Hour
	h := hanging{memory.New(memory.Config{Geometry: testGeometry}), make(chan struct{}), make(chan struct{}), new(atomic.Int64)}
	node := New(cfg, Ports{Store: h, Audience: &crowd{feeds: make(map[canvas.RegionID]canvas.Position)}, Log: slog.New(slog.DiscardHandler)})
	if err := node.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(node.Close)
	back := sync.OnceFunc(func() { close(h.ends) })
	t.Cleanup(back)
	read := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, err := node.Read(ctx, 0)
		return err
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	if limit := node.silence.AskTime(cfg.Beat, cfg.askTime()); limit != cfg.askTime() {
		t.Errorf("a store that answers has %v, not %v", limit, cfg.askTime())
	}
	close(h.hangs)
	results := make(chan error)
	for range 3 { // one reader waits for the question under way, the others for the next one
		go func() { results <- read() }()
	}
	for range 3 {
		if err := <-results; err != nil {
			t.Errorf("reading does not go on: %v", err)
		}
	}
	if asked := cfg.askTime(); 2*asked > cfg.Patience {
		t.Errorf("two questions may take %v, a reader waits %v", 2*asked, cfg.Patience)
	}
	// A reader of many regions does not wait as long for each of them, until the store answers
	// anything.
	if limit := node.silence.AskTime(cfg.Beat, cfg.askTime()); limit != cfg.Beat {
		t.Errorf("a store that is silent has %v, not %v", limit, cfg.Beat)
	}
	back()
	for deadline := time.Now().Add(10 * time.Second); node.silence.Load(); time.Sleep(cfg.Beat) {
		if time.Now().After(deadline) {
			t.Fatal("the store answers, and is taken for silent")
		}
	}
}

// A relay that repeats its question gets one answer, and its next question is not delayed.
func TestRegion_RepeatedCheckIsAskedOnce(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Geometry, cfg.Beat, cfg.Patience = testGeometry, time.Hour, 100*time.Millisecond
	w := &world{t: t, crowd: &crowd{feeds: make(map[canvas.RegionID]canvas.Position)}}
	h := hanging{memory.New(memory.Config{Geometry: testGeometry}), make(chan struct{}), make(chan struct{}), new(atomic.Int64)}
	close(h.hangs)
	w.node = New(cfg, Ports{Store: h, Audience: w.crowd, Log: slog.New(slog.DiscardHandler)})
	if err := w.node.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.node.Close)
	t.Cleanup(func() { close(h.ends) })
	relay := w.teller()
	tell := func(message any) { w.node.system.Root.RequestWithCustomSender(w.node.regions[0], message, relay.pid) }
	tell(&message.Attach{Stream: 1})
	w.eventually("attached", func() bool { return relay.attached(1) })
	for n := uint64(1); n <= 2; n++ {
		tell(&message.Check{Stream: 1, N: n})
		tell(&message.Check{Stream: 1, N: n})
		w.eventually("answered", func() bool { return relay.checked(n) == 1 })
	}
	if asked := h.asked.Load(); asked != 2 {
		t.Errorf("the store was asked %d times, want 2", asked)
	}
}

// Goal: within Patience the client has an answer to every op: that it is refused, or that nobody
// knows yet. Method: one op is with a store that hangs, and two wait behind it. Then the store
// answers, and everything that was said turns out true.
func TestRelay_SaysWhatIsNotKnown(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Patience = 50 * time.Millisecond; c.StoreTimeout = time.Hour })
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.converged(a)
	release := w.holdCommit(a, Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
	a.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(0, 0, 2)}})
	a.conn.Send(Place{Dots: []canvas.Dot{dot(0, 0, 3)}}) // of a JSON client, whose ops have no numbers
	w.eventually("it waits", func() bool { return slices.Contains(a.waiting, 1) })
	w.eventually("what was not offered is refused", func() bool { return a.refused[2] == canvas.RefusedUnavailable && a.refused[3] != 0 })

	again := w.connect(Hello{Session: a.welcome.Session, Resume: true, Sent: new(uint64(3))})
	again.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
	w.eventually("who sends it again is told as well", func() bool { return slices.Equal(again.waiting, []uint64{1}) })
	release()
	w.eventually("acknowledged", func() bool { return slices.Equal(a.acked, []uint64{1}) && slices.Equal(again.acked, []uint64{1}) })
	if n := len(slices.DeleteFunc(slices.Clone(a.waiting), func(num uint64) bool { return num != 1 })); n != 1 || slices.Contains(a.waiting, 3) {
		t.Errorf("told to wait for %v, want 1 once and never what has no number", a.waiting)
	}
}

// A call over HTTP gets an answer as well: that it is not known whether its pixels are durable.
func TestNode_PlaceSaysWhatIsNotKnown(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Patience = 50 * time.Millisecond; c.StoreTimeout = time.Hour })
	release := w.store.Hold()
	defer release()
	done, err := w.node.Place(t.Context(), canvas.Person{}, []Stroke{{Dots: []canvas.Dot{dot(0, 0, 1)}}, {Dots: []canvas.Dot{dot(40, 0, 1)}}})
	var refused *RefusedError
	if !errors.As(err, &refused) || refused.Why != canvas.RefusedUnsure || done.Pixels != 0 {
		t.Errorf("%+v, %v; want unsure", done, err)
	}
}

// Goal: pixels that were refused through no fault of the client stay in its allowance. Method: the
// client puts its whole allowance into one op after the other while the store is away.
func TestConnection_RefusedPixelsCostNothing(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Patience, c.Rate, c.Burst = 30*time.Millisecond, minRate, 10 })
	w.store.Fail(func(string, canvas.RegionID) error { return store.ErrUnavailable })
	a := w.connect(Hello{})
	all := func(from int) (dots []canvas.Dot) {
		for i := range 10 {
			dots = append(dots, dot(from+i, 0, 1))
		}
		return dots
	}
	for num := uint64(1); num <= 3; num++ {
		a.conn.Send(Place{Num: num, Dots: all(0)})
		w.eventually("refused", func() bool { return a.refused[num] == canvas.RefusedUnavailable })
	}
	a.conn.Send(Place{Num: 4, Dots: all(11)}) // in two regions, which answer separately
	w.eventually("refused", func() bool { return a.refused[4] == canvas.RefusedUnavailable })
	w.store.Fail(nil)
	num := uint64(5)
	for ; ; num++ {
		a.conn.Send(Place{Num: num, Dots: all(0)})
		w.eventually("answered", func() bool { return len(a.acked) == 1 || a.refused[num] != 0 })
		if a.refused[num] == 0 {
			break
		}
	}
	a.conn.Send(Place{Num: num + 1, Dots: all(0)})
	w.eventually("what was placed is paid for", func() bool { return a.refused[num+1] == canvas.RefusedRate })
}

package actors

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
)

func TestSpread_BucketsMeet(t *testing.T) {
	last := -1
	for bucket := range spreadBuckets {
		middle := middleOf(bucket)
		if bucketOf(middle) != bucket {
			t.Fatalf("bucket %d stands for %d, which is in %d", bucket, middle, bucketOf(middle))
		}
	}
	for v := range int64(1 << 16) {
		b := bucketOf(v)
		if b < last || b > last+1 {
			t.Fatalf("%d is in bucket %d, %d in %d", v-1, last, v, b)
		}
		last = b
		if off := float64(middleOf(b)-v) / float64(max(v, 1)); off > 0.125 || off < -0.125 {
			t.Errorf("%d counts as %d", v, middleOf(b))
		}
	}
	if b := bucketOf(1 << 60); b != spreadBuckets-1 {
		t.Errorf("an age is in bucket %d", b)
	}
	if b := bucketOf(-5); b != 0 {
		t.Errorf("a clock that goes back is in bucket %d", b)
	}
}

func TestSpread_Quantiles(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var s spread
	if s.quantile(0.99) != 0 {
		t.Error("something of nothing")
	}
	values := make([]int64, 5000)
	for i := range values {
		values[i] = int64(1) << random.IntN(30) * (100 + random.Int64N(100)) / 100
		s.add(values[i])
	}
	slices.Sort(values)
	for _, part := range []float64{0, 0.5, 0.9, 0.99, 1} {
		want := float64(values[int(part*float64(len(values)-1))])
		if got := float64(s.quantile(part)); got < want*0.87-1 || got > want*1.13+1 {
			t.Errorf("quantile %v: %v, want about %v", part, got, want)
		}
	}
}

func TestSpread_ForgetsWhatIsOld(t *testing.T) {
	var s spread
	now := time.Unix(1000, 0)
	s.advance(now)
	s.add(7)
	for _, step := range []struct {
		after time.Duration
		want  int64
	}{{message.Span - 1, 7}, {1, 7}, {message.Span - 1, 7}, {1, 0}} {
		now = now.Add(step.after)
		if s.advance(now); s.quantile(1) != step.want {
			t.Errorf("at %v: %d, want %d", now.Sub(time.Unix(1000, 0)), s.quantile(1), step.want)
		}
	}
	s.add(7)
	if s.advance(now.Add(2 * message.Span)); s.quantile(1) != 0 {
		t.Error("remembered through a long pause")
	}
}

func TestMeter_CountsWholeSeconds(t *testing.T) {
	var m meter
	start := time.Unix(100, 0)
	for second := range 20 {
		m.add(second, start.Add(time.Duration(second)*time.Second))
		m.add(1, start.Add(time.Duration(second)*time.Second+900*time.Millisecond))
	}
	if got := m.span(start.Add(20 * time.Second)); got != 15+16+17+18+19+5 {
		t.Errorf("%d", got)
	}
	if got := m.span(start.Add(22*time.Second + 500*time.Millisecond)); got != 17+18+19+3 {
		t.Errorf("two seconds on: %d", got)
	}
	if got := m.span(start.Add(time.Minute)); got != 0 {
		t.Errorf("a minute on: %d", got)
	}
}

func TestTrace_RemembersTypesNotMessages(t *testing.T) {
	now := time.Unix(100, 0)
	tr := newTrace(message.KindRegion, "region/1", nil, now)
	for i := range traced + 5 {
		tr.begin(&Submit{N: uint64(i)}, now.Add(time.Duration(i)*time.Second))
		tr.end(3, now.Add(time.Duration(i)*time.Second+time.Millisecond))
	}
	tr.begin(flush{}, now.Add(time.Minute))
	list := tr.history(now.Add(time.Minute + 7*time.Second))
	first, last := list[0], list[len(list)-1]
	if len(list) != traced || first.Type != "Submit" || first.At != now.Add(6*time.Second) || first.Took != time.Millisecond {
		t.Errorf("%d, first %+v", len(list), first)
	}
	if last.Type != "flush" || last.Took != 7*time.Second {
		t.Errorf("what is under way: %+v", last)
	}
	tr.mark()
	if tr.span() != 3*(traced+5) {
		t.Errorf("%d messages, timed one in three", tr.span())
	}
	for range spanSeconds {
		tr.mark()
	}
	if tr.span() != 0 {
		t.Errorf("%d messages in a quiet span", tr.span())
	}
}

func TestWatch_TimesAboutAsManyWhateverTheRate(t *testing.T) {
	for rate, want := range map[int64]int64{0: 1, 999: 1, 1000: 1, 5000: 5, 100_000: 101} {
		var w watch
		if w.pace(rate); w.stride.Load() != want {
			t.Errorf("at %d/s one in %d, want %d", rate, w.stride.Load(), want)
		}
	}
}

// TestInspector_FullReport checks what the dashboard needs, on a node that has been drawn on.
func TestInspector_FullReport(t *testing.T) {
	w := newWorld(t, nil)
	a := w.connect(Hello{Name: "Ada"})
	w.watch(a, nil)
	for num := range uint64(40) {
		a.conn.Send(Place{Num: num + 1, Dots: []canvas.Dot{dot(3, 4, canvas.Color(num))}})
	}
	w.eventually("acknowledged", func() bool { return len(a.acked) == 40 })
	ask := func(q message.Inspect) *message.Report {
		return w.node.Survey(context.Background(), []string{w.node.Address()}, q)[0]
	}
	if r := ask(message.Inspect{}); len(r.Events) != 0 || r.Commit != (message.Spread{}) || len(r.Regions) == 0 {
		t.Errorf("a short report: %+v", r)
	}
	w.store.Fail(func(string, canvas.RegionID) error { return errors.New("broken") })
	r := ask(message.Inspect{Full: true, History: true, Connections: 5})
	if brief := ask(message.Inspect{Full: true, Brief: true}); len(brief.Regions) != 0 || brief.Store != r.Store || brief.Users != r.Users {
		t.Errorf("a brief report: %+v", brief)
	}
	w.store.Fail(nil)
	if r.Commit.P99 < r.Commit.P50 || r.PlaceToAck.P50 <= 0 || !strings.Contains(r.Store, "broken") {
		t.Errorf("times %v %v, store %q", r.Commit, r.PlaceToAck, r.Store)
	}
	kind := r.Kinds[message.KindRegion]
	if kind.Kind != "region" || kind.Messages == 0 || kind.Took.P99 <= 0 || kind.Took.P99 < kind.Took.P50 {
		t.Errorf("regions %+v", kind)
	}
	if r.Regions[0].Region != 0 || r.Regions[0].Commit.P50 <= 0 {
		t.Errorf("region %+v", r.Regions[0])
	}
}

// TestInspector_Looks looks at an actor of each kind, at one that is not there, and at a crowd.
func TestInspector_Looks(t *testing.T) {
	w := newWorld(t, nil)
	a := w.connect(Hello{Name: "Ada"})
	w.watch(a, nil)
	a.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(3, 4, 5)}})
	w.eventually("acknowledged", func() bool { return len(a.acked) == 1 })
	look := func(name string) *message.ActorDetails {
		v, err := w.node.Describe(context.Background(), w.node.Address(), name)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for name, state := range map[string]string{
		"region/0": "serving", "relay/0": "attached", "presence": "serving", "roster": "live", "inspector": "live", connectionName(a.id): "live",
	} {
		v := look(name)
		if v.Actor != name || v.State != state || len(v.Facts) == 0 {
			t.Errorf("%s: %+v", name, v)
		}
	}
	types := func(v *message.ActorDetails) (types []string) {
		for _, h := range v.Last {
			types = append(types, h.Type)
		}
		return types
	}
	if got := types(look("region/0")); !slices.Contains(got, "Submit") || !slices.Contains(got, "committed") {
		t.Errorf("region/0 handled %v", got)
	}
	a.conn.Send(Rename{Name: "Bea"})
	w.eventually("renamed", func() bool { return slices.Contains(types(look(connectionName(a.id))), "Rename") })
	for _, name := range []string{"region/9999", "connection/zz", "king", ""} {
		if v := look(name); v.Actor != "" {
			t.Errorf("%q: %+v", name, v)
		}
	}
	listing, err := w.node.List(context.Background(), w.node.Address(), "region")
	if err != nil || len(listing.Actors) != testGeometry.Regions() {
		t.Fatalf("%d regions, %v", len(listing.Actors), err)
	}
	if !slices.ContainsFunc(listing.Actors, func(a message.ActorReport) bool { return a.Actor == "region/0" && a.State == "serving" }) {
		t.Errorf("regions %+v", listing.Actors)
	}
}

// TestInspector_ShowsWhoIsStuck checks that an actor that does not answer is shown with the message
// that it is handling.
func TestInspector_ShowsWhoIsStuck(t *testing.T) {
	w := newWorld(t, nil)
	a := w.connect(Hello{})
	w.watch(a, nil)
	w.converged(a)
	if _, err := w.node.Describe(context.Background(), w.node.Address(), "roster"); err != nil { // from now on it is watched
		t.Fatal(err)
	}
	w.crowd.mu.Lock() // the roster's Present waits for the lock
	w.node.system.Root.Send(w.node.roster, here{viewer: 99, user: canvas.User{Author: 99}})
	var v *message.ActorDetails
	// The roster may be slow before it is stuck.
	stuck := func() bool {
		v, _ = w.node.Describe(context.Background(), w.node.Address(), "roster")
		return v != nil && v.State == silent && len(v.Last) > 0 && v.Last[len(v.Last)-1].Took >= lookTimeout
	}
	found := stuck()
	for deadline := time.Now().Add(inTime); !found && time.Now().Before(deadline); {
		found = stuck()
	}
	w.crowd.mu.Unlock()
	if !found {
		t.Errorf("%+v", v)
	}
}

// acting is a HostInfo that passes on what it is told to do, and answers with err.
type acting struct {
	noHostInfo
	done chan message.Act
	err  error
}

func (a acting) Act(_ context.Context, act message.Act) error {
	a.done <- act
	return a.err
}

func TestInspector_ActsAndTells(t *testing.T) {
	around := acting{done: make(chan message.Act, 1)}
	w := newWorldAround(t, around)
	act := message.Act{Do: message.ActDrain, Who: "10.0.0.1", At: 1234, Target: "pod-1"}
	if err := w.node.Act(context.Background(), w.node.Address(), act); err != nil || <-around.done != act {
		t.Errorf("not done: %v", err)
	}
	w.node.NoteAct(act, nil) // as the pod that was asked would do
	events := MergeEvents(w.node.events.all(), w.node.events.all())
	if len(events) != 1 || events[0].Kind != message.EventAct || events[0].Text != "drain pod-1, by 10.0.0.1" || events[0].At != 1234 {
		t.Errorf("%+v", events)
	}
	if err := newWorld(t, nil).node.Act(context.Background(), w.node.Address(), act); err == nil {
		t.Error("a node with nothing around did it")
	}
	if err := w.node.Act(context.Background(), "nobody:1", act); !errors.Is(err, ErrSilent) {
		t.Errorf("a pod that is not there: %v", err)
	}
}

// Watching costs a connection one small allocation, and most messages none.
func TestObserver_Allocations(t *testing.T) {
	o := newObserver(new(Stats), realClock{})
	o.watches[message.KindConnection].pace(1e6)
	m := o.mailbox(mailbox.NewWorkers(), message.KindConnection, "")().(*watched)
	m.RegisterHandlers(discard{}, nil)
	if n := testing.AllocsPerRun(1000, func() { m.InvokeUserMessage(beat{}) }); n > 0.01 {
		t.Errorf("a message allocates %v times", n)
	}
	m.InvokeSystemMessage(&actor.Stop{})
	if counted := o.watches[message.KindConnection].messages.Load(); counted != 1001 { // AllocsPerRun calls once more to warm up
		t.Errorf("%d messages counted", counted)
	}
	if m.own != nil || len(o.all()) != 0 {
		t.Error("a connection nobody looks at has a trace")
	}
}

// discard handles messages as fast as possible.
type discard struct{}

func (discard) InvokeSystemMessage(any)  {}
func (discard) InvokeUserMessage(any)    {}
func (discard) EscalateFailure(any, any) {}

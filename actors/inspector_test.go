package actors

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
)

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
	events := telemetry.MergeEvents(w.node.events.All(), w.node.events.All())
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

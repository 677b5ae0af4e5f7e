package actors

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/decisions"
	"pixelplayground/actors/message"
	"pixelplayground/actors/regions"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/memory"
)

func byOperator() rules.By { return rules.By{Role: canvas.RoleOwner, Via: "server"} }

func freeze(id string) rules.Act { return rules.Act{ID: id, Do: rules.SetFrozen, By: byOperator()} }

func protect(id string, x, y, width, height int) rules.Act {
	area := &rules.Area{Name: id, X: x, Y: y, Width: width, Height: height, Least: canvas.RoleModerator}
	return rules.Act{ID: id, Do: rules.Protect, Area: area, By: byOperator()}
}

// decided is what Decide has answered, once it has.
type decided struct {
	decisions.Decided
	err error
}

// deciding asks for an act and goes on meanwhile.
func (w *world) deciding(want rules.Act) <-chan decided {
	done := make(chan decided, 1)
	ctx := w.t.Context()
	go func() {
		d, err := w.node.Decide(ctx, want)
		done <- decided{d, err}
	}()
	return done
}

// obeyed waits for the answer.
func (w *world) obeyed(done <-chan decided) decided {
	w.t.Helper()
	select {
	case d := <-done:
		if d.err != nil || !d.Obeyed {
			w.t.Fatalf("%+v, %v", d.Decided, d.err)
		}
		return d
	case <-time.After(inTime):
		w.t.Fatal("no answer")
	}
	return decided{}
}

// ruled waits until a pod's rules have a version.
func (w *world) ruled(version uint64) {
	w.t.Helper()
	w.eventually("the rules are known", func() bool { return w.node.Rules().Version() >= version })
}

// I11: an act waits for the batch that was begun before it, and what waits behind that is refused.
func TestRules_BatchOnItsWay(t *testing.T) {
	w := ruledWorld(t, memory.New(memory.Config{Geometry: testGeometry}))
	c := w.connect(Hello{})
	release := w.holdCommit(c, Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7)}})
	c.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(2, 1, 7)}})
	w.eventually("the second op is taken", func() bool { return c.handled >= 2 })
	done := w.deciding(freeze("a"))
	w.ruled(1)
	select {
	case d := <-done:
		t.Fatalf("answered while a batch is on its way: %+v", d)
	default:
	}
	release()
	w.obeyed(done)
	w.eventually("answers", func() bool { return len(c.acked) == 1 && c.refused[2] == canvas.RefusedFrozen })
	c.conn.Send(Place{Num: 3, Dots: []canvas.Dot{dot(2, 1, 7)}})
	w.eventually("refused at once", func() bool { return c.refused[3] == canvas.RefusedFrozen })
	if logged := w.logged(c.welcome.User); logged[1] != 1 || logged[2]+logged[3] != 0 {
		t.Fatalf("in the log: %v", logged)
	}
	if n := w.node.Stats().Refused[canvas.RefusedFrozen].Load(); n != 2 {
		t.Errorf("counted %d", n)
	}
}

// A batch that does not come to an end does not keep an act from being obeyed: its region is fenced.
func TestRules_BatchThatHangs(t *testing.T) {
	w := ruledWorld(t, memory.New(memory.Config{Geometry: testGeometry}))
	c := w.connect(Hello{})
	release := w.holdCommit(c, Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7)}})
	w.obeyed(w.deciding(freeze("a")))
	release()
	w.eventually("refused", func() bool { return c.refused[1] == canvas.RefusedFrozen })
	if logged := w.logged(c.welcome.User); logged[1] != 0 {
		t.Fatal("committed after the act")
	}
}

// A region's actor that fails leaves its batch behind. It counts all the same.
func TestRules_BatchOfARegionThatFailed(t *testing.T) {
	w := ruledWorld(t, memory.New(memory.Config{Geometry: testGeometry}))
	c := w.connect(Hello{})
	release := w.holdCommit(c, Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7)}})
	w.store.Fail(func(operation string, _ canvas.RegionID) error {
		if operation == "claim" { // the next instance does not fence the batch
			return store.ErrUnavailable
		}
		return nil
	})
	w.node.system.Root.Send(w.node.regions[0], (*message.Submit)(nil))
	w.eventually("the actor is started anew", func() bool { return w.node.Stats().Outages.Load() > 0 })
	w.obeyed(w.deciding(freeze("a")))
	release()
	w.store.Fail(nil)
	w.eventually("refused", func() bool { return c.refused[1] == canvas.RefusedFrozen })
	if logged := w.logged(c.welcome.User); logged[1] != 0 {
		t.Fatal("committed after the act")
	}
}

// Whoever may draw all the same does, and what the server places passes.
func TestRules_OnlyWhatIsForbidden(t *testing.T) {
	w := ruledWorld(t, memory.New(memory.Config{Geometry: testGeometry}))
	w.person = canvas.Person{Role: canvas.RoleModerator}
	moderator := w.connect(Hello{})
	w.person = canvas.Person{}
	guest := w.connect(Hello{})
	w.decide(protect("a", 10, 10, 20, 20))
	for _, c := range []*client{moderator, guest} {
		c.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(9, 9, 7)}})
		c.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(9, 9, 8), dot(20, 20, 8)}})
	}
	w.eventually("answers", func() bool {
		return len(moderator.acked) == 2 && len(guest.acked) == 1 && guest.refused[2] == canvas.RefusedProtected
	})
	if _, err := w.node.Place(t.Context(), canvas.Person{}, []Stroke{{Dots: []canvas.Dot{dot(15, 15, 9)}}}); refusedAs(err) != canvas.RefusedProtected {
		t.Errorf("over HTTP: %v", err)
	}
}

// TestRules_SessionsGetNothing: who makes a session whose id is somebody else's gets nothing that is theirs.
func TestRules_SessionsGetNothing(t *testing.T) {
	w := ruledWorld(t, memory.New(memory.Config{Geometry: testGeometry}))
	w.person = canvas.Person{}
	session := canvas.Session{42}
	user := session.Author().Unmarked()
	area := protect("a", 10, 10, 20, 20)
	area.Area.Users = []canvas.Author{user}
	w.decide(area)
	w.decide(rules.Act{ID: "b", Do: rules.SetRole, Target: &rules.Target{User: user}, Role: canvas.RoleOwner, By: byOperator()})
	c := w.connect(Hello{Session: session, Resume: true})
	if c.welcome.User != user {
		t.Fatalf("known as %s", c.welcome.User.Text())
	}
	c.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(15, 15, 8)}})
	w.eventually("refused", func() bool { return c.refused[1] == canvas.RefusedProtected })
	w.person = canvas.Person{Kind: canvas.Guest, Subject: canvas.Subject{9}, User: user}
	known := w.connect(Hello{})
	known.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(15, 15, 8)}})
	w.eventually("placed", func() bool { return len(known.acked) == 1 })
}

func refusedAs(err error) canvas.Refusal {
	if refused, is := err.(*RefusedError); is {
		return refused.Why
	}
	return 0
}

// An op that was applied is acknowledged when it comes again, whatever was decided since.
func TestRules_RepeatedOp(t *testing.T) {
	w := ruledWorld(t, memory.New(memory.Config{Geometry: testGeometry}))
	c := w.connect(Hello{})
	c.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7)}})
	w.eventually("placed", func() bool { return len(c.acked) == 1 })
	w.decide(freeze("a"))
	sent := uint64(2)
	again := w.connect(Hello{Session: c.welcome.Session, Resume: true, Sent: &sent})
	again.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7)}})
	again.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(2, 2, 7)}})
	w.eventually("answers", func() bool { return len(again.acked) == 1 && again.refused[2] == canvas.RefusedFrozen })
}

// What the rules refuse is given back to the allowance, since nothing was placed.
func TestRules_RefusedIsGivenBack(t *testing.T) {
	w := ruledWorld(t, memory.New(memory.Config{Geometry: testGeometry}))
	w.person = somebody(1, slowly(10))
	c := w.connect(Hello{})
	release := w.holdCommit(c, Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7)}})
	c.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(2, 1, 7), dot(3, 1, 7), dot(4, 1, 7)}})
	w.eventually("the second op is taken", func() bool { return c.handled >= 2 })
	done := w.deciding(freeze("a"))
	w.ruled(1)
	release()
	w.obeyed(done)
	w.eventually("given back", func() bool { return c.refused[2] == canvas.RefusedFrozen && c.left.Pixels == 9 })
}

// A relay of an earlier version, whose ops have no keys, is told a reason that it knows. Nobody is told to
// wait for longer than may pass between pods.
func TestRules_RelayOfAnEarlierVersion(t *testing.T) {
	w := ruledWorld(t, memory.New(memory.Config{Geometry: testGeometry}))
	act := freeze("a")
	act.Until = time.Now().Add(240 * time.Hour).UnixMilli()
	w.decide(act)
	for key, want := range map[canvas.Key]canvas.Refusal{{}: canvas.RefusedUnknown, {1}: canvas.RefusedFrozen} {
		answers := make(chan *message.Rejected, 1)
		relay := w.node.system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			switch m := ctx.Message().(type) {
			case *actor.Started:
				ctx.Request(w.node.regions[0], &message.Attach{Stream: 7})
			case *message.Attached:
				op := canvas.Op{ID: canvas.OpID{Author: 9, Num: 1, Key: key}, Pixels: []canvas.Pixel{{Pos: 1, Color: 2}}}
				ctx.Request(w.node.regions[0], &message.Submit{Stream: 7, Ops: []canvas.Op{op}})
			case *message.Rejected:
				answers <- m
			}
		}))
		select {
		case m := <-answers:
			if m.Why != want || m.Retry != regions.LongestRetry {
				t.Errorf("key %v: refused as %v, to be tried after %v", key, m.Why, m.Retry)
			}
		case <-time.After(inTime):
			t.Error("no answer")
		}
		w.node.system.Root.Stop(relay)
	}
}

// A role and a pace that are decided hold at once for whoever is here, and a muted name is shown as none.
func TestRules_PeopleWhoAreHere(t *testing.T) {
	w := ruledWorld(t, memory.New(memory.Config{Geometry: testGeometry}))
	w.person = somebody(1, canvas.Pace{Rate: 50, Burst: 100})
	c := w.connect(Hello{Name: "Mallory"})
	shown := func(name string) func() bool {
		return func() bool {
			return w.crowd.presence != nil && len(w.crowd.presence.Named) == min(len(name), 1)
		}
	}
	w.eventually("the name is shown", shown("Mallory"))
	user := c.welcome.User
	mute := w.decide(rules.Act{ID: "a", Do: rules.Mute, Target: &rules.Target{User: user}, By: byOperator()})
	w.eventually("the name is not shown", shown(""))
	w.decide(rules.Act{ID: "b", Do: rules.Undo, Of: mute.N, By: byOperator()})
	w.eventually("the name is shown again", shown("Mallory"))

	w.decide(rules.Act{ID: "c", Do: rules.SetPace, Role: canvas.RoleGuest, Pace: &canvas.Pace{Rate: 0.1, Burst: 3}, By: byOperator()})
	w.eventually("the pace is told", func() bool { return c.told > 0 && c.left.Pixels <= 3 })
	c.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7), dot(2, 1, 7), dot(3, 1, 7), dot(4, 1, 7)}})
	w.eventually("too many", func() bool { return c.refused[1] == canvas.RefusedRate })
	w.decide(protect("d", 0, 0, 10, 10))
	w.decide(rules.Act{ID: "e", Do: rules.SetRole, Role: canvas.RoleModerator, Target: &rules.Target{User: user}, By: byOperator()})
	c.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(1, 1, 7), dot(2, 1, 7), dot(3, 1, 7), dot(4, 1, 7)}})
	w.eventually("a moderator is bound by neither", func() bool { return len(c.acked) == 1 })
}

// A rules actor that fails goes on with what it had.
func TestRules_ActorThatFails(t *testing.T) {
	w := ruledWorld(t, memory.New(memory.Config{Geometry: testGeometry}))
	c := w.connect(Hello{})
	w.decide(freeze("a"))
	w.node.system.Root.Send(w.node.decider, (*message.RulesDecided)(nil))
	c.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7)}})
	w.eventually("refused", func() bool { return c.refused[1] == canvas.RefusedFrozen })
	w.decide(rules.Act{ID: "b", Do: rules.SetOpen, By: byOperator()})
	c.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(1, 1, 7)}})
	w.eventually("placed", func() bool { return len(c.acked) == 1 })
}

// Rules that change by themselves do so at their time.
func TestRules_EndByThemselves(t *testing.T) {
	w := ruledWorld(t, memory.New(memory.Config{Geometry: testGeometry}))
	c := w.connect(Hello{})
	until := time.Now().Add(700 * time.Millisecond)
	act := freeze("a")
	act.Until = until.UnixMilli()
	w.decide(act)
	generation := w.node.rules.Load().Generation
	w.eventually("the end is told", func() bool { return w.node.rules.Load().Generation > generation })
	if now := time.Now(); now.Before(until.Truncate(time.Millisecond)) {
		t.Errorf("%v before the end", until.Sub(now))
	}
	c.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7)}})
	w.eventually("placed", func() bool { return len(c.acked) == 1 })
}

// mute is documents that give no answer at all.
type mute struct {
	*memory.Store
	hangs chan struct{} // closed: it answers again
}

func (h mute) SwapDocument(ctx context.Context, kind store.Kind, id string, old, value []byte, until time.Time) ([]byte, error) {
	<-h.hangs
	return h.Store.SwapDocument(context.WithoutCancel(ctx), kind, id, old, value, until)
}

// A store that does not answer ends Decide in time, and says that the act may be there.
func TestDecide_StoreThatHangs(t *testing.T) {
	s := memory.New(memory.Config{Geometry: testGeometry})
	cfg := DefaultConfig()
	cfg.Geometry, cfg.Rate, cfg.StoreTimeout = testGeometry, 0, 200*time.Millisecond
	docs := mute{s, make(chan struct{})}
	w := wire(t, s, cfg, Ports{Documents: docs})
	_, err := w.node.Decide(t.Context(), freeze("a"))
	if !errors.Is(err, decisions.ErrUnsure) {
		t.Fatal(err)
	}
	close(docs.hangs)
	w.ruled(1)
	if d, err := w.node.Decide(t.Context(), freeze("a")); err != nil || d.Act.N != 1 || w.node.Rules().Version() != 1 {
		t.Fatalf("asked for again: %+v, %v", d, err)
	}
}

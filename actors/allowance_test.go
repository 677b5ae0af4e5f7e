package actors

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/memory"
)

// slowly is a pace at which nothing comes back while a test runs.
func slowly(burst int) canvas.Pace { return canvas.Pace{Rate: minRate, Burst: burst} }

// calm makes lessees ask once, however slow the machine: what is granted to one that has asked again
// finds its way back only later.
func calm(c *Config) { c.Beat = time.Second }

// somebody is a person of that pace. The first byte decides which pod owns the allowance.
func somebody(first byte, pace canvas.Pace) canvas.Person {
	return canvas.Person{Kind: canvas.Guest, Subject: canvas.Subject{first, 15: 1}, User: 7, Pace: pace}
}

// connectAs connects a person.
func (w *world) connectAs(person canvas.Person) *client {
	w.t.Helper()
	w.crowd.mu.Lock()
	w.person = person
	w.crowd.mu.Unlock()
	return w.connect(Hello{})
}

// tries places pixels one by one until n are answered, and returns how many were accepted.
func (c *client) tries(w *world, n int) (accepted int) {
	w.t.Helper()
	for num := uint64(1); num <= uint64(n); num++ {
		c.conn.Send(Place{Num: num, Dots: []canvas.Dot{dot(int(num)%50, 3, 1)}})
	}
	w.eventually("all are answered", func() bool {
		accepted = len(c.acked)
		return len(c.acked)+len(c.refused) == n
	})
	return accepted
}

// TestAllowance_ReconnectsAreNoSecondOne (I10).
func TestAllowance_ReconnectsAreNoSecondOne(t *testing.T) {
	w := newWorld(t, calm)
	placed := 0
	for range 300 {
		c := w.connectAs(somebody(1, slowly(50)))
		placed += c.tries(w, 1)
		c.conn.Close()
	}
	if placed != 50 {
		t.Errorf("%d pixels of an allowance of 50", placed)
	}
}

// TestAllowance_ConnectionsShareIt (I10): many at once, and calls without a connection, take the whole
// allowance and nothing more. What some have in hand comes back to the others.
func TestAllowance_ConnectionsShareIt(t *testing.T) {
	for name, pace := range map[string]canvas.Pace{"slow": slowly(400), "quick": {Rate: 40, Burst: 400}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, calm)
			began := time.Now()
			var placed atomic.Int64
			var all sync.WaitGroup
			var clients []*client
			for range 50 {
				clients = append(clients, w.connectAs(somebody(1, pace)))
			}
			for _, c := range clients {
				all.Go(func() { placed.Add(int64(c.tries(w, 20))) })
			}
			for range 10 {
				all.Go(func() {
					done, _ := w.node.Place(t.Context(), somebody(1, pace), []Stroke{{Dots: []canvas.Dot{dot(1, 1, 1), dot(2, 2, 2)}}})
					placed.Add(int64(done.Pixels))
				})
			}
			all.Wait()
			most := 400 + pace.Rate*time.Since(began).Seconds()
			if n := placed.Load(); float64(n) > most || n < 300 {
				t.Fatalf("%d pixels of an allowance of %v", n, most)
			}
		})
	}
}

// What is in hand of one connection, because it draws, is there for the others when it stops.
func TestAllowance_WhatIsNotUsedComesBack(t *testing.T) {
	w := newWorld(t, calm)
	pace := canvas.Pace{Rate: 20, Burst: 100}
	a := w.connectAs(somebody(1, pace))
	began := time.Now()
	for num := uint64(1); num <= 10; num++ {
		a.conn.Send(Place{Num: num, Dots: []canvas.Dot{dot(1, 1, 1)}})
		w.eventually("acknowledged", func() bool { return len(a.acked) == int(num) })
	}
	most := 90 + int(pace.Rate*time.Since(began).Seconds()) + 1
	if n := a.left.Pixels; n < 90 || n > most {
		t.Errorf("%d left of 100 after 10, want 90 to %d", n, most)
	}
	w.eventuallyNot("it has pixels in hand", func() bool { return w.left(somebody(1, pace)) >= 90 })
}

// eventuallyNot waits for something that is asked of actors, outside of the crowd's lock.
func (w *world) eventuallyNot(what string, ended func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ended(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("still: %s", what)
		}
	}
}

func (w *world) left(p canvas.Person) int {
	w.t.Helper()
	left, limited, err := w.node.Left(w.t.Context(), p)
	if err != nil || !limited {
		w.t.Fatalf("limited %v, %v", limited, err)
	}
	return left.Pixels
}

// TestAllowance_NetworkToo: an op needs both allowances, and two persons of one network share that one.
func TestAllowance_NetworkToo(t *testing.T) {
	w := newWorld(t, calm)
	at := func(first byte) canvas.Person {
		p := somebody(first, slowly(10))
		p.Network, p.NetworkPace = canvas.Subject{9, 9}, slowly(15)
		return p
	}
	if n := w.connectAs(at(1)).tries(w, 12); n != 10 {
		t.Errorf("the first: %d, want 10", n)
	}
	if n := w.connectAs(at(2)).tries(w, 12); n != 5 {
		t.Errorf("the second: %d, want 5", n)
	}
	if done, err := w.node.Place(t.Context(), at(3), []Stroke{{Dots: []canvas.Dot{dot(1, 1, 1)}}}); err == nil || done.Pixels != 0 || done.Left.Pixels != 0 {
		t.Errorf("without a connection: %+v, %v", done, err)
	}
}

// Goal: an op that was applied, and is sent again since its answer was lost, is not refused for an
// allowance that is empty by then: that would say that it was not carried out. Method: it takes the
// whole allowance; then its client comes back. If the allowance fills soon the op waits, else its
// client is told that nobody knows.
func TestAllowance_RepetitionsAreNotRefused(t *testing.T) {
	for name, sent := range map[string]*uint64{"the client says what it has sent": new(uint64(1)), "an earlier client does not": nil} {
		for _, pace := range []canvas.Pace{{Rate: 20, Burst: 10}, slowly(10)} {
			t.Run(fmt.Sprint(name, pace.Rate), func(t *testing.T) {
				w := newWorld(t, calm)
				a := w.connectAs(somebody(1, pace))
				all := Place{Num: 1}
				for x := range 10 {
					all.Dots = append(all.Dots, dot(x, 3, 1))
				}
				a.conn.Send(all)
				w.eventually("acknowledged", func() bool { return len(a.acked) == 1 })
				a.conn.Close()
				b := w.connect(Hello{Session: a.welcome.Session, Resume: true, Sent: sent})
				b.conn.Send(all)
				w.eventually("answered", func() bool { return len(b.acked)+len(b.refused) == 1 })
				if slow := pace.Rate < 1; slow && b.refused[1] != canvas.RefusedUnsure || !slow && len(b.acked) != 1 {
					t.Errorf("acknowledged %v, refused %v", b.acked, b.refused)
				}
				if n := w.logged(a.welcome.Session.Author())[1]; n != 1 {
					t.Errorf("applied %d times", n)
				}
			})
		}
	}
}

// Ops that wait for a lease keep their order, and the credit of those who sent them.
func TestAllowance_OrderAndCredit(t *testing.T) {
	w := newWorld(t, calm)
	c := w.connectAs(somebody(1, slowly(30)))
	handled := c.handled
	for num := uint64(1); num <= 20; num++ {
		dots := []canvas.Dot{dot(1, 1, canvas.Color(num))}
		if num == 10 {
			dots = make([]canvas.Dot, 31) // never
		}
		c.conn.Send(Place{Num: num, Dots: dots})
	}
	w.eventually("all are answered", func() bool {
		return len(c.acked) == 19 && c.refused[10] == canvas.RefusedRate && c.handled == handled+20
	})
	for i := 1; i < len(c.acked); i++ {
		if c.acked[i] < c.acked[i-1] {
			t.Errorf("acknowledged %v", c.acked)
		}
	}
	if c.left.Pixels != 11 || c.left.Next.IsZero() {
		t.Errorf("left %+v, want 11", c.left)
	}
}

// What is refused through no fault of the client is given back.
func TestAllowance_GivesBack(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Beat, c.Patience = 200*time.Millisecond, 2*time.Second })
	c := w.connectAs(somebody(1, slowly(5)))
	w.outage()
	c.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}}) // waits: it may be durable
	w.eventually("the outage is noticed", func() bool { return w.node.Stats().Outages.Load() > 0 })
	c.conn.Send(Place{Num: 2, Dots: []canvas.Dot{dot(1, 0, 2), dot(2, 0, 2), dot(3, 0, 2), dot(4, 0, 2)}})
	w.eventually("refused", func() bool { return c.refused[2] == canvas.RefusedUnavailable })
	w.store.Fail(nil)
	w.eventually("acknowledged", func() bool { return len(c.acked) == 1 })
	c.conn.Send(Place{Num: 3, Dots: []canvas.Dot{dot(1, 0, 2), dot(2, 0, 2), dot(3, 0, 2), dot(4, 0, 2)}})
	w.eventually("the four are there again", func() bool { return len(c.acked) == 2 || c.refused[3] != 0 })
	if c.refused[3] != 0 {
		t.Errorf("refused: %v, left %+v", c.refused[3], c.left)
	}
	if left := w.left(somebody(1, slowly(5))); left != 0 {
		t.Errorf("%d left", left)
	}
}

// kept opens a world whose allowances are kept in its store.
func kept(t *testing.T, s *memory.Store) *world {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Geometry = testGeometry
	calm(&cfg)
	return wire(t, s, cfg, Ports{Documents: s})
}

// TestAllowance_AfterARestart (I10): a slow allowance is in the store; a quick one is kept by a stop in
// good order, and after a crash counts as empty at the start.
func TestAllowance_AfterARestart(t *testing.T) {
	quick, slow := somebody(1, canvas.Pace{Rate: 4, Burst: 100}), somebody(2, slowly(10))
	s := memory.New(memory.Config{Geometry: testGeometry})
	w := kept(t, s)
	if n := w.connectAs(quick).tries(w, 40); n != 40 {
		t.Fatalf("%d of a full allowance", n)
	}
	if n := w.connectAs(slow).tries(w, 4); n != 4 {
		t.Fatalf("%d of a full allowance", n)
	}
	began := time.Now()
	w.node.Close()
	w = kept(t, s)
	if left, more := w.left(quick), int(4*time.Since(began).Seconds())+1; left < 60 || left > 60+more {
		t.Errorf("%d left of 60 after a stop in good order", left)
	}
	if left := w.left(somebody(3, quick.Pace)); left != 100 {
		t.Errorf("%d left to somebody who had not drawn", left)
	}
	if left := w.left(slow); left != 6 {
		t.Errorf("%d left of 6 of the slow one", left)
	}
	w.connectAs(quick).tries(w, 1) // from here on the store knows that pixels are given out

	began = time.Now()
	w = kept(t, s) // as after a crash: the first was not closed
	if left, more := w.left(quick), int(4*time.Since(began).Seconds())+1; left > more {
		t.Errorf("%d left after a crash, at most %d", left, more)
	}
	if left := w.left(slow); left != 6 {
		t.Errorf("%d left of 6 of the slow one", left)
	}
}

// A store that may have lost the last documents counts them as spent at that moment.
func TestAllowance_StoreNotSure(t *testing.T) {
	s := memory.New(memory.Config{Geometry: testGeometry})
	p := somebody(2, canvas.Pace{Rate: 0.1, Burst: 10})
	w := kept(t, s)
	if n := w.connectAs(p).tries(w, 1); n != 1 {
		t.Fatalf("%d of a full allowance", n)
	}
	w.node.Close()
	s.Sure(time.Now().Add(-25 * time.Second))
	w = kept(t, s)
	if left := w.left(p); left != 2 {
		t.Errorf("%d left, want what has come in 25 s", left)
	}
	if left := w.left(somebody(3, p.Pace)); left != 2 {
		t.Errorf("%d left to somebody whose document may be lost", left)
	}
}

// TestAllowance_SlowOnesAreInTheStoreFirst: while it does not answer, nobody gets anything.
func TestAllowance_StoreAway(t *testing.T) {
	for name, pace := range map[string]canvas.Pace{"slow": slowly(10), "quick": {Rate: 100, Burst: 100}} {
		t.Run(name, func(t *testing.T) {
			s := memory.New(memory.Config{Geometry: testGeometry})
			w := kept(t, s)
			c := w.connectAs(somebody(1, pace))
			s.Fail(func(string, canvas.RegionID) error { return store.ErrUnavailable })
			c.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(0, 0, 1)}})
			w.eventually("refused", func() bool { return c.refused[1] == canvas.RefusedUnavailable })
			s.Fail(nil)
			w.eventuallyNot("out of reach", func() bool {
				_, err := w.node.Place(t.Context(), somebody(1, pace), []Stroke{{Dots: []canvas.Dot{dot(0, 0, 1)}}})
				return err == nil
			})
			if left := w.left(somebody(1, slowly(10))); name == "slow" && left != 9 {
				t.Errorf("%d left, want 9", left)
			}
		})
	}
}

// Whoever waits long for a pixel is told what other connections take, before the first op too.
func TestAllowance_WatchersAreTold(t *testing.T) {
	w := newWorld(t, calm)
	p := somebody(1, canvas.Pace{Rate: 0.5, Burst: 10})
	a := w.connectAs(p)
	w.eventually("told at once", func() bool { return a.told == 1 && a.left.Pixels == 10 && a.left.Next.IsZero() })
	b := w.connectAs(p)
	if n := b.tries(w, 3); n != 3 {
		t.Fatalf("%d of 3", n)
	}
	w.eventually("told of the others'", func() bool { return a.told >= 2 && a.left.Pixels == 7 && !a.left.Next.IsZero() })
	quick := w.connectAs(somebody(2, canvas.Pace{Rate: 100, Burst: 10}))
	quick.tries(w, 1)
	if quick.told != 0 {
		t.Errorf("told %d times", quick.told)
	}
}

// TestAllowance_ActorsEnd once they are full, and are described while they are there.
func TestAllowance_ActorsEnd(t *testing.T) {
	w := newWorld(t, calm)
	p := somebody(1, canvas.Pace{Rate: 1000, Burst: 10})
	w.connectAs(p).tries(w, 3)
	name := message.AllowancePath(p.Subject)
	listing, err := w.node.List(context.Background(), w.node.Address(), message.KindAllowance.String())
	if err != nil || len(listing.Actors) != 2 || listing.Actors[1].Actor != name || listing.Actors[1].State != "serving" {
		t.Errorf("listed %+v, %v", listing, err)
	}
	details, err := w.node.Describe(context.Background(), w.node.Address(), name)
	if err != nil || details.State != "serving" || len(details.Facts) < 4 {
		t.Errorf("described as %+v, %v", details, err)
	}
	live := &w.node.Stats().Live[message.KindAllowance]
	w.eventuallyNot("more than the front", func() bool { return live.Load() == 1 })
	if n := w.node.Stats().Unhandled[message.KindAllowance].Load(); n != 0 {
		t.Errorf("%d messages unhandled", n)
	}
}

// An allowance whose actor fails counts as spent then.
func TestAllowance_FailureCountsAsSpent(t *testing.T) {
	w := newWorld(t, calm)
	p := somebody(1, slowly(10))
	w.connectAs(p).tries(w, 1)
	w.node.system.Root.Send(w.node.system.NewLocalPID(message.AllowancePath(p.Subject)), &message.Lease{Subject: p.Subject, Limit: canvas.Limit{Every: 1}})
	if left := w.left(p); left != 9 {
		t.Errorf("%d left, want 9", left)
	}
	w.node.system.Root.Send(w.node.system.NewLocalPID(message.AllowancePath(p.Subject)), (*message.Lease)(nil)) // panics
	w.eventuallyNot("the actor that failed", func() bool { return w.left(p) == 0 })
	var refused *RefusedError
	if _, err := w.node.Place(t.Context(), p, []Stroke{{Dots: []canvas.Dot{dot(0, 0, 1)}}}); !errors.As(err, &refused) || refused.Why != canvas.RefusedRate {
		t.Errorf("%v", err)
	}
}

package actors

import (
	"maps"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/regions"
)

// atRest waits until the relays of all pods rest, as their regions know too, and so do the regions.
func (p *pods) atRest() {
	p.t.Helper()
	for _, pod := range p.members {
		pod.eventually("all relays rest", func() bool { return p.restsOf(pod) == testGeometry.Regions() })
		if n := pod.node.Stats().Restarts[message.KindInspector].Load(); n > 0 {
			p.t.Errorf("an inspector has failed %d times", n)
		}
	}
	for _, pod := range p.members {
		pod.eventually("all regions rest", func() bool {
			pod.node.claimWatcher.mu.Lock()
			defer pod.node.claimWatcher.mu.Unlock()
			return len(pod.node.claimWatcher.watched) == int(pod.node.Stats().Serving.Load())
		})
	}
}

// restsOf counts the relays of a pod that rest and whose regions agree.
func (p *pods) restsOf(pod *testPod) (n int) {
	for _, owner := range p.members {
		pod.node.rests.mu.Lock()
		var relays restSums
		if at := pod.node.rests.relays[owner.address]; at != nil {
			relays = restSums{maps.Clone(at.streams), at.shares}
		}
		pod.node.rests.mu.Unlock()
		owner.node.rests.mu.Lock()
		if at := owner.node.rests.regions[pod.address]; at != nil && maps.Equal(at.streams, relays.streams) && at.differ(relays.shares[:]) == 0 {
			n += len(relays.streams)
		}
		owner.node.rests.mu.Unlock()
	}
	return n
}

// restingPods is two pods whose relays and regions rest. The beat is long enough for a busy machine.
func restingPods(t *testing.T, beat time.Duration) (p *pods, owner, away *testPod, drawer, viewer *client) {
	p = newPods(t, 2, func(c *Config) { c.Beat = beat })
	owner, away = p.apart(0)
	drawer, viewer = owner.connect(Hello{}), away.connect(Hello{})
	owner.watch(drawer, nil)
	away.watch(viewer, nil)
	p.atRest()
	return p, owner, away, drawer, viewer
}

// woken counts what the relays and regions of all pods have been told.
func (p *pods) woken() (n int64) {
	for _, pod := range p.members {
		n += pod.node.Stats().Messages[message.KindRelay].Load() + pod.node.Stats().Messages[message.KindRegion].Load()
	}
	return n
}

// Goal: a canvas on which nothing happens costs the same whatever its size. Method: two pods compare
// their sums several times, and meanwhile no relay and no region gets any message.
func TestRest_WakesNoActor(t *testing.T) {
	p, _, away, _, viewer := restingPods(t, 50*time.Millisecond)
	var compared atomic.Int64
	p.change(func() {
		p.lose = func(l letter) bool {
			if _, ok := l.message.(*message.Resting); ok {
				compared.Add(1)
			}
			return false
		}
	})
	p.atRest() // change has told all actors of a change of the members
	before, from := p.woken(), compared.Load()
	away.eventually("pods compare, and no actor is woken", func() bool {
		if now := p.woken(); now != before { // on a busy machine a pod may be silent for too long
			before, from = now, compared.Load()
		}
		return compared.Load() >= from+8
	})
	next := away.connect(Hello{})
	away.watch(next, viewer.replicas)
	away.converged(next)
	if away.node.Stats().Live[message.KindConnection].Load() != 2 || p.restsOf(away) == 0 {
		t.Error("a viewer who comes ends the rest")
	}
}

// Goal: a rest, however long, leaves the lease of a relay whole. Method: all rest for longer than a
// lease, one pod draws, and the other's relay, whose first renewal is lost, must not be sent away. On
// a busy machine it may be.
func TestRest_KeepsTheLease(t *testing.T) {
	const beat = 20 * time.Millisecond
	p, owner, away, drawer, viewer := restingPods(t, beat)
	for num := uint64(1); num <= 20; num++ {
		rested := time.Now()
		owner.eventually("longer than a lease", func() bool { return time.Since(rested) > 2*(regions.LeaseBeats+regions.CalmBeats)*beat })
		p.atRest()
		var renewed, fresh atomic.Int64
		p.change(func() {
			p.lose = func(l letter) bool {
				m, ok := l.message.(*message.Attach)
				if ok && !m.Renews {
					fresh.Add(1)
				}
				return ok && m.Renews && renewed.Add(1) == 1
			}
		})
		drawer.conn.Send(Place{Num: num, Dots: []canvas.Dot{dot(1, 1, canvas.Color(num))}})
		owner.eventually("acknowledged", func() bool { return len(drawer.acked) == int(num) })
		away.converged(viewer)
		p.atRest()
		if fresh.Load() == 0 {
			return
		}
	}
	t.Error("the relay is always sent away")
}

// Goal: a relay that rests finds out that it has missed something. Method: the only message about a
// pixel is lost, and nothing else happens; or an actor fails.
func TestRest_FindsWhatWasLost(t *testing.T) {
	for name, lose := range map[string]func(p *pods, owner, away *testPod) (lost *atomic.Int64){
		"Committed": func(p *pods, _, away *testPod) *atomic.Int64 {
			return p.loseFirst(func(l letter) bool {
				_, ok := l.message.(*message.Committed)
				return ok && l.to == away.address
			})
		},
		"Committed and Rested": func(p *pods, _, away *testPod) *atomic.Int64 {
			var lost, rested atomic.Int64
			p.change(func() {
				p.lose = func(l letter) bool {
					switch m := l.message.(type) {
					case *message.Committed:
						return l.to == away.address && lost.Add(1) == 1
					case *message.Rested:
						return m.Differ != 0 && rested.Add(1) == 1
					}
					return false
				}
			})
			return &lost
		},
		"region": func(_ *pods, owner, _ *testPod) *atomic.Int64 {
			owner.node.system.Root.Send(owner.node.regions[0], (*message.Submit)(nil)) // no handler expects nil
			return &owner.node.Stats().Restarts[message.KindRegion]
		},
		"relay": func(_ *pods, _, away *testPod) *atomic.Int64 {
			away.node.system.Root.Send(away.node.relays[0], (*message.Committed)(nil))
			return &away.node.Stats().Restarts[message.KindRelay]
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, owner, away, drawer, viewer := restingPods(t, 20*time.Millisecond)
			lost := lose(p, owner, away)
			drawer.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7)}})
			owner.eventually("acknowledged", func() bool { return len(drawer.acked) == 1 })
			away.converged(viewer)
			owner.eventually("it was lost", func() bool { return lost.Load() > 0 })
			p.atRest()
			away.converged(viewer)
		})
	}
}

// Goal: a pod that can't be reached is not taken for resting, by either side. Method: the way between
// two pods is cut without any of them knowing, and a pixel is placed meanwhile.
func TestRest_EndsWhenThePodIsSilent(t *testing.T) {
	p, owner, away, drawer, viewer := restingPods(t, 20*time.Millisecond)
	p.change(func() { p.lose = func(l letter) bool { return l.from != l.to } })
	away.eventually("no relay rests at the silent pod", func() bool {
		away.node.rests.mu.Lock()
		defer away.node.rests.mu.Unlock()
		return away.node.rests.relays[owner.address] == nil
	})
	owner.eventually("no region relies on it", func() bool {
		owner.node.rests.mu.Lock()
		defer owner.node.rests.mu.Unlock()
		return owner.node.rests.regions[away.address] == nil
	})
	owner.eventually("its relays are forgotten", func() bool {
		report := owner.report(0)
		return report.State == "serving" && report.Relays == 1
	})
	drawer.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7)}})
	owner.eventually("acknowledged", func() bool { return len(drawer.acked) == 1 })
	p.change(func() { p.lose = nil })
	away.converged(viewer)
	p.atRest()
}

// report asks a region of the pod how it is.
func (p *testPod) report(id canvas.RegionID) message.RegionReport {
	answer, _ := p.node.system.Root.RequestFuture(p.node.regions[id], regions.ReportState{}, inTime).Result()
	report, _ := answer.(message.RegionReport)
	return report
}

// A relay that rests goes idle when nobody views its region any more, and its region forgets it.
func TestRest_EndsWhenNobodyViews(t *testing.T) {
	p, owner, away, _, viewer := restingPods(t, 20*time.Millisecond)
	away.crowd.do(func() { viewer.replicas = make(map[canvas.RegionID]*replica) })
	away.eventually("the relays are idle", func() bool {
		for i := range away.node.holds {
			if away.node.holds[i].Load() {
				return false
			}
		}
		return true
	})
	owner.eventually("forgotten", func() bool { return owner.report(0).Relays == 1 })
	if n := p.restsOf(away); n != 0 {
		t.Errorf("%d relays rest that are idle", n)
	}
}

// A relay that is only read from does not ask to rest: its region would take it for resting, and the
// pods would disagree.
func TestRest_NotForReaders(t *testing.T) {
	p := newPods(t, 2, nil)
	_, away := p.apart(0)
	var renewals, rests atomic.Int64
	p.change(func() {
		p.lose = func(l letter) bool {
			if m, ok := l.message.(*message.Attach); ok && m.Renews {
				renewals.Add(1)
				if m.Rests {
					rests.Add(1)
				}
			}
			return false
		}
	})
	if _, err := away.node.Read(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	away.eventually("it has been quiet for long", func() bool { return renewals.Load() > 2*quietBeats })
	if n := rests.Load(); n > 0 {
		t.Errorf("it asked %d times", n)
	}
}

// A pod of an earlier version neither asks nor agrees: its relays, and those at its regions, renew
// for themselves.
func TestRest_NotWithEarlierVersions(t *testing.T) {
	p := newPods(t, 2, nil)
	owner, away := p.apart(0)
	var asked atomic.Int64
	p.change(func() {
		p.lose = func(l letter) bool {
			switch m := l.message.(type) { // as one of them would write and read it
			case *message.Attach:
				m.Rests = false
			case *message.Attached:
				m.Rests = false
			case *message.Resting:
				asked.Add(1)
				return true
			}
			return false
		}
	})
	drawer, viewer := owner.connect(Hello{}), away.connect(Hello{})
	owner.watch(drawer, nil)
	away.watch(viewer, nil)
	owner.eventually("those at their own pod rest", func() bool { return p.restsOf(owner) > 0 && p.restsOf(away) > 0 })
	drawer.conn.Send(Place{Num: 1, Dots: []canvas.Dot{dot(1, 1, 7)}})
	owner.eventually("acknowledged", func() bool { return len(drawer.acked) == 1 })
	away.converged(viewer)
	if asked.Load() > 0 {
		t.Error("a pod that has not agreed is asked")
	}
}

// Goal: whatever has happened, both sides come to agree on who rests. Method: pods draw, join and
// drain, and actors fail, on a network that loses messages; then there is quiet.
func TestRest_AgreesAfterAll(t *testing.T) {
	p := newPods(t, 3, func(c *Config) { c.Patience = time.Minute })
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 3))
	drawings := make(map[*drawing]*testPod)
	for i, pod := range p.members {
		drawings[p.draw(pod, uint64(i))] = pod
	}
	p.change(func() { p.lose = func(letter) bool { return random.IntN(20) == 0 } })
	p.more(drawings, 50)
	pod := p.join()
	drawings[p.draw(pod, 9)] = pod
	p.more(drawings, 50)
	first := p.members[0]
	for i := range first.node.regions {
		first.node.system.Root.Send(first.node.regions[i], (*message.Submit)(nil))
	}
	p.more(drawings, 50)
	p.change(func() { first.draining.Store(true) })
	p.more(drawings, 50)
	p.change(func() { p.lose = nil })
	p.settled(maps.Clone(drawings))
	p.atRest()
}

// Both ends of a stream compute it, on pods of different versions.
func TestRest_SumStaysTheSame(t *testing.T) {
	if got := message.RestSum(300, 1<<60, canvas.Position{Epoch: 1_700_000_000, Seq: 70_000}, 9, 4); got != 0xd2af42d2fb284f3f {
		t.Errorf("%#x", got)
	}
	seen := make(map[uint64]bool)
	for id := range canvas.RegionID(20) {
		for n := range uint64(50) {
			at := canvas.Position{Epoch: n % 5, Seq: n / 5}
			seen[message.RestSum(id, 1, at, n%3, n%7)] = true
			seen[message.RestSum(id, 2, at, n%3, n%7)] = true
		}
	}
	if len(seen) != 2000 {
		t.Errorf("2000 streams have %d sums", len(seen))
	}
}

// Sums do not depend on how they came about.
func TestRestSums_Set(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	var s restSums
	last := make(map[canvas.RegionID]uint64)
	for range 5000 {
		id, sum := canvas.RegionID(random.IntN(200)), random.Uint64N(4) // 0 in one of four
		s.set(id, sum)
		last[id] = sum
	}
	var fresh restSums
	for id, sum := range last {
		fresh.set(id, sum)
	}
	if s.differ(fresh.shares[:]) != 0 || !maps.Equal(s.streams, fresh.streams) {
		t.Error("the same streams have other sums")
	}
	fresh.set(65, 99)
	if got := s.differ(fresh.shares[:]); s.streams[65] != 99 && got != 1<<1 {
		t.Errorf("region 65 differs: %b", got)
	}
	if s.take(allShares); len(s.streams) != 0 || s.shares != [message.RestShares]uint64{} {
		t.Errorf("nothing is left, and the sums are %v", s)
	}
}

// A question to a pod that is gone comes back to the inspector. That is no fault of the program.
func TestRest_QuestionsToTheDead(t *testing.T) {
	w := newWorld(t, nil)
	gone := actor.NewPID(w.node.Address(), "gone")
	w.node.system.Root.RequestWithCustomSender(gone, &message.Resting{N: 1}, w.node.inspector)
	// The answer to this comes behind it.
	if reports := w.node.Survey(t.Context(), []string{w.node.Address()}, message.Inspect{Brief: true}); reports[0] == nil {
		t.Fatal("no report")
	}
	if all, unhandled := w.node.stats.Messages[message.KindInspector].Load(), w.node.stats.Unhandled[message.KindInspector].Load(); all < 2 || unhandled != 0 {
		t.Errorf("%d messages, %d of them not handled", all, unhandled)
	}
}

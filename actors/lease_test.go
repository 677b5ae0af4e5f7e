package actors

import (
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/store/memory"
)

// TestPurse_Allocations: an op that a lease covers costs no message and no memory.
func TestPurse_Allocations(t *testing.T) {
	now := time.Now()
	p := newPurse(&Node{clock: realClock{}}, somebody(1, canvas.Pace{Rate: 200, Burst: 2000}), true)
	p.leases[0].left, p.leases[0].until = 1<<20, now.Add(time.Hour)
	if n := testing.AllocsPerRun(1000, func() {
		if !p.take(nil, 3, now).ok {
			t.Fatal("not covered")
		}
		p.remaining(now)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// What can't be had is not asked for again before its time, and more of it waits longer.
func TestLease_Covers(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	l := lease{limit: canvas.Pace{Rate: 10, Burst: 20}.Limit(), left: 5, until: now.Add(leaseTime)}
	for _, c := range []struct {
		after time.Duration
		n     int
		want  taken
	}{
		{0, 5, taken{ok: true}},
		{0, 6, taken{waits: true}},
		{0, 21, taken{why: canvas.RefusedRate}},
		{leaseTime, 5, taken{waits: true}}, // it has to be back by then
	} {
		if got := l.covers(c.n, now.Add(c.after)); got != c.want {
			t.Errorf("%d after %v: %+v, want %+v", c.n, c.after, got, c.want)
		}
	}
	l = lease{limit: l.limit, tooMuch: 3, before: now.Add(200 * time.Millisecond)}
	for n, want := range map[int]taken{
		2: {waits: true}, 3: {why: canvas.RefusedRate, retry: 200 * time.Millisecond}, 5: {why: canvas.RefusedRate, retry: 400 * time.Millisecond},
	} {
		if got := l.covers(n, now); got != want {
			t.Errorf("%d too early: %+v, want %+v", n, got, want)
		}
	}
}

// BenchmarkLease is a question and its answer on one pod: what an op costs more that no lease covers. The
// future that waits for the answer costs as much again.
func BenchmarkLease(b *testing.B) {
	s := memory.New(memory.Config{Geometry: testGeometry})
	a := &crowd{feeds: make(map[canvas.RegionID]canvas.Position)}
	cfg := DefaultConfig()
	cfg.Geometry = testGeometry
	a.node = New(cfg, Ports{Store: s, Documents: s, Audience: a})
	if err := a.node.Open(); err != nil {
		b.Fatal(err)
	}
	defer a.node.Close()
	m := &message.Lease{Subject: canvas.Subject{1}, N: 1, Limit: canvas.Pace{Rate: 1e7, Burst: 1 << 20}.Limit(), Least: 1, Want: 101}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.node.system.Root.RequestFuture(a.node.allowances, m, time.Second).Result(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestPurse_SlowAnswer: whoever asks again because the owner is slow gets what it has asked for, once,
// and nothing is lost.
func TestPurse_SlowAnswer(t *testing.T) {
	w := newWorld(t, nil)
	person := somebody(1, slowly(10))
	p := newPurse(w.node, person, true)
	done := make(chan taken, 1)
	answers := 0
	pid := w.node.system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		switch m := ctx.Message().(type) {
		case *actor.Started:
			p.take(ctx, 3, time.Now())
			for range 2 {
				p.due = time.Time{} // as if the answer were late
				p.wake(ctx)
			}
		case *message.Leased:
			p.leased(ctx, m)
			if answers++; answers == 3 {
				done <- p.take(ctx, 3, time.Now())
			}
		}
	}))
	defer w.node.system.Root.Stop(pid)
	select {
	case got := <-done:
		if left := w.left(person); !got.ok || left != 7 {
			t.Errorf("%+v, and %d left of 10", got, left)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("there are no answers")
	}
}

// An answer that comes too late, and twice, goes back once.
func TestPurse_AnswerTooLate(t *testing.T) {
	w := newWorld(t, nil)
	person := somebody(1, slowly(10))
	p := newPurse(w.node, person, true)
	done := make(chan struct{})
	answers := 0
	pid := w.node.system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		switch m := ctx.Message().(type) {
		case *actor.Started:
			p.take(ctx, 3, time.Now())
			p.due = time.Time{}
			p.wake(ctx)
			p.leases[0].asked = 0 // its patience has ended
		case *message.Leased:
			p.leased(ctx, m)
			if answers++; answers == 2 {
				close(done)
			}
		}
	}))
	defer w.node.system.Root.Stop(pid)
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("there are no answers")
	}
	if left := w.left(person); left != 10 {
		t.Errorf("%d left of 10", left)
	}
}

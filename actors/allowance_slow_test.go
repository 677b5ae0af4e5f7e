package actors

import (
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/allowances"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/store/memory"
)

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
	late, needs := time.Duration(0), w.node.leasing.Needs
	needs.Now = func() time.Time { return time.Now().Add(late) }
	p := allowances.NewPurse(allowances.New(needs), person, true)
	done := make(chan allowances.Taken, 1)
	answers := 0
	pid := w.node.system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		switch m := ctx.Message().(type) {
		case *actor.Started:
			p.Take(ctx, 3, time.Now())
			for range 2 {
				late += needs.Beat // as if the answer were
				p.Wake(ctx)
			}
		case *message.Leased:
			p.Leased(ctx, m)
			if answers++; answers == 3 {
				done <- p.Take(ctx, 3, time.Now())
			}
		}
	}))
	defer w.node.system.Root.Stop(pid)
	select {
	case got := <-done:
		if left := w.left(person); !got.OK || left != 7 {
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
	late, needs := time.Duration(0), w.node.leasing.Needs
	needs.Now = func() time.Time { return time.Now().Add(late) }
	p := allowances.NewPurse(allowances.New(needs), person, true)
	done := make(chan struct{})
	answers := 0
	pid := w.node.system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		switch m := ctx.Message().(type) {
		case *actor.Started:
			p.Take(ctx, 3, time.Now())
			for _, late = range []time.Duration{needs.Beat, 2 * needs.Patience} { // it asks again, and then waits no longer
				p.Wake(ctx)
			}
		case *message.Leased:
			p.Leased(ctx, m)
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

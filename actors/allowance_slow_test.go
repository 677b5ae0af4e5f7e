package actors

import (
	"context"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/allowances"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/store"
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

// A question that is repeated while the store is told what it was granted is granted once: in a cooldown, somebody would lose
// their next pixel to a store that is slow.
func TestAllowance_AskedAgainDuringAWrite(t *testing.T) {
	s := memory.New(memory.Config{Geometry: testGeometry})
	documents := heldWrites{mute{s, make(chan struct{})}, make(chan struct{}, 9)}
	cfg := DefaultConfig()
	cfg.Geometry = testGeometry
	w := wire(t, s, cfg, Ports{Documents: documents})
	person := somebody(1, slowly(3))
	ask := func(n uint64) *message.Lease {
		return &message.Lease{Subject: person.Subject, N: n, Limit: person.Pace.Limit(), Least: 1, Want: 1}
	}
	answered := make(chan uint64, 9)
	lessee := w.node.system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		switch m := ctx.Message().(type) {
		case *message.Lease:
			ctx.Request(w.node.allowances, m)
		case *message.Leased:
			answered <- m.N
		}
	}))
	defer w.node.system.Root.Stop(lessee)
	w.node.system.Root.Send(lessee, ask(1))
	<-documents.begun
	handled := &w.node.stats.Messages[message.KindAllowance]
	before := handled.Load()
	for _, n := range []uint64{1, 1, 2} {
		w.node.system.Root.Send(lessee, ask(n))
	}
	w.eventually("the questions have come", func() bool { return handled.Load() >= before+3 })
	close(documents.hangs)
	for n := range uint64(2) {
		select {
		case got := <-answered:
			if got != n+1 {
				t.Errorf("answer %d instead of %d", got, n+1)
			}
		case <-time.After(time.Minute):
			t.Fatal("there are no answers")
		}
	}
	if left := w.left(person); left != 1 {
		t.Errorf("%d left of 3, of which 2 were leased", left)
	}
}

// heldWrites are documents that say when a write begins.
type heldWrites struct {
	mute
	begun chan struct{}
}

func (h heldWrites) SwapDocument(ctx context.Context, kind store.Kind, id string, old, value []byte, until time.Time) ([]byte, error) {
	h.begun <- struct{}{}
	return h.mute.SwapDocument(ctx, kind, id, old, value, until)
}

package mailbox

import (
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/asynkron/protoactor-go/actor"
)

// actorFunc starts an actor that runs f for each message except the system's.
func actorFunc(t *testing.T, w *Workers, f func(message any)) (system *actor.ActorSystem, pid *actor.PID) {
	t.Helper()
	system = NewSystem(slog.New(slog.DiscardHandler))
	t.Cleanup(system.Shutdown)
	props := actor.PropsFromFunc(func(ctx actor.Context) {
		if _, lifecycle := ctx.Message().(actor.SystemMessage); !lifecycle {
			f(ctx.Message())
		}
	}, actor.WithMailbox(func() actor.Mailbox { return &Mailbox{Workers: w} }))
	return system, system.Root.Spawn(props)
}

// Goal: every message is handled once, in the order of its sender, and never two at a time. Method:
// four concurrent senders take turns with an actor that is as fast, so that the mailbox often runs
// empty.
func TestMailbox_KeepsTheOrderOfEachSender(t *testing.T) {
	const senders, each = 4, 20_000
	type numbered struct{ sender, n int }
	var next [senders]int
	handled, done := 0, make(chan struct{})
	w := NewWorkers()
	system, pid := actorFunc(t, w, func(message any) {
		m, ok := message.(numbered)
		if !ok {
			return
		}
		if m.n != next[m.sender] {
			t.Errorf("sender %d: message %d comes when %d is due", m.sender, m.n, next[m.sender])
		}
		next[m.sender] = m.n + 1
		if handled++; handled == senders*each {
			close(done)
		}
	})
	var sending sync.WaitGroup
	for s := range senders {
		sending.Go(func() {
			for n := range each {
				system.Root.Send(pid, numbered{s, n})
			}
		})
	}
	sending.Wait()
	<-done
	_ = system.Root.StopFuture(pid).Wait()
	w.Close()
}

// Goal: an actor that panics loses that message and no other, and what its supervisor does comes
// before the messages that wait.
func TestMailbox_GoesOnAfterAPanic(t *testing.T) {
	var seen []int
	done := make(chan struct{})
	w := NewWorkers()
	system, pid := actorFunc(t, w, func(message any) {
		n, ok := message.(int)
		switch {
		case !ok:
		case n == 1:
			panic("one")
		default:
			seen = append(seen, n)
			if n == 3 {
				close(done)
			}
		}
	})
	for n := range 4 {
		system.Root.Send(pid, n)
	}
	<-done
	_ = system.Root.StopFuture(pid).Wait()
	w.Close()
	if len(seen) != 3 || seen[0] != 0 || seen[1] != 2 || seen[2] != 3 {
		t.Errorf("handled %v, want 0 2 3", seen)
	}
}

// Goal: while an actor is suspended, only system messages are handled. The messages that wait are
// counted, and handled afterwards.
func TestMailbox_WaitsWhileSuspended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWorkers()
		var seen recorder
		m := started(w, &seen)
		m.PostSystemMessage(&actor.SuspendMailbox{})
		m.PostUserMessage("a")
		m.PostUserMessage("b")
		m.PostSystemMessage("system")
		synctest.Wait()
		if got := seen.take(); len(got) != 1 || got[0] != "system" {
			t.Errorf("handled %v while suspended, want the system's", got)
		}
		if n := m.UserMessageCount(); n != 2 {
			t.Errorf("%d messages wait, want 2", n)
		}
		m.PostSystemMessage(&actor.ResumeMailbox{})
		synctest.Wait()
		if got := seen.take(); len(got) != 2 || got[0] != "a" || got[1] != "b" {
			t.Errorf("handled %v afterwards, want a and b", got)
		}
		if m.queues != nil || m.UserMessageCount() != 0 {
			t.Error("an empty mailbox keeps its queues")
		}
		w.Close()
	})
}

// Goal: a sender that knows an actor's name may send to it while it is being started, as other pods
// do when a pod comes back under its address. Such messages come after the first system message.
func TestMailbox_WaitsForItsActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWorkers()
		m := &Mailbox{Workers: w}
		m.PostUserMessage("early")
		synctest.Wait()
		var seen recorder
		m.RegisterHandlers(&seen, nil)
		m.PostUserMessage("next")
		synctest.Wait()
		m.PostSystemMessage("started")
		m.Start()
		synctest.Wait()
		if got := seen.take(); len(got) != 3 || got[0] != "started" || got[1] != "early" || got[2] != "next" {
			t.Errorf("handled %v, want started, early, next", got)
		}
		w.Close()
	})
}

// Goal: the same with a real actor.
func TestMailbox_MessagesToAnActorBeingStarted(t *testing.T) {
	const actors = 3000
	w := NewWorkers()
	system := NewSystem(slog.New(slog.DiscardHandler))
	defer system.Shutdown()
	var early atomic.Int64
	props := actor.PropsFromProducer(func() actor.Actor { return &greeted{early: &early} },
		actor.WithMailbox(func() actor.Mailbox { return &Mailbox{Workers: w} }))
	names := make(chan string, 1)
	var sending sync.WaitGroup
	sending.Go(func() {
		for name := range names {
			pid := actor.NewPID(system.Address(), name)
			for range 200 {
				system.Root.Send(pid, "hello")
			}
		}
	})
	for n := range actors {
		name := "a/" + string(rune('a'+n%26)) + string(rune('a'+n/26%26)) + string(rune('a'+n/676))
		names <- name
		pid, err := system.Root.SpawnNamed(props, name)
		if err != nil {
			t.Fatal(err)
		}
		runtime.Gosched()
		_ = system.Root.StopFuture(pid).Wait()
	}
	close(names)
	sending.Wait()
	w.Close()
	if n := early.Load(); n > 0 {
		t.Errorf("%d messages were handled before Started", n)
	}
}

type greeted struct {
	started bool
	early   *atomic.Int64
}

func (g *greeted) Receive(ctx actor.Context) {
	switch ctx.Message().(type) {
	case *actor.Started:
		g.started = true
	default:
		if !g.started {
			g.early.Add(1)
		}
	}
}

// started returns a mailbox whose actor is there.
func started(w *Workers, invoker actor.MessageInvoker) *Mailbox {
	m := &Mailbox{Workers: w}
	m.RegisterHandlers(invoker, nil)
	m.Start()
	return m
}

// recorder records the messages that a mailbox hands over.
type recorder struct {
	mu   sync.Mutex
	seen []any
}

func (r *recorder) InvokeSystemMessage(message any) { r.InvokeUserMessage(message) }
func (r *recorder) EscalateFailure(reason, _ any)   { r.InvokeUserMessage(reason) }
func (r *recorder) InvokeUserMessage(message any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, message)
}

func (r *recorder) take() []any {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.seen
	r.seen = nil
	return taken
}

// Goal: the room that a burst took is not kept.
func TestMailbox_LetsGoOfTheRoomOfABurst(t *testing.T) {
	w := NewWorkers()
	for range 100 { // with the race detector the pool drops some
		l := w.queues.Get().(*queues)
		for n := range 1 << 12 {
			l.user.push(n)
		}
		m := &Mailbox{Workers: w, queues: l, running: true}
		m.RegisterHandlers(&recorder{}, nil)
		m.Start()
		m.process()
		if l := w.queues.Get().(*queues); cap(l.user.items) >= 1<<12 {
			t.Fatalf("empty queues with room for %d are reused", cap(l.user.items))
		}
	}
}

// A queue that is never empty stays about as large as what waits in it, however much goes through.
func TestFifo_DoesNotGrowWhileItMoves(t *testing.T) {
	var f fifo
	next := 0
	for n := range 100_000 {
		f.push(n)
		if n%10 == 0 && f.len() > 1 || f.len() > 8 {
			if got := f.pop(); got != next {
				t.Fatalf("%v comes when %d is due", got, next)
			}
			next++
		}
		if cap(f.items) > 64 {
			t.Fatalf("room for %d after %d messages, of which %d wait", cap(f.items), n, f.len())
		}
	}
}

// A message to an idle actor allocates nothing except itself: neither mailbox nor worker allocates.
func TestMailbox_PostAllocatesNothing(t *testing.T) {
	w := NewWorkers()
	defer w.Close()
	handled := make(chan struct{}, 1)
	m := started(w, signal(handled))
	message := any("x")
	post := func() {
		m.PostUserMessage(message)
		<-handled
	}
	post()
	if n := testing.AllocsPerRun(1000, post); n > 0.1 { // a pool may be emptied during the test
		t.Errorf("%v allocations a message", n)
	}
}

// signal signals each message.
type signal chan struct{}

func (s signal) InvokeUserMessage(any)    { s <- struct{}{} }
func (s signal) InvokeSystemMessage(any)  {}
func (s signal) EscalateFailure(any, any) {}

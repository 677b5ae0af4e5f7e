package bolt

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	berrors "go.etcd.io/bbolt/errors"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// stall keeps the writer from what it takes next until resume is called.
func stall(t *testing.T, s *Store) (resume func()) {
	t.Helper()
	s.doubt.mu.Lock() // the first that it asks for with every group
	resume = sync.OnceFunc(s.doubt.mu.Unlock)
	t.Cleanup(resume)
	return resume
}

// Requests that wait while a flush is under way are flushed together, and a refused one does not
// harm the others.
func TestWriter_Coalesces(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	regions := s.cfg.Geometry.Regions()
	epochs := make([]uint64, regions)
	for i := range epochs {
		epochs[i] = claimed(t, s, canvas.RegionID(i)).Epoch
	}
	resume := stall(t, s)
	first := make(chan error, 1)
	go func() { first <- s.Ping(t.Context()) }() // the request that the writer holds when it stalls
	eventually(t, "the writer stalls", func() bool { return s.stats.Requests.Load() == int64(regions+1) })
	before := s.stats.Flushes.Load()

	errs := make([]chan error, regions)
	for i := range regions {
		errs[i] = make(chan error, 1)
		b := dot(canvas.RegionID(i), epochs[i], uint64(i%2)) // every other one leaves a gap
		go func() { errs[i] <- s.offer(t.Context(), b) }()
	}
	eventually(t, "all are queued", func() bool { return len(s.requests) == regions })
	resume()
	for i, done := range errs {
		if err := <-done; i%2 == 0 && err != nil || i%2 == 1 && !errors.Is(err, store.ErrDamaged) {
			t.Errorf("region %d: %v", i, err)
		}
	}
	if err := <-first; err != nil {
		t.Error(err)
	}
	if n := s.stats.Flushes.Load() - before; n != 1 {
		t.Errorf("%d flushes for what waited together, want 1", n)
	}
}

// A transaction is bounded, so that a burst of strokes does not fill the memory.
func TestWriter_GathersBounded(t *testing.T) {
	requests := make(chan *request, 10)
	for range 10 {
		requests <- &request{pixels: maxPixels / 2}
	}
	if group := gather(<-requests, requests); len(group) != 2 {
		t.Errorf("%d requests of half a transaction each gathered, want 2", len(group))
	}
	close(requests)
	if group := gather(&request{}, requests); len(group) != 3 {
		t.Errorf("%d requests gathered, want 3", len(group))
	}
}

// If a caller gives up while its commit is queued, the commit is dropped. Its repetition, which may
// be queued right behind it, is done once.
func TestWriter_CancelledWhileQueued(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	repeated, dropped := dot(0, claimed(t, s, 0).Epoch, 0), dot(1, claimed(t, s, 1).Epoch, 0)
	resume := stall(t, s)
	held := make(chan error, 1)
	go func() { held <- s.Ping(t.Context()) }()
	eventually(t, "the writer stalls", func() bool { return s.stats.Requests.Load() == 3 })

	ctx, cancel := context.WithCancel(t.Context())
	results := make(chan error, 2)
	for _, b := range []*canvas.Batch{repeated, dropped} {
		go func() { results <- s.offer(ctx, b) }()
	}
	eventually(t, "the commits are queued", func() bool { return len(s.requests) == 2 })
	cancel()
	for range 2 {
		if err := <-results; !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v, want ErrUnavailable", err)
		}
	}
	go func() { results <- s.offer(t.Context(), repeated) }()
	eventually(t, "the repetition is queued", func() bool { return len(s.requests) == 3 })
	resume()
	if err := errors.Join(<-held, <-results); err != nil {
		t.Errorf("repeated: %v", err)
	}
	for region, want := range []uint64{1, 0} {
		if claim := claimed(t, s, canvas.RegionID(region)); claim.Position.Seq != want || len(claim.Recent) != int(want) {
			t.Errorf("region %d at %v with %d batches, want %d", region, claim.Position, len(claim.Recent), want)
		}
	}
}

// I6: a request that finds the queue full waits for a place for as long as its caller does.
func TestWriter_QueueFull(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	resume := stall(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	var pings sync.WaitGroup
	pings.Go(func() { _ = s.Ping(ctx) })
	eventually(t, "the writer stalls", func() bool { return s.stats.Requests.Load() == 1 })
	for range queueLength {
		pings.Go(func() { _ = s.Ping(ctx) })
	}
	eventually(t, "the queue is full", func() bool { return len(s.requests) == queueLength })
	impatient, giveUp := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- s.Ping(impatient) }()
	eventually(t, "one waits for a place", func() bool { return s.stats.QueueFull.Load() == 1 })
	giveUp()
	if err := <-result; !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("%v, want ErrUnavailable", err)
	}
	go func() { result <- s.Ping(t.Context()) }()
	eventually(t, "another waits for a place", func() bool { return s.stats.QueueFull.Load() == 2 })
	resume()
	if err := <-result; err != nil {
		t.Errorf("after the queue has moved: %v", err)
	}
	cancel()
	pings.Wait()
}

// StartCommit waits neither for a place in the queue nor for the writer, and gives its outcome once.
func TestStartCommit_DoesNotBlock(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	claim := claimed(t, s, 0)
	b, token := dot(0, claim.Epoch, 0), claim.Token
	resume := stall(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	outcomes := make(chan error, 2*queueLength)
	const started = queueLength + 10 // the writer holds one, some find the queue full
	for range started {
		s.StartCommit(ctx, b, token, func(err error) { outcomes <- err })
	}
	if n := len(outcomes); n != 0 {
		t.Errorf("%d outcomes while the writer stalls, want none", n)
	}
	cancel()
	for range started {
		if err := <-outcomes; !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("cancelled: %v, want ErrUnavailable", err)
		}
	}
	last := make(chan error, 1)
	go s.StartCommit(t.Context(), b, token, func(err error) { last <- err })
	resume()
	if err := <-last; err != nil {
		t.Errorf("repeated: %v", err)
	}
	if n := len(outcomes); n != 0 {
		t.Errorf("%d more outcomes than commits", n)
	}
}

// When the tables can't be written, what the journal has stays, everything else is refused alike, and
// the store recovers by itself.
func TestWriter_FailedTransaction(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	claim := claimed(t, s, 0)
	setMaxSize(s, 1)
	large := dot(0, claim.Epoch, 0)
	large.Ops[0].Name = strings.Repeat("x", carryBytes) // more than the free pages take
	if err := s.offer(t.Context(), large); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the tables can't take it", func() bool { return s.doubt.why() != nil })
	for _, b := range []*canvas.Batch{dot(0, claim.Epoch, 1), dot(0, claim.Epoch, 7)} {
		if err := s.Commit(t.Context(), b, claim.Token); !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, berrors.ErrMaxSizeReached) {
			t.Errorf("%v, want ErrUnavailable because of ErrMaxSizeReached", err)
		}
	}
	if log, err := s.History(t.Context(), 0, 0, 10); err != nil || len(log) != 1 {
		t.Errorf("%d batches in the log, %v; want 1", len(log), err)
	}
	setMaxSize(s, 0)
	if err := s.Commit(t.Context(), dot(0, claim.Epoch, 1), claim.Token); err != nil {
		t.Errorf("repeated: %v", err)
	}
	if claim := claimed(t, s, 0); claim.Damage != nil || claim.Position.Seq != 2 || len(claim.Recent) != 2 {
		t.Errorf("at %v with %d batches, want seq 2 with 2: %v", claim.Position, len(claim.Recent), claim.Damage)
	}
}

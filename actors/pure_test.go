package actors

import (
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
)

func TestBucket_TakesRefillsAndSaysWhen(t *testing.T) {
	start := time.Unix(0, 0)
	steps := []struct {
		after time.Duration // since start
		n     int
		ok    bool
		wait  time.Duration // within 2 ms
		left  int
	}{
		{0, 15, true, 0, 5},
		{0, 6, false, 100 * time.Millisecond, 5},
		{100 * time.Millisecond, 6, true, 0, 0},
		{time.Second, 9, true, 0, 0},         // 9 came in 0.9 s
		{10 * time.Second, 21, false, 0, 20}, // more than the bucket holds: never
		{10 * time.Second, 20, true, 0, 0},
		{time.Hour, 0, true, 0, 20},
	}
	b := newBucket(10, 20, start)
	for i, s := range steps {
		now := start.Add(s.after)
		wait, ok := b.take(s.n, now)
		if ok != s.ok || wait < s.wait || wait > s.wait+2*time.Millisecond || b.remaining(now) != s.left {
			t.Errorf("step %d: take(%d) = %v, %v, left %d; want about %v, %v, left %d", i, s.n, wait, ok, b.remaining(now), s.wait, s.ok, s.left)
		}
	}
}

func TestBucket_ZeroRateIsNoLimit(t *testing.T) {
	b := newBucket(0, 0, time.Unix(0, 0))
	if _, ok := b.take(1<<30, time.Unix(0, 0)); !ok {
		t.Error("refused without a limit")
	}
}

func batchOf(epoch, from uint64, pixels int) *canvas.Batch {
	return &canvas.Batch{Epoch: epoch, From: from, To: from + uint64(pixels), Ops: []canvas.Op{{Pixels: make([]canvas.Pixel, pixels)}}}
}

func TestRing_Since(t *testing.T) {
	r := ring{limit: 70}
	for _, b := range []*canvas.Batch{batchOf(1, 0, 3), batchOf(1, 3, 4), batchOf(3, 7, 2)} {
		r.push(b)
	}
	cases := []struct {
		at      canvas.Position
		batches int
		ok      bool
	}{
		{canvas.Position{}, 3, true},
		{canvas.Position{Epoch: 1, Seq: 3}, 2, true},
		{canvas.Position{Epoch: 1, Seq: 7}, 1, true},
		{canvas.Position{Epoch: 3, Seq: 9}, 0, true},
		{canvas.Position{Epoch: 2, Seq: 7}, 0, false}, // from a history that was lost
		{canvas.Position{Epoch: 1, Seq: 5}, 0, false}, // inside a batch
		{canvas.Position{Epoch: 3, Seq: 10}, 0, false},
		{canvas.Head(), 0, false},
	}
	for _, c := range cases {
		if got, ok := r.since(c.at); len(got) != c.batches || ok != c.ok {
			t.Errorf("since(%v) = %d batches, %v; want %d, %v", c.at, len(got), ok, c.batches, c.ok)
		}
	}
	r.push(batchOf(3, 9, 5)) // a cost of 94: the first batch is dropped
	if r.cost > r.limit || r.batches[0].From == 0 {
		t.Errorf("a cost of %d from %d kept, at most %d", r.cost, r.batches[0].From, r.limit)
	}
	if _, ok := r.since(canvas.Position{}); ok {
		t.Error("the blank position is gone with the first batch")
	}
}

func opOf(author canvas.Author, num uint64, pixels int) canvas.Op {
	return canvas.Op{ID: canvas.OpID{Author: author, Num: num}, Pixels: make([]canvas.Pixel, pixels)}
}

func TestQueue_HoldsEachOpOnceUntilSettled(t *testing.T) {
	q := newQueue(10)
	const one, two = "pod1/relay/0", "pod2/relay/0"
	now := time.Unix(0, 0)
	for i, push := range []struct {
		op    canvas.Op
		relay string
		ok    bool
	}{
		{opOf(1, 1, 4), one, true}, {opOf(1, 2, 4), one, true}, {opOf(1, 1, 4), two, true},
		{opOf(1, 1, 4), two, true}, {opOf(1, 3, 3), one, false}, {opOf(1, 4, 2), one, true},
	} {
		if ok := q.push(push.op, push.relay, now); ok != push.ok {
			t.Errorf("push %d = %v, want %v", i, ok, push.ok)
		}
	}
	taken, pixels := q.take(5)
	if len(taken) != 1 || pixels != 4 || len(taken[0].also) != 1 {
		t.Fatalf("took %d ops, %d pixels for %d relays more; want 1, 4 for 1", len(taken), pixels, len(taken[0].also))
	}
	if !q.push(opOf(1, 1, 4), one, now) || len(q.waiting) != 2 {
		t.Error("an op being committed was queued again")
	}
	q.settle(taken)
	if !q.push(opOf(1, 1, 4), one, now) || len(q.waiting) != 3 {
		t.Error("a settled op is new")
	}
	if removed := q.remove(func(e *queued) bool { return e.op.ID.Num != 2 }); len(removed) != 2 || q.pixels != 4 {
		t.Errorf("removed %d, left %d pixels; want 2 and 4", len(removed), q.pixels)
	}
	if taken, _ := newQueueWith(opOf(1, 1, 50)).take(5); len(taken) != 1 {
		t.Error("an op larger than a batch must still go")
	}
}

func newQueueWith(op canvas.Op) *queue {
	q := newQueue(100)
	q.push(op, "relay/0", time.Unix(0, 0))
	return &q
}

func TestPending_SendsAgainInOrderWhatIsNotAnswered(t *testing.T) {
	u := newPendingOps(100)
	from := actor.NewPID("", "connection/1")
	for num := uint64(1); num <= 5; num++ {
		if !u.push(place{op: opOf(1, num, 10), from: from}, time.Unix(0, 0)) {
			t.Fatalf("op %d refused", num)
		}
	}
	nums := func(ops []canvas.Op) (list []uint64) {
		for _, op := range ops {
			list = append(list, op.ID.Num)
		}
		return list
	}
	if got := nums(sendOps(u, 25)); len(got) != 2 || got[1] != 2 {
		t.Fatalf("sent %v, want 1 and 2", got)
	}
	u.remove(canvas.OpID{Author: 1, Num: 1})
	if got := nums(sendOps(u, 1000)); len(got) != 3 || got[0] != 3 {
		t.Fatalf("sent %v, want 3 to 5", got)
	}
	u.remove(canvas.OpID{Author: 1, Num: 4})
	u.resetSent()
	if got := nums(sendOps(u, 1000)); len(got) != 3 || got[0] != 2 || got[1] != 3 || got[2] != 5 {
		t.Fatalf("sent again %v, want 2, 3, 5", got)
	}
	if u.pixels != 30 {
		t.Errorf("%d pixels held, want 30", u.pixels)
	}
	later := actor.NewPID("", "connection/2")
	if !u.push(place{op: opOf(1, 3, 10), from: later}, time.Unix(0, 0)) || u.count() != 3 {
		t.Error("an op sent again by its client was taken twice")
	}
	if found, _ := u.remove(canvas.OpID{Author: 1, Num: 3}); found.from != from || len(found.also) != 1 || found.also[0] != later {
		t.Error("the answer must go to both of the client's connections")
	}
	if u.push(place{op: opOf(1, 6, 90), from: from}, time.Unix(0, 0)) {
		t.Error("took more than the limit")
	}
}

func TestSplit_KeepsOrderWithinRegions(t *testing.T) {
	g := canvas.Geometry{Width: 50, Height: 50, Region: 16}
	parts := split(g, []canvas.Dot{{X: 15, Y: 0, Color: 1}, {X: 16, Y: 0, Color: 2}, {X: 15, Y: 0, Color: 3}, {X: 49, Y: 49, Color: 4}})
	if len(parts) != 3 || parts[0].region != 0 || parts[1].region != 1 || parts[2].region != 15 {
		t.Fatalf("parts %+v", parts)
	}
	if p := parts[0].pixels; len(p) != 2 || p[0].Color != 1 || p[1].Color != 3 || p[0].Pos != 15 {
		t.Errorf("region 0: %+v", p)
	}
	if p := parts[2].pixels; p[0].Pos != 1*2+1 { // the corner region is 2 x 2
		t.Errorf("corner: %+v", p)
	}
}

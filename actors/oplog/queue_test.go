package oplog

import (
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

func opOf(author canvas.Author, num uint64, pixels int) canvas.Op {
	return canvas.Op{ID: canvas.OpID{Author: author, Num: num}, Pixels: make([]canvas.Pixel, pixels)}
}

func TestQueue_HoldsEachOpOnceUntilSettled(t *testing.T) {
	q := NewQueue(10)
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
		if ok := q.Push(push.op, push.relay, now); ok != push.ok {
			t.Errorf("push %d = %v, want %v", i, ok, push.ok)
		}
	}
	taken, pixels := q.Take(5)
	if len(taken) != 1 || pixels != 4 || len(taken[0].also) != 1 {
		t.Fatalf("took %d ops, %d pixels for %d relays more; want 1, 4 for 1", len(taken), pixels, len(taken[0].also))
	}
	if !q.Push(opOf(1, 1, 4), one, now) || len(q.waiting) != 2 {
		t.Error("an op being committed was queued again")
	}
	q.Settle(taken)
	if !q.Push(opOf(1, 1, 4), one, now) || len(q.waiting) != 3 {
		t.Error("a settled op is new")
	}
	if removed := q.Remove(func(e *Queued) bool { return e.Op.ID.Num != 2 }); len(removed) != 2 || q.pixels != 4 {
		t.Errorf("removed %d, left %d pixels; want 2 and 4", len(removed), q.pixels)
	}
	if taken, _ := newQueueWith(opOf(1, 1, 50)).Take(5); len(taken) != 1 {
		t.Error("an op larger than a batch must still go")
	}
}

func newQueueWith(op canvas.Op) *Queue {
	q := NewQueue(100)
	q.Push(op, "relay/0", time.Unix(0, 0))
	return &q
}

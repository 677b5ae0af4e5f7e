package actors

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

func opNumbered(n uint64) canvas.Op {
	return canvas.Op{ID: canvas.OpID{Author: 1, Num: n}, Pixels: make([]canvas.Pixel, 1+n%3)}
}

// Goal: in whatever order ops are pushed, sent, answered and sent again, what is left are the
// unanswered ops in their order, and what is sent are those not sent yet. Method: random steps
// beside a list that does the same slowly. For half of the time the first op gets no answer, so
// that the ops behind it are answered out of turn.
func TestPending_IsAListOfOps(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	const limit = 400 // pixels
	u := newPendingOps(limit)
	type item struct {
		num  uint64
		sent bool
	}
	var list []item
	pixels := func() (n int) {
		for _, i := range list {
			n += len(opNumbered(i.num).Pixels)
		}
		return n
	}
	next := uint64(1)
	for step := range 20_000 {
		switch random.IntN(16) {
		default:
			fits := pixels()+len(opNumbered(next).Pixels) <= limit
			if u.push(place{op: opNumbered(next)}, time.Time{}) != fits {
				t.Fatalf("op %d with %d pixels there: want taken %v", next, pixels(), fits)
			}
			if fits {
				list = append(list, item{num: next})
			}
			next++
		case 0: // everything is due again
			u.resetSent()
			for i := range list {
				list[i].sent = false
			}
		case 1:
			most := 1 + random.IntN(100)
			var want, got []uint64
			for i, room := 0, most; i < len(list); i++ {
				if list[i].sent {
					continue
				}
				if room -= len(opNumbered(list[i].num).Pixels); room < 0 && len(want) > 0 {
					break
				}
				list[i].sent = true
				want = append(want, list[i].num)
			}
			for _, op := range sendOps(u, most) {
				got = append(got, op.ID.Num)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("sent %v, want %v", got, want)
			}
		case 2, 3, 4, 5, 6, 7, 8: // an answer to one of the first few
			stuck := step / 5000 % 2
			if len(list) <= stuck {
				continue
			}
			i := stuck + random.IntN(min(len(list)-stuck, 5))
			if _, ok := u.remove(canvas.OpID{Author: 1, Num: list[i].num}); !ok {
				t.Fatalf("op %d is not there", list[i].num)
			}
			if _, ok := u.remove(canvas.OpID{Author: 1, Num: list[i].num}); ok {
				t.Fatalf("op %d is there after its answer", list[i].num)
			}
			list = slices.Delete(list, i, i+1)
		}
		if u.count() != len(list) || u.pixels != pixels() {
			t.Fatalf("%d ops of %d pixels, want %d of %d", u.count(), u.pixels, len(list), pixels())
		}
		if len(u.ops) > 2*len(list)+mostAnswered {
			t.Fatalf("%d places are kept for %d ops", len(u.ops), len(list))
		}
	}
}

// An op that is placed again keeps its place, and is answered once to everyone who placed it.
func TestPending_RepetitionsAddWhoIsAnswered(t *testing.T) {
	u := newPendingOps(100)
	first, second := new(actor.PID), new(actor.PID)
	for n := range uint64(3) {
		u.push(place{op: opNumbered(n), from: first}, time.Time{})
	}
	u.remove(opNumbered(0).ID)
	for range 3 {
		for _, from := range []*actor.PID{first, second} {
			if !u.push(place{op: opNumbered(1), from: from}, time.Time{}) {
				t.Fatal("a repetition is refused")
			}
		}
	}
	found, _ := u.remove(opNumbered(1).ID)
	if found.from != first || len(found.also) != 1 || found.also[0] != second {
		t.Errorf("the answer goes to %v and %v", found.from, found.also)
	}
	if u.count() != 1 {
		t.Errorf("%d ops are left, want 1", u.count())
	}
}

// Goal: an op that may be durable is never refused. Method: its client placed it here while the
// region was away, then on another pod, and now here again.
func TestPending_ARepetitionMayBeDurableElsewhere(t *testing.T) {
	u, now := newPendingOps(100), time.Now()
	u.push(place{op: opNumbered(1), from: new(actor.PID)}, now)
	if late := u.late(now.Add(time.Second)); len(late) != 1 {
		t.Errorf("%v are late, want the op that nobody has sent", late)
	}
	u.push(place{op: opNumbered(1), from: new(actor.PID), repeated: true}, now)
	if late := u.late(now.Add(time.Second)); len(late) > 0 {
		t.Errorf("%v are late, and may be durable", late)
	}
}

// BenchmarkPending_Repetition measures a client that comes back to a relay that is full.
func BenchmarkPending_Repetition(b *testing.B) {
	const full = 262_144
	u, from := newPendingOps(full), new(actor.PID)
	op := opNumbered(0)
	for n := range uint64(full) {
		op.ID.Num = n
		u.push(place{op: op, from: from}, time.Time{})
	}
	again := place{op: op, from: new(actor.PID)}
	b.ReportAllocs()
	for b.Loop() {
		u.push(again, time.Time{})
	}
}

func sendOps(u *pendingOps, limit int) []canvas.Op {
	ops, _ := u.send(limit, 0)
	return ops
}

// An op that is sent again says since when its relay has had it, so that a region that has
// forgotten it can tell whether it may have been applied.
func TestPending_SaysSinceWhenAnOpMayBeApplied(t *testing.T) {
	u := newPendingOps(1000)
	for i, step := range []struct {
		repeated bool
		at       uint64
		want     []message.Again
	}{
		{false, 40, nil},
		{true, 50, []message.Again{{Op: 0, After: 40}, {Op: 1}}},
		{false, 60, []message.Again{{Op: 0, After: 40}, {Op: 1}}},
		{false, 70, []message.Again{{Op: 0, After: 40}, {Op: 1}, {Op: 2, After: 60}}},
	} {
		u.push(place{op: opNumbered(uint64(i + 1)), repeated: step.repeated}, time.Time{})
		if ops, again := u.send(1000, step.at); len(ops) != i+1 || !slices.Equal(again, step.want) {
			t.Errorf("at %d: %d ops, again %v, want %v", step.at, len(ops), again, step.want)
		}
		u.resetSent()
	}
}

func TestPending_SendsAgainInOrderWhatIsNotAnswered(t *testing.T) {
	u := newPendingOps(100)
	from := actor.NewPID("", "connection/1")
	op := func(num uint64, pixels int) canvas.Op {
		return canvas.Op{ID: canvas.OpID{Author: 1, Num: num}, Pixels: make([]canvas.Pixel, pixels)}
	}
	for num := uint64(1); num <= 5; num++ {
		if !u.push(place{op: op(num, 10), from: from}, time.Unix(0, 0)) {
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
	if !u.push(place{op: op(3, 10), from: later}, time.Unix(0, 0)) || u.count() != 3 {
		t.Error("an op sent again by its client was taken twice")
	}
	if found, _ := u.remove(canvas.OpID{Author: 1, Num: 3}); found.from != from || len(found.also) != 1 || found.also[0] != later {
		t.Error("the answer must go to both of the client's connections")
	}
	if u.push(place{op: op(6, 90), from: from}, time.Unix(0, 0)) {
		t.Error("took more than the limit")
	}
}

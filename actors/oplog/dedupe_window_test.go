package oplog

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

// sessionOp returns an op of the n-th session of a test.
func sessionOp(n int, num uint64) canvas.Op {
	var s canvas.Session
	binary.BigEndian.PutUint64(s[:], uint64(n))
	return canvas.Op{ID: canvas.OpID{Author: s.Author(), Num: num, Key: s.Key()}, InTurn: true}
}

// The model is a plain set. Dedupe must agree with it on the remembered numbers below the highest.
func TestDedupe_AgreesWithASetOfWhatIsRemembered(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	a, model := NewDedupe(0), map[uint64]bool{}
	var high uint64
	for range 20_000 {
		num := high + uint64(random.IntN(90)) + 1
		if random.IntN(3) > 0 && high > Remembered {
			num = high - uint64(random.IntN(Remembered))
		}
		op := sessionOp(7, num)
		if got := a.Has(op.ID, true, 0); got == Unsure || (got == Applied) != model[num] {
			t.Fatalf("seed %d: has(%d) = %v with high %d, want %v", seed, num, got, high, model[num])
		}
		if random.IntN(2) == 0 {
			a.Add(&op, 1)
			model[num] = true
			high = max(high, num)
		}
	}
	if old := sessionOp(7, high-Remembered); a.Has(old.ID, false, 0) != Unsure {
		t.Error("nothing can be known of an op older than the window")
	}
}

// Goal: whatever is forgotten, an op that was applied is never taken for a new one, and an op that
// its client never sent before is never refused. Method: a few sessions, two of which have the same
// author, send ops and repeat those that are unanswered. Some come out of turn since a refusal was
// lost. Whenever the region moves, only a log of the last batches is left. A set holds what was
// applied.
func TestDedupe_NeverTakesAnAppliedOpForANewOne(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	a := NewDedupe(0)
	var log []*canvas.Batch
	var seq uint64
	done, last := map[canvas.OpID]uint64{}, map[int]uint64{}
	var applied, known, unsure int
	for step := range 20_000 {
		if random.IntN(50) == 0 {
			log = log[random.IntN(len(log)+1):]
			a.Restore(log, seq)
		}
		session := random.IntN(8)
		num, fresh := last[session]+1, true
		if random.IntN(3) == 0 && num > 1 {
			num, fresh = num-1-uint64(random.IntN(int(min(num-1, 20)))), false
		} else if random.IntN(10) > 0 { // else it was refused and the refusal was lost: it will come out of turn
			last[session] = num
		} else {
			last[session] = num
			continue
		}
		op := sessionOp(session, num)
		if session < 2 {
			op.ID.Author = 1
		}
		_, was := done[op.ID]
		after := uint64(0)
		if !fresh && random.IntN(2) == 0 { // a relay knows when it first had the op: before anything that the client sent after it
			after = uint64(random.Int64N(int64(seq) + 1))
			for id, at := range done {
				if id.Key == op.ID.Key && id.Num >= num {
					after = min(after, at-1)
				}
			}
		}
		switch got := a.Has(op.ID, !fresh, after); {
		case got == NeverApplied && was:
			t.Fatalf("step %d: session %d's op %d was applied at %d and is taken for new; all is known from %d on", step, session, num, done[op.ID], a.from)
		case got == Applied && !was:
			t.Fatalf("step %d: session %d's op %d was not applied and is said to be", step, session, num)
		case got == Unsure && fresh:
			t.Fatalf("step %d: session %d's op %d was never sent before and is refused", step, session, num)
		case got == Applied:
			known++
		case got == Unsure:
			unsure++
		case got == NeverApplied:
			applied++
			seq++
			op.InTurn = a.InTurn(op.ID)
			b := &canvas.Batch{From: seq - 1, To: seq, Ops: []canvas.Op{op}}
			a.Add(&b.Ops[0], seq)
			log = append(log, b)
			done[op.ID] = seq
		}
	}
	if applied == 0 || known == 0 || unsure == 0 {
		t.Errorf("%d applied, %d known, %d unsure: not all was tried", applied, known, unsure)
	}
}

// The ops of one of two sessions with the same author say nothing about the other's.
func TestDedupe_TellsSessionsOfOneAuthorApart(t *testing.T) {
	a := NewDedupe(0)
	one, two := sessionOp(1, 5), sessionOp(2, 5)
	two.ID.Author = one.ID.Author
	a.Add(&one, 1)
	if got := a.Has(two.ID, false, 0); got != NeverApplied {
		t.Errorf("the other session's op: %v", got)
	}
	a.Add(&two, 2)
	three := sessionOp(3, 6)
	three.ID.Author = one.ID.Author
	a.Add(&three, 3)
	for _, op := range []canvas.Op{one, two, three} {
		if got := a.Has(op.ID, true, 0); got != Applied {
			t.Errorf("op %v: %v", op.ID, got)
		}
	}
	// An earlier version knows authors only.
	if got := a.Has(canvas.OpID{Author: one.ID.Author, Num: 6}, false, 0); got != Applied {
		t.Errorf("without a key: %v", got)
	}
	old := canvas.Op{ID: canvas.OpID{Author: one.ID.Author, Num: 7}}
	a.Add(&old, 4)
	for op := range 2 {
		id := []canvas.OpID{one.ID, two.ID}[op]
		id.Num = 7
		if got := a.Has(id, true, 0); got != Applied {
			t.Errorf("what has no key may be of session %d: %v", op, got)
		}
	}
}

// Goal: no network makes another's ops be forgotten. Method: a thousand sessions of as many
// networks, and then 17,000 of one.
func TestDedupe_ANetworkPushesOutItsOwn(t *testing.T) {
	a := NewDedupe(0)
	add := func(n int, network canvas.Network, seq uint64) {
		op := sessionOp(n, 1)
		op.Network = network
		a.Add(&op, seq)
	}
	for n := range 1000 {
		add(n, canvas.Network(n), uint64(n))
	}
	const flood = 17_000
	for n := range flood {
		add(1000+n, 5000, uint64(1000+n))
	}
	known := func(n int) bool { return a.Has(sessionOp(n, 1).ID, true, 0) == Applied }
	for n := range 1000 {
		if !known(n) {
			t.Fatalf("session %d was forgotten", n)
		}
	}
	if len(a.byAuthor) != maxSessions || a.sessions != maxSessions || len(a.shares.of) != 1001 || len(a.shares.order) != 1001 {
		t.Errorf("%d sessions (%d) in %d shares kept, want %d in 1001", len(a.byAuthor), a.sessions, len(a.shares.of), maxSessions)
	}
	forgotten := 1000 + flood - maxSessions
	for _, n := range []int{1000, 1000 + forgotten - 1} {
		if known(n) || a.Has(sessionOp(n, 1).ID, true, 0) != Unsure {
			t.Errorf("of session %d it is known whether its op was applied", n)
		}
	}
	if !known(1000 + forgotten) {
		t.Error("more were forgotten than had to be")
	}
	// What came after the last forgotten session is still known.
	if after := uint64(1000 + forgotten - 1); a.from != after || a.Has(sessionOp(99_999, 1).ID, true, after) != NeverApplied {
		t.Errorf("complete from %d on, want %d", a.from, after)
	}
}

// As long as all shares are equal, the session that was silent longest is forgotten.
func TestDedupe_OfEqualSharesTheLongestSilentGoes(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	a := NewDedupe(0)
	lastOf := make([]uint64, maxSessions)
	for seq := uint64(1); seq <= 4*maxSessions; seq++ {
		n := int(seq-1) % maxSessions
		if seq > maxSessions {
			n = random.IntN(maxSessions)
		}
		op := sessionOp(n, seq)
		op.Network = canvas.Network(n)
		a.Add(&op, seq)
		lastOf[n] = seq
	}
	for extra := range 100 {
		silent := 0
		for n, last := range lastOf {
			if last < lastOf[silent] {
				silent = n
			}
		}
		op := sessionOp(maxSessions+extra, 1)
		op.Network = canvas.Network(maxSessions + extra)
		a.Add(&op, 5*maxSessions+uint64(extra))
		if id := sessionOp(silent, lastOf[silent]).ID; a.find(id) != nil {
			t.Fatalf("session %d, silent since %d, is still remembered", silent, lastOf[silent])
		}
		lastOf[silent] = 1 << 62
	}
}

func BenchmarkDedupe_Add(b *testing.B) {
	a := NewDedupe(0)
	ops := make([]canvas.Op, 20_000)
	for n := range ops {
		ops[n] = sessionOp(n, 1)
		ops[n].Network = canvas.Network(n % 5000)
	}
	b.ReportAllocs()
	for i := range b.N {
		a.Add(&ops[i%len(ops)], uint64(i))
	}
}

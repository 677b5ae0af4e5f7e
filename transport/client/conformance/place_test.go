package conformance

import (
	"slices"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// Ops are numbered from 1, and each is told what became of it, in whatever order answers come.
func TestPlace_AnswersInAnyOrder(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect(nil, nil)
		answers := [3]<-chan Line{}
		for i := range answers {
			answers[i] = b.Go("place", Args{"pixels": dots(2, i, red)})
			want := []canvas.Dot{{X: 0, Y: uint16(i), Color: red}, {X: 1, Y: uint16(i), Color: red}}
			if got := next[codec.Place](b); got.Op != uint64(i+1) || !slices.Equal(got.Dots, want) {
				t.Errorf("PLACE %+v, want op %d, %v", got, i+1, want)
			}
		}
		b.conn.Send(codec.Waiting{Ops: []uint64{1}}, codec.Ack{Ops: []uint64{3}}, codec.Refused{Op: 2, Code: canvas.RefusedBounds})
		b.Succeeded("place 3", b.Answer(answers[2]))
		if l := b.Answer(answers[1]); l.Refused == nil || l.Refused.Code != canvas.RefusedBounds {
			t.Errorf("place 2: %+v", l)
		}
		b.Do("sync", nil)
		select {
		case l := <-answers[0]:
			t.Errorf("op 1 is answered before the server has: %+v", l)
		default:
		}
		b.conn.Send(codec.Ack{Ops: []uint64{1}})
		b.Succeeded("place 1", b.Answer(answers[0]))
	})
}

// No number is the window or more above the oldest op that is unanswered, however many others are answered.
func TestPlace_Window(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect(nil, nil) // a window of 4
		var answers []<-chan Line
		for i := range 6 {
			answers = append(answers, b.Go("place", Args{"pixels": dots(1, i, red)}))
		}
		for op := range uint64(4) {
			if got := next[codec.Place](b).Op; got != op+1 {
				t.Errorf("PLACE %d, want %d", got, op+1)
			}
		}
		b.conn.Send(codec.Ack{Ops: []uint64{2, 3, 4}})
		b.silent()
		b.conn.Send(codec.Ack{Ops: []uint64{1}})
		for op := uint64(5); op <= 6; op++ {
			if got := next[codec.Place](b).Op; got != op {
				t.Errorf("PLACE %d, want %d", got, op)
			}
		}
		b.conn.Send(codec.Ack{Ops: []uint64{5, 6}})
		for _, answer := range answers {
			b.Succeeded("place", b.Answer(answer))
		}
	})
}

// After a break the session goes on: the same positions, the same numbers with the same pixels, and each op is
// answered once.
func TestPlace_Resumes(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect([]canvas.RegionID{0}, nil)
		var answers []<-chan Line
		for i := range 3 {
			answers = append(answers, b.Go("place", Args{"pixels": dots(1, i, red)}))
			next[codec.Place](b)
		}
		b.conn.Send(pixels(0, 0, red, green), codec.Ack{Ops: []uint64{2}})
		b.Succeeded("place", b.Answer(answers[1]))
		b.conn.Break()
		b.Event("disconnected")
		answers = append(answers, b.Go("place", Args{"pixels": dots(1, 3, blue)})) // waits for the connection
		if hello := b.reconnect(); *hello.Sent != 3 {
			t.Errorf("HELLO says that op %d was sent, want 3", *hello.Sent)
		}
		if got, want := next[codec.Subscribe](b).Marks, []canvas.Mark{mark(0, 1, 2)}; !slices.Equal(got, want) {
			t.Errorf("SUBSCRIBE %v, want %v", got, want)
		}
		for _, want := range []codec.Place{
			{Op: 1, Dots: []canvas.Dot{{X: 0, Y: 0, Color: red}}}, {Op: 3, Dots: []canvas.Dot{{X: 0, Y: 2, Color: red}}},
			{Op: 4, Dots: []canvas.Dot{{X: 0, Y: 3, Color: blue}}},
		} {
			if got := next[codec.Place](b); got.Op != want.Op || !slices.Equal(got.Dots, want.Dots) {
				t.Errorf("PLACE %+v, want %+v", got, want)
			}
		}
		b.conn.Send(pixels(0, 2, blue), codec.Ack{Ops: []uint64{1, 3, 4, 2}})
		for _, i := range []int{0, 2, 3} {
			b.Succeeded("place", b.Answer(answers[i]))
		}
		b.silent()
		b.Shows(0, 0, blue)
	})
}

// To draw is to place again what was refused for a while, with a higher number and not too soon.
func TestDraw_AgainAfterRefusals(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect(nil, nil)
		drawn := b.Go("draw", Args{"pixels": dots(3, 0, red)})
		op := uint64(0)
		for _, why := range []canvas.Refusal{canvas.RefusedRate, canvas.RefusedBusy, canvas.RefusedUnavailable, canvas.RefusedFrozen} {
			if op++; next[codec.Place](b).Op != op {
				t.Fatalf("not op %d", op)
			}
			const pause = 300 * time.Millisecond
			since := time.Now()
			b.conn.Send(codec.Refused{Op: op, Code: why, Retry: pause, Left: 1000})
			again := next[codec.Place](b)
			if got := time.Since(since); got < pause-20*time.Millisecond {
				t.Errorf("refused (%v): again after %v, asked for %v", why, got, pause)
			}
			if op++; again.Op != op || len(again.Dots) != 3 {
				t.Errorf("refused (%v): again as %+v, want op %d", why, again, op)
			}
			b.conn.Send(codec.Refused{Op: op, Code: canvas.RefusedBusy, Retry: time.Millisecond, Left: 1000})
		}
		next[codec.Place](b)
		b.conn.Send(codec.Refused{Op: op + 1, Code: canvas.RefusedProtected, Left: 1000})
		if l := b.Answer(drawn); l.Refused == nil || l.Refused.Code != canvas.RefusedProtected {
			t.Errorf("draw: %+v", l)
		}
	})
}

// An op of which it isn't known whether it was applied: what the canvas shows counts.
func TestDraw_Unsure(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect([]canvas.RegionID{0}, nil)
		drawn := b.Go("draw", Args{"pixels": dots(3, 0, red)})
		next[codec.Place](b)
		b.conn.Send(pixels(0, 0, red, green), codec.Refused{Op: 1, Code: canvas.RefusedUnsure, Left: 1000})
		want := []canvas.Dot{{X: 1, Y: 0, Color: red}, {X: 2, Y: 0, Color: red}}
		if again := next[codec.Place](b); again.Op != 2 || !slices.Equal(again.Dots, want) {
			t.Errorf("again as %+v, want op 2, %v", again, want)
		}
		b.conn.Send(codec.Ack{Ops: []uint64{2}, Left: 1000})
		b.Succeeded("draw", b.Answer(drawn))
	})
}

// A canvas of any size is drawn in ops that the server takes.
func TestDraw_InParts(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect(nil, func(w *codec.Welcome) { w.Geometry = canvas.Geometry{Width: 10_000, Height: 16, Region: 256} })
		drawn := b.Go("draw", Args{"pixels": dots(9000, 0, red)})
		for left := 9000; left > 0; {
			p := next[codec.Place](b)
			if n := len(p.Dots); n > left || n > codec.MaxPlacePixels {
				t.Fatalf("an op of %d pixels", n)
			}
			left -= len(p.Dots)
			b.conn.Send(codec.Ack{Ops: []uint64{p.Op}})
		}
		b.Succeeded("draw", b.Answer(drawn))
	})
}

// A client draws as fast as its allowance, and no faster.
func TestDraw_WithinTheAllowance(t *testing.T) {
	const rate, burst, all = 20.0, 10, 40
	each(t, func(t *testing.T, b *bench) {
		b.connect(nil, func(w *codec.Welcome) { w.Rate, w.Burst = rate, burst })
		since, placed := time.Now().Add(-100*time.Millisecond), 0 // the welcome was a little before
		drawn := b.Go("draw", Args{"pixels": dots(all, 0, red)})
		allowed := func() float64 { return min(burst+rate*time.Since(since).Seconds(), all+burst) }
		for placed < all {
			p := next[codec.Place](b)
			if placed += len(p.Dots); float64(placed) > allowed()+1 {
				t.Errorf("%d pixels after %v, allowed are %.1f", placed, time.Since(since), allowed())
			}
			left := max(0, allowed()-float64(placed))
			b.conn.Send(codec.Ack{Ops: []uint64{p.Op}, Left: uint64(min(burst, left))})
		}
		b.Succeeded("draw", b.Answer(drawn))
	})
}

// Others may use the same allowance: then there is less than the client has counted.
func TestDraw_AllowanceUsedByOthers(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect(nil, func(w *codec.Welcome) { w.Rate, w.Burst = 0.01, 5 })
		since := time.Now()
		empty := codec.Allowance{Rate: 2, Burst: 5, Left: 0, Next: uint64(since.Add(time.Second).UnixMilli())}
		b.conn.Send(empty)
		b.Do("sync", nil)
		drawn := b.Go("draw", Args{"pixels": dots(1, 0, red)})
		p := next[codec.Place](b)
		if got := time.Since(since); got < 500*time.Millisecond {
			t.Errorf("placed after %v, although nothing was left for a second", got)
		}
		b.conn.Send(codec.Ack{Ops: []uint64{p.Op}})
		b.Succeeded("draw", b.Answer(drawn))
	})
}

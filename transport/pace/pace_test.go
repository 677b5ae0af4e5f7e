package pace

import (
	"testing"
	"time"
)

const ms = time.Millisecond

func TestPace_PausesAsFarAsOthersAreShort(t *testing.T) {
	for name, c := range map[string]struct {
		tick  Span
		pause time.Duration
	}{
		"nobody else wants the processor":              {Span{Took: 20 * ms, CPU: 20 * ms}, 0},
		"other goroutines had a little":                {Span{Took: 6 * ms, CPU: 6 * ms, Gaps: 2 * ms}, 3 * ms},
		"other threads had a little":                   {Span{Took: 8 * ms, CPU: 6 * ms}, 3 * ms},
		"both":                                         {Span{Took: 8 * ms, CPU: 6 * ms, Gaps: 2 * ms}, 6 * ms},
		"all others had more than the shard":           {Span{Took: 10 * ms, CPU: 6 * ms, Gaps: 30 * ms}, 9 * ms},
		"a pause is no longer than wanted":             {Span{Took: 80 * ms, CPU: 80 * ms, Gaps: 80 * ms}, 50 * ms},
		"too little to sleep":                          {Span{Took: ms, CPU: ms, Gaps: 600 * time.Microsecond}, 0},
		"the processor's time is not known, nor short": {Span{Took: 20 * ms}, 0},
		"it is not known, and others had some":         {Span{Took: 20 * ms, Gaps: 4 * ms}, 6 * ms},
	} {
		p := New(50 * ms)
		now := time.Unix(100, 0)
		p.Begin(now)
		now = now.Add(c.tick.Took + c.tick.Gaps)
		if got := p.End(&c.tick, true, now).Sub(now); got != c.pause {
			t.Errorf("%s: a pause of %v, not %v", name, got, c.pause)
		}
	}
}

// There is no pause before everybody has had their turn, and no tick is forgotten until then.
func TestPace_PausesAfterARound(t *testing.T) {
	p := New(50 * ms)
	now := time.Unix(100, 0)
	tick := Span{Took: 2 * ms, CPU: 2 * ms, Gaps: ms}
	for i := range 10 {
		p.Begin(now)
		now = now.Add(3 * ms)
		round := i%5 == 4
		pause := p.End(&tick, round, now).Sub(now)
		if want := 7500 * time.Microsecond; round && pause != want || !round && pause != 0 {
			t.Errorf("tick %d: a pause of %v", i, pause)
		}
		now = now.Add(pause)
	}
}

// A tick too short for a pause counts with the next. When there was nothing to write for a while, others
// have had the processor.
func TestPace_ShortTicksAddUp(t *testing.T) {
	p := New(50 * ms)
	now := time.Unix(100, 0)
	short := Span{Took: ms, CPU: ms, Gaps: 400 * time.Microsecond}
	tick := func() time.Duration {
		p.Begin(now)
		now = now.Add(short.Took + short.Gaps)
		return p.End(&short, true, now).Sub(now)
	}
	if pause := tick(); pause != 0 {
		t.Errorf("a pause of %v after the first", pause)
	}
	if pause := tick(); pause != 1200*time.Microsecond {
		t.Errorf("a pause of %v after two", pause)
	}
	now = now.Add(1200 * time.Microsecond)
	if pause := tick(); pause != 0 {
		t.Errorf("a pause of %v after the first since the pause", pause)
	}
	now = now.Add(ms)
	if pause := tick(); pause != 0 {
		t.Errorf("a pause of %v after a time with nothing to write", pause)
	}
}

// What goroutines have in the gaps of a tick is theirs, and what the tick takes is not.
func TestSpan_TellsOwnFromOthers(t *testing.T) {
	var s Span
	s.Begin()
	for began := time.Now(); time.Since(began) < 3*ms; {
	}
	s.End()
	between := time.Now()
	for time.Since(between) < 3*ms {
	}
	s.Begin()
	s.End()
	s.End() // does nothing
	if s.Took < 3*ms || s.Gaps < 3*ms || s.own() > s.Took || s.others() < s.Gaps {
		t.Errorf("%+v: own %v, others %v", s, s.own(), s.others())
	}
	if s.CPU > s.Took {
		t.Errorf("more of the processor than of time: %+v", s)
	}
}

package standaside

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// spell is a period with one outcome of the pod's own calls and one of those of others.
type spell struct {
	until      time.Duration // since the start
	own, other outcome
}

// outcome is how calls end.
type outcome int

const (
	fine     outcome = iota
	refused          // fails at once
	noAnswer         // fails when its time is up, even if the store is back by then
)

// stood plays spells as the store monitor would, and returns when the pod stood aside and came
// back, in order of time: +1.2s means that it stood aside, -6.4s that it came back.
func stood(f *policy, spells ...spell) (changes []string) {
	start := time.Unix(1_700_000_000, 0)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	during := func(d time.Duration) spell {
		return spells[max(slices.IndexFunc(spells, func(s spell) bool { return d < s.until }), 0)]
	}
	called, asked := at(-callEvery), -askEvery
	lost := make(map[time.Duration]bool) // when the calls began that get no answer
	for now := time.Duration(0); now < spells[len(spells)-1].until; now += lookEvery {
		for began := range lost {
			if now-began >= callTime {
				f.failed(at(began))
				delete(lost, began)
			}
		}
		if f.due(called, at(now)) {
			called = at(now)
			switch during(now).own {
			case fine:
				f.succeeded(at(now), at(now))
			case refused:
				f.failed(at(now))
			case noAnswer:
				lost[now] = true
			}
		}
		if f.asks() && (now-asked >= askEvery || f.asksAgain(at(asked), at(now))) {
			asked = now
			if other := during(now).other; other != noAnswer {
				f.told(other == fine, at(now), at(now))
			}
		}
		if f.decide(at(now)) {
			changes = append(changes, fmt.Sprintf("%s%.1fs", map[bool]string{true: "+", false: "-"}[f.aside], now.Seconds()))
		}
	}
	return changes
}

// TestPolicy_StandsAsideOnlyForThoseThatCan shows that a pod stands aside only if others can
// commit, and comes back.
func TestPolicy_StandsAsideOnlyForThoseThatCan(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	for _, c := range []struct {
		name   string
		spells []spell
		want   string
	}{
		{"all is well", []spell{{60 * s, fine, fine}}, "[]"},
		{"refused, alone", []spell{{s, fine, fine}, {9 * s, refused, fine}, {30 * s, fine, fine}}, "[+2.0s -14.0s]"},
		{"no answer, alone", []spell{{s, fine, fine}, {9 * s, noAnswer, fine}, {30 * s, fine, fine}}, "[+2.1s -14.0s]"},
		{"refused for all", []spell{{s, fine, fine}, {90 * s, refused, refused}, {120 * s, fine, fine}}, "[]"},
		{"no answer for anybody", []spell{{s, fine, fine}, {90 * s, noAnswer, noAnswer}, {120 * s, fine, fine}}, "[]"},
		{"refused for all, others a little later", []spell{{s, fine, fine}, {s + 500*ms, refused, fine}, {90 * s, refused, noAnswer}, {120 * s, fine, fine}}, "[]"},
		{"for all, and for others over a little sooner", []spell{{s, fine, fine}, {90 * s, noAnswer, noAnswer}, {90*s + 300*ms, noAnswer, fine}, {120 * s, fine, fine}}, "[]"},
		{"refused for all, and for others until a good deal sooner", []spell{{s, fine, fine}, {90 * s, refused, refused}, {92 * s, refused, fine}, {120 * s, fine, fine}}, "[]"},
		{"for all, then for this one", []spell{{s, fine, fine}, {9 * s, refused, refused}, {20 * s, refused, fine}, {30 * s, fine, fine}}, "[+12.2s -25.0s]"},
		{"slow for this one, then no answer for anybody", []spell{{s, fine, fine}, {s + 900*ms, noAnswer, fine}, {90 * s, noAnswer, noAnswer}, {120 * s, fine, fine}}, "[]"},
		{"a short while", []spell{{s, fine, fine}, {s + 700*ms, refused, fine}, {30 * s, fine, fine}}, "[]"},
		{"again while it stands aside, and slow then", []spell{{s, refused, fine}, {2 * s, fine, fine}, {2*s + 600*ms, refused, fine}, {3 * s, fine, fine}, {3*s + 700*ms, noAnswer, fine}, {9 * s, fine, fine}}, "[+0.8s -8.8s]"},
		{"others can't when it can again", []spell{{s, fine, fine}, {9 * s, refused, fine}, {20 * s, fine, refused}}, "[+2.0s -10.0s]"},
		{"nobody can for a while, and this one first", []spell{{s, fine, fine}, {9 * s, refused, fine}, {20 * s, refused, refused}, {23 * s, fine, refused}, {40 * s, fine, fine}}, "[+2.0s -21.0s]"},
	} {
		if got := fmt.Sprint(stood(new(policy), c.spells...)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestPolicy_ComesBackLaterEachTime shows that a pod comes back later, the more often it has
// stood aside recently.
func TestPolicy_ComesBackLaterEachTime(t *testing.T) {
	f := new(policy)
	for i, want := range []time.Duration{5, 10, 20, 40, 60, 60, 60} {
		stood(f, spell{2 * time.Second, refused, fine})
		if !f.aside {
			t.Fatalf("%d: it does not stand aside", i)
		}
		if got := f.settling(); got != want*time.Second {
			t.Errorf("%d: back after %v, want %d s", i, got, want)
		}
		*f = policy{falls: f.falls, fell: f.fell}
	}
	f.fell = f.fell.Add(-2 * fallMemory)
	stood(f, spell{2 * time.Second, refused, fine})
	if got := f.settling(); got != backAfter {
		t.Errorf("long after: back after %v", got)
	}
}

// TestPolicy_BeginsAside shows that a pod that starts aside comes back with the first call
// that succeeds.
func TestPolicy_BeginsAside(t *testing.T) {
	got := stood(&policy{aside: true, blank: true}, spell{3 * time.Second, noAnswer, fine}, spell{9 * time.Second, fine, fine})
	if want := "[-3.0s]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// TestPolicy_OldWordsDoNotCount shows that what others said of a failure that is over, or
// before a period in which nobody was heard, does not count for the failure at hand.
func TestPolicy_OldWordsDoNotCount(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	failing := func(p *policy, d time.Duration) {
		p.due(time.Time{}, at(d))
		p.failed(at(d))
	}
	const s, ms = time.Second, time.Millisecond

	over := new(policy) // an answer comes when calls succeed again
	failing(over, 0)
	over.due(time.Time{}, at(200*ms))
	over.succeeded(at(200*ms), at(210*ms))
	over.told(true, at(300*ms), at(300*ms))
	for d := 10 * s; d <= 11*s; d += 200 * ms {
		failing(over, d)
	}
	over.told(true, at(11*s), at(11*s))
	if over.decide(at(11 * s)) {
		t.Error("it stands aside for what others said before")
	}

	deaf := new(policy) // nobody is heard for ten seconds
	failing(deaf, 0)
	deaf.told(true, at(200*ms), at(200*ms))
	for d := 10 * s; d <= 11*s; d += 200 * ms {
		failing(deaf, d)
	}
	deaf.told(true, at(11*s), at(11*s))
	if deaf.decide(at(11 * s)) {
		t.Error("it stands aside at the first word after long silence")
	}
	for d := 11*s + 200*ms; d <= 12*s; d += 200 * ms {
		failing(deaf, d)
		deaf.told(true, at(d), at(d))
	}
	if !deaf.decide(at(12 * s)) {
		t.Error("it does not stand aside when they have said so for a while")
	}
}

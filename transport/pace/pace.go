// Package pace says how soon a shard of transport writes again. Writing to a crowd could take all of a
// processor, and the others who need it then, the actors and the store above all, would have what is left.
// So ticks are followed by pauses, but only as far as others are short: that is measured, by what they had
// of the processor while the shard would have written. If nobody else wanted it there is no pause.
package pace

import "time"

// Pace is the pace of one shard.
type Pace struct {
	longest time.Duration

	// Since the last pause.
	own    time.Duration // what writing took
	others time.Duration // what others had meanwhile
	ended  time.Time     // the last tick
}

// New makes the pace of a shard whose pauses last at most so long.
func New(longest time.Duration) Pace { return Pace{longest: longest} }

// least is the shortest pause. The runtime's poller sleeps for whole milliseconds.
const least = time.Millisecond

// Begin says that a tick begins. If there was nothing to write for as long as a pause, that was one.
func (p *Pace) Begin(now time.Time) {
	if now.Sub(p.ended) >= max(p.pause(), least) {
		p.own, p.others = 0, 0
	}
}

// End says what a tick took, and whether everybody has had their turn with it: there is no pause before,
// since those who come first have been shown already what the others wait for. It returns the earliest
// time of the next tick.
func (p *Pace) End(tick *Span, round bool, now time.Time) time.Time {
	p.own += tick.own()
	p.others += tick.others()
	p.ended = now
	if pause := p.pause(); round && pause >= least {
		return now.Add(pause)
	}
	return now
}

// pause is half as long again as what others had while the shard wrote, but not as what it took itself: so
// writing has at least two fifths of the processor, and all of it if nobody else wants any.
func (p *Pace) pause() time.Duration {
	short := min(p.others, p.own)
	return min(short+short/2, p.longest)
}

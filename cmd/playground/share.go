package main

import "time"

// share decides when a gateway has so many more connections than the others that some should
// be sent to them, as after an outage, when whoever was ready first has got everybody. It is
// given numbers and makes no calls.
type share struct {
	over  int           // looks in a row that found too many
	quiet time.Time     // nobody is sent away before
	pause time.Duration // to the next time; 0: the first
}

const (
	// shareEvery is how often a gateway compares, and overLooks how often in a row it must find
	// too many.
	shareEvery = 5 * time.Second
	overLooks  = 3
	// calmFor is how long no gateway must have come or begun to leave: in a roll the next one
	// moves people anyway.
	calmFor = time.Minute
	// fewOver connections too many are left alone, and whatever is less than half as many again
	// as the average.
	fewOver = 16
	// sharePause is the least time between two sendings, which doubles up to shareAtMost
	// while they don't help: where the others are not sent anybody, all come back.
	sharePause, shareAtMost = time.Minute, time.Hour
)

// excess is how many of a gateway's connections should go, with those of the others that
// have told; 0: none.
func (b *share) excess(now time.Time, mine int, others []int) int {
	all := mine
	for _, n := range others {
		all += n
	}
	n := len(others) + 1
	mean := all / n
	over := mine - mean
	if len(others) == 0 || over <= fewOver || 2*mine <= 3*mean {
		if b.over = 0; !now.Before(b.quiet) {
			b.pause = 0
		}
		return 0
	}
	if now.Before(b.quiet) {
		return 0
	}
	if b.over++; b.over < overLooks {
		return 0
	}
	b.over, b.pause = 0, min(max(2*b.pause, sharePause), shareAtMost)
	b.quiet = now.Add(b.pause)
	return min(over*n/(n-1), mine) // one of n comes back
}

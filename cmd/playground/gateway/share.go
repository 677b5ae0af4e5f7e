package gateway

import "time"

// share decides when a gateway has so many more connections than the others that some clients
// should be sent to them. That happens after an outage, when the gateway that was ready first gets
// everybody. share is given numbers and makes no calls.
type share struct {
	over  int           // how many looks in a row found too many
	quiet time.Time     // nobody is sent away before
	pause time.Duration // until the next sending; 0: there was none yet
}

const (
	// shareEvery is how often a gateway compares. overLooks is how often in a row it must find too
	// many.
	shareEvery = 5 * time.Second
	overLooks  = 3
	// calmFor is how long no gateway may have come or begun to leave: during a rolling update, the
	// next restart moves people anyway.
	calmFor = time.Minute
	// fewOver connections above the average are tolerated, and so is anything up to one and a half
	// times the average.
	fewOver = 16
	// sharePause is the least time between two sendings. It doubles up to shareAtMost while they
	// don't help: if nothing directs clients to the other gateways, all of them come back.
	sharePause, shareAtMost = time.Minute, time.Hour
)

// excess returns how many of a gateway's connections should go. others are the counts of the
// gateways that answered.
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
	return min(over*n/(n-1), mine) // one in n comes back here
}

package transport

import (
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/quota"
)

// Somebody who beckons is shown to all who watch the place, and may make a sound there. So it is far slower than
// drawing, and has nothing to do with the allowance of pixels.
const (
	// A person may beckon beckonBurst times in a row, and then beckonRate times a second.
	beckonRate, beckonBurst = 1. / 3, 3
	// All people of a network together.
	networkBeckonRate, networkBeckonBurst = 1, 10
)

// beckons is what people and networks have left of that, on this pod.
type beckons struct {
	people   *quota.RatesBy[canvas.Subject]
	networks *quota.Rates
}

func newBeckons() beckons {
	return beckons{quota.NewRatesBy[canvas.Subject](beckonRate, beckonBurst), quota.NewRates(networkBeckonRate, networkBeckonBurst)}
}

// take takes one, or says how long to wait for the next.
func (b beckons) take(who visitor, network *quota.Account, now time.Time) (wait time.Duration) {
	if who.subject != (canvas.Subject{}) {
		if wait, ok := b.people.Take(who.subject, 1, now); !ok {
			return wait
		}
	}
	if network.Proxy() {
		return 0
	}
	wait, _ = b.networks.Take(quota.NetworkOf(who.from), 1, now)
	return wait
}

// beckon passes on that a client beckons, unless its person or network does so too often.
func (s *shard) beckon(c *conn, m codec.Beckon) {
	if wait := s.server.beckons.take(s.visitors[c.id], c.account, s.now); wait > 0 {
		s.refuseFor(c, canvas.RefusedRate, wait)
		return
	}
	s.command(c, actors.Beckon(m))
}

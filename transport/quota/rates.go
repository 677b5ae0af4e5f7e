package quota

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rates is a token bucket of pixels for each client address.
type Rates = RatesBy[netip.Prefix]

// RatesBy is a token bucket for each client, by what clients are known by. The table is bounded: who
// is not among the last rememberedAddresses seen starts again with a full bucket. Anyone with that
// many addresses does not gain much by that.
type RatesBy[K comparable] struct {
	rate  rate.Limit // 0: no limit
	burst int

	mu sync.Mutex // guards:
	// The young and the old half of the table. When the young half is full the old one
	// is dropped, so that forgetting costs nothing per request.
	young, old map[K]*rate.Limiter
}

// rememberedAddresses bounds each half of the table, at about 200 bytes an entry: 4 MB in all.
const rememberedAddresses = 10_000

// NewRates makes Rates that fill with so many pixels a second; 0: without a limit.
func NewRates(pixelsPerSecond float64, burst int) *Rates {
	return NewRatesBy[netip.Prefix](pixelsPerSecond, burst)
}

// NewRatesBy makes RatesBy that fill with so many a second; 0: without a limit.
func NewRatesBy[K comparable](perSecond float64, burst int) *RatesBy[K] {
	return &RatesBy[K]{rate: rate.Limit(perSecond), burst: burst, young: make(map[K]*rate.Limiter)}
}

// Take removes n pixels from the client's bucket. If there are not enough, it returns false and
// how long to wait; 0: n is more than a bucket holds, so waiting does not help.
func (l *RatesBy[K]) Take(client K, n int, now time.Time) (wait time.Duration, ok bool) {
	if l.rate == 0 || n == 0 {
		return 0, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket := l.bucket(client)
	taken := bucket.ReserveN(now, n)
	if wait := taken.DelayFrom(now); taken.OK() && wait > 0 {
		taken.CancelAt(now)
		return wait, false
	}
	return 0, taken.OK()
}

// Give puts n pixels back into the client's bucket.
func (l *RatesBy[K]) Give(client K, n int, now time.Time) {
	if l.rate == 0 || n <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bucket(client).AllowN(now, -n) // the next look cuts off what then exceeds the burst
}

// Wait is how long until the client may take one pixel; 0: it may take one now.
func (l *RatesBy[K]) Wait(client K, now time.Time) time.Duration {
	if l.rate == 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if missing := 1 - l.bucket(client).TokensAt(now); missing > 0 {
		return time.Duration(missing / float64(l.rate) * float64(time.Second))
	}
	return 0
}

func (l *RatesBy[K]) bucket(client K) *rate.Limiter {
	if bucket, ok := l.young[client]; ok {
		return bucket
	}
	bucket, ok := l.old[client]
	if !ok {
		bucket = rate.NewLimiter(l.rate, l.burst)
	}
	if len(l.young) >= rememberedAddresses {
		l.young, l.old = make(map[K]*rate.Limiter), l.young
	}
	l.young[client] = bucket
	return bucket
}

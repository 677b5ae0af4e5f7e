package main

import (
	"sync"
	"time"

	"pixelplayground/codec"
)

const (
	// maxStroke is the most pixels in one op. Larger ops would not be faster, and more pixels would
	// be refused or sent again at a time.
	maxStroke = 1024
	// maxFlying is how many pixels may be unanswered: a quarter of what a region queues before it
	// refuses as busy, and more than a fast server handles in 10 ms.
	maxFlying = 64 << 10
	// strokesPerSecond is how often a stroke is placed when the server limits the rate: often
	// enough to look alive.
	strokesPerSecond = 10
	// jitter is how much the travel time of messages to the server may vary, in seconds.
	jitter = 0.05
	// reconnectPause is how often to look whether there is a connection again.
	reconnectPause = 50 * time.Millisecond
)

// pace is how fast the server lets this client draw. It counts as the server does, with a
// bucket that fills by rate up to burst, so that nothing need be refused.
type pace struct {
	mu     sync.Mutex
	rate   float64 // pixels per second; 0: no limit
	burst  float64 // pixels
	left   float64 // pixels, at the time of last; negative: a debt
	last   time.Time
	until  time.Time // nothing is placed before: the server asked to wait
	flying int       // pixels placed and not answered
	ended  bool      // there is no connection now
}

// begin takes over the limits of a new connection, on which the unanswered ops are
// placed again.
func (p *pace) begin(w codec.Welcome, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rate, p.burst = w.Rate, float64(w.Burst)
	p.left, p.last = p.brim()-float64(p.flying), now
	p.until, p.ended = time.Time{}, false
}

// end says that the connection broke. Pixels placed now would all be sent at once on the next
// connection, and be refused.
func (p *pace) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
}

// brim is what a full bucket certainly holds when a message arrives: a full bucket does not fill
// further while the message is on its way. If the burst is small for its rate, keeping the rate up
// is worth an occasional refusal.
func (p *pace) brim() float64 { return p.burst - min(p.rate*jitter, p.burst/4) }

// stroke is how many pixels to place at once.
func (p *pace) stroke() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rate == 0 {
		return maxStroke
	}
	return int(min(max(p.rate/strokesPerSecond, 1), max(p.burst, 1), maxStroke))
}

// full reports whether to wait for answers before pixels more are placed.
func (p *pace) full(pixels int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.flying > 0 && p.flying+pixels > maxFlying
}

// take counts pixels as placed, or says how long to wait before asking again.
func (p *pace) take(pixels int, now time.Time) (wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return reconnectPause
	}
	if wait = p.until.Sub(now); wait > 0 {
		return wait
	}
	if p.rate > 0 {
		p.left = min(p.burst, p.left+p.rate*now.Sub(p.last).Seconds())
		p.last = now
		if missing := min(float64(pixels), p.burst) - p.left; missing > 0 {
			return time.Duration(missing/p.rate*float64(time.Second)) + 1
		}
		p.left = min(p.left, p.brim()) - float64(pixels)
	}
	p.flying += pixels
	return 0
}

// answered says that so many pixels are not flying any more.
func (p *pace) answered(pixels int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flying -= pixels
}

// refused is like answered, for pixels that were not drawn: it takes over the server's count of
// what is left of the allowance, and waits as long as the server asks.
func (p *pace) refused(pixels int, left uint64, retry time.Duration, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flying -= pixels
	p.left = min(p.left+float64(pixels), float64(left))
	if until := now.Add(retry); until.After(p.until) {
		p.until = until
	}
}

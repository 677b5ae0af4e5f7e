package wire

import "time"

// Backoff is how long to wait before connecting again: First, doubled with each failed attempt
// up to Max. It is spread by a quarter in both directions, so that clients that were cut off
// together don't come back together. PROTOCOL.md asks for 100 ms and 2 s, which is the default.
type Backoff struct {
	First, Max time.Duration
}

// What PROTOCOL.md asks for.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 2 * time.Second
)

// Delay is the pause before an attempt. The first attempt is number 0; random is in [0, 1).
func (b Backoff) Delay(attempt int, random float64) time.Duration {
	delay := b.First
	for ; attempt > 0 && delay < b.Max; attempt-- {
		delay *= 2
	}
	return time.Duration(float64(min(delay, b.Max)) * (0.75 + 0.5*random))
}

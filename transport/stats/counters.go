package stats

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/codec"
)

// Counters counts what the transport has done since it was started. Every field may be read
// from any goroutine.
type Counters struct {
	Connections atomic.Int64 // WebSockets open now, including those being closed
	Binary      atomic.Int64 // of them, in the binary protocol
	JSON        atomic.Int64 // of them, in the JSON protocol

	Accepted atomic.Int64  // TCP connections
	Upgraded atomic.Int64  // handshakes that made a WebSocket
	Refused  Tally[string] // refused handshakes, and requests for which there was no place, by reason
	Evicted  Tally[string] // connections closed to make room, by what they did: idle, unfinished

	MessagesIn atomic.Int64 // from clients, whole
	BytesIn    atomic.Int64 // on WebSockets, frame headers included
	BytesOut   atomic.Int64
	Writes     atomic.Int64 // system calls that wrote to WebSockets
	Pixels     atomic.Int64 // pixels times connections they were written to

	Behind    atomic.Int64 // connections that have not taken all that was written to them, now
	Slow      atomic.Int64 // times a connection did not take all that was written to it
	Lagged    atomic.Int64 // times frames were withheld from a slow connection, to be merged
	Resyncs   atomic.Int64 // regions asked for by Host.Resync
	Waits     atomic.Int64 // times a region was not asked for because the client or its network had drawn too much
	Dropped   atomic.Int64 // batches dropped because a shard was too far behind
	Throttled atomic.Int64 // times a connection was not read from because its messages waited

	Starved atomic.Int64 // times a connection was not read from because unfinished messages held too much memory

	Faults atomic.Int64 // panics that were caught, see Faults

	Ticks     atomic.Int64 // each writes to a part of a shard's connections
	TickNanos atomic.Int64 // what the last tick took
	TickCPU   atomic.Int64 // CPU time of all ticks, in nanoseconds; 0 on systems other than Linux

	// Tick observes with each tick for how long the first of the pixels that it has written had been
	// waiting in the shard. It is set before Server.Open; nil: not observed.
	Tick func(time.Duration)

	// Closes counts closed connections by the code we sent. CloseNormal: the client closed;
	// 1006: it vanished.
	Closes Tally[codec.CloseCode]
}

// Tally counts by key. It is for few keys that are seldom counted.
type Tally[K comparable] struct {
	mu     sync.Mutex
	counts map[K]int64
}

// Add counts one more.
func (t *Tally[K]) Add(key K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = make(map[K]int64)
	}
	t.counts[key]++
}

// All is a copy of the counts.
func (t *Tally[K]) All() map[K]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.counts)
}

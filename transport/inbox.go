package transport

import (
	"sync"

	"pixelplayground/actors/canvas"
)

// command is what others ask of a shard. It runs on the shard's goroutine.
type command interface{ run(s *shard) }

// maxInboxFrames bounds the frames that wait for a shard, in bytes: more than a second
// of the heaviest drawing. A shard that far behind skips to the present.
const maxInboxFrames = 4 << 20

// inbox is the way into a shard, from any goroutine. Only frames, which the actors
// produce without end, are bounded here. Everything else is bounded by its sender: what
// a connection's actor says by the client's credit, the rest by being rare.
type inbox struct {
	wake func() // called when the inbox is no longer empty, with the lock held

	mu       sync.Mutex
	isOpen   bool // otherwise everything is dropped
	commands []command
	bytes    int       // of frames among the commands
	lost     regionSet // regions of which a batch was dropped since the last take
	losses   bool      // lost is not empty
}

func (b *inbox) open(regions int, wake func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.isOpen, b.wake, b.lost = true, wake, newRegionSet(regions)
}

// post leaves a command; false: the shard is closed.
func (b *inbox) post(c command) bool { return b.offer(c, 0) }

// offer leaves a command that carries a frame of so many bytes; false: it was dropped.
func (b *inbox) offer(c command, bytes int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.leave(c, bytes)
}

// offerBatch is offer for a batch of a region. If it is dropped the shard finds out when
// it next looks, so that no viewer stays behind, even if this was the last batch for long.
func (b *inbox) offerBatch(c command, region canvas.RegionID, bytes int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.leave(c, bytes) {
		return true
	}
	if b.isOpen {
		b.lost.add(region)
		b.losses = true
	}
	return false
}

func (b *inbox) leave(c command, bytes int) bool {
	if !b.isOpen || bytes > 0 && b.bytes+bytes > maxInboxFrames && b.bytes > 0 {
		return false
	}
	b.bytes += bytes
	b.commands = append(b.commands, c)
	if len(b.commands) == 1 {
		b.wake()
	}
	return true
}

// take empties the inbox, which goes on with the room that the last taken commands left.
func (b *inbox) take(room []command) (commands []command, lost []canvas.RegionID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	commands, b.commands = b.commands, room[:0]
	b.bytes = 0
	if b.losses {
		for region := range b.lost.all() {
			lost = append(lost, region)
		}
		clear(b.lost)
		b.losses = false
	}
	return commands, lost
}

// close drops everything from now on, and returns what was left before.
func (b *inbox) close() []command {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := b.commands
	b.isOpen, b.commands = false, nil
	return left
}

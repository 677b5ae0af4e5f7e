// Package inbox is where other goroutines leave what a shard is to do.
package inbox

import (
	"sync"

	"pixelplayground/actors/canvas"
)

// maxFrames bounds the frames that wait for a shard, in bytes. It is more than a second of
// the heaviest drawing. A shard that is further behind skips to the present.
const maxFrames = 4 << 20

// Inbox holds the commands that any goroutine may leave for a shard. Only frames are bounded
// here, since the actors produce them without end. Everything else is bounded elsewhere: what
// a connection's actor sends by the client's credit, the rest because it is rare.
type Inbox[Command any] struct {
	wake func() // called with the lock held when the inbox is no longer empty

	mu       sync.Mutex
	isOpen   bool // if not, everything is dropped
	commands []Command
	bytes    int              // of frames among the commands
	lost     canvas.RegionSet // regions with a batch that was dropped since the last take
	losses   bool             // lost is not empty
}

// Open begins to take commands, for a shard of a pod with so many regions.
func (b *Inbox[Command]) Open(regions int, wake func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.isOpen, b.wake, b.lost = true, wake, canvas.NewRegionSet(regions)
}

// Post leaves a command for the shard. It returns false if the shard is closed.
func (b *Inbox[Command]) Post(c Command) bool { return b.Offer(c, 0) }

// Offer leaves a command that carries a frame of the given size for the shard. It returns false
// if the command was dropped.
func (b *Inbox[Command]) Offer(c Command, bytes int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.leave(c, bytes)
}

// OfferBatch is Offer for a batch of a region. If the batch is dropped, the shard learns of it
// with the next take. So no viewer stays behind, even if the region's next batch is a long time off.
func (b *Inbox[Command]) OfferBatch(c Command, region canvas.RegionID, bytes int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.leave(c, bytes) {
		return true
	}
	if b.isOpen {
		b.lost.Add(region)
		b.losses = true
	}
	return false
}

func (b *Inbox[Command]) leave(c Command, bytes int) bool {
	if !b.isOpen || bytes > 0 && b.bytes+bytes > maxFrames && b.bytes > 0 {
		return false
	}
	b.bytes += bytes
	b.commands = append(b.commands, c)
	if len(b.commands) == 1 {
		b.wake()
	}
	return true
}

// Take empties the inbox. The inbox reuses room, which held the commands taken before.
func (b *Inbox[Command]) Take(room []Command) (commands []Command, lost []canvas.RegionID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	commands, b.commands = b.commands, room[:0]
	b.bytes = 0
	if b.losses {
		for region := range b.lost.All() {
			lost = append(lost, region)
		}
		clear(b.lost)
		b.losses = false
	}
	return commands, lost
}

// Close makes the inbox drop everything from now on, and returns the commands that were left.
func (b *Inbox[Command]) Close() []Command {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := b.commands
	b.isOpen, b.commands = false, nil
	return left
}

package transport

import (
	"sync"

	"pixelplayground/actors/canvas"
)

// command is something for a shard to do. It runs on the shard's goroutine.
type command interface{ run(s *shard) }

// maxInboxFrames bounds the frames that wait for a shard, in bytes. It is more than a second of
// the heaviest drawing. A shard that is further behind skips to the present.
const maxInboxFrames = 4 << 20

// inbox holds the commands that any goroutine may leave for a shard. Only frames are bounded
// here, since the actors produce them without end. Everything else is bounded elsewhere: what
// a connection's actor sends by the client's credit, the rest because it is rare.
type inbox struct {
	wake func() // called with the lock held when the inbox is no longer empty

	mu       sync.Mutex
	isOpen   bool // if not, everything is dropped
	commands []command
	bytes    int              // of frames among the commands
	lost     canvas.RegionSet // regions with a batch that was dropped since the last take
	losses   bool             // lost is not empty
}

func (b *inbox) open(regions int, wake func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.isOpen, b.wake, b.lost = true, wake, canvas.NewRegionSet(regions)
}

// post leaves a command for the shard. It returns false if the shard is closed.
func (b *inbox) post(c command) bool { return b.offer(c, 0) }

// offer leaves a command that carries a frame of the given size for the shard. It returns false
// if the command was dropped.
func (b *inbox) offer(c command, bytes int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.leave(c, bytes)
}

// offerBatch is offer for a batch of a region. If the batch is dropped, the shard learns of it
// with the next take. So no viewer stays behind, even if the region's next batch is a long time off.
func (b *inbox) offerBatch(c command, region canvas.RegionID, bytes int) bool {
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

// take empties the inbox. The inbox reuses room, which held the commands taken before.
func (b *inbox) take(room []command) (commands []command, lost []canvas.RegionID) {
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

// close makes the inbox drop everything from now on, and returns the commands that were left.
func (b *inbox) close() []command {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := b.commands
	b.isOpen, b.commands = false, nil
	return left
}

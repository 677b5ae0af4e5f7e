package actors

import (
	"fmt"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/oplog"
)

// Window is how many ops of one session may be unacknowledged at once. A region remembers four
// times as many of a session's last op numbers (oplog.Remembered), so that it can't take a late op
// for one it has had.
const Window = oplog.Remembered / 4

// minRate, in pixels per second, is about one pixel in a day.
const minRate = 1e-5

// Config is what an operator may choose about the actors of a pod.
type Config struct {
	Node     string          // this pod's name, shown to clients
	Gateway  bool            // it has users: relays, connections and a roster
	Canvas   bool            // it carries regions and presence
	Geometry canvas.Geometry // of the whole canvas
	Rate     float64         // pixels per second and connection; 0: no limit
	Burst    int             // pixels that may be placed at once after a pause

	// BatchPixels bounds one commit; what is over it waits for the next. 16,384 pixels
	// are 130 KB in memory and well under a peer message's limit.
	BatchPixels int
	// QueuePixels bounds what waits in one region, and what one relay holds
	// unacknowledged. When full, ops are refused as busy.
	QueuePixels int
	// RingPixels bounds the recent batches that a region and its relay share for resuming
	// clients, at 8 bytes a pixel; an op counts as 20 pixels more. It is lowered to the
	// size of the region, because from there on a snapshot is cheaper.
	RingPixels int
	// ListedUsers bounds the names shown; the count of users is exact regardless.
	ListedUsers int

	// PresenceEvery is the least time between two changes of presence that are shown: what happens
	// in between is shown as one. The JSON protocol promises 200 ms.
	PresenceEvery time.Duration
	// PointersEvery is the same for cursors.
	PointersEvery time.Duration
	// Beat is how often a relay renews its subscription, and with it finds out that its region has
	// restarted or moved. After four beats without an answer the region counts as gone.
	Beat time.Duration
	// StoreTimeout bounds one call to the store.
	StoreTimeout time.Duration
	// Patience is how long ops wait for a store that does not answer before they are refused.
	Patience time.Duration
	// Yield is how long the previous owner of a region has to let go when the next one asks. A
	// commit and a release take a few milliseconds. An owner that is dead, and not yet known to be,
	// must not hold the next one up.
	Yield time.Duration
	// Linger is how long a relay that was only read from keeps its replica.
	Linger time.Duration
	// RecordPixels is how many pixels of a region that are not recorded wait at most, and RecordAge for
	// how long, before they are written to the record. Few files are large, and are written seldom.
	RecordPixels int
	RecordAge    time.Duration
	// Retire is how long Close and HandOver wait for regions. Only a store that does not answer takes
	// that long, and what it has not taken was not acknowledged.
	Retire time.Duration
}

// DefaultConfig is right for a pod of two cores and a canvas of 1024x1024.
func DefaultConfig() Config {
	return Config{
		Node:          "local",
		Gateway:       true,
		Canvas:        true,
		Geometry:      canvas.Geometry{Width: 1024, Height: 1024, Region: 256},
		Rate:          200,
		Burst:         2000,
		BatchPixels:   16 << 10,
		QueuePixels:   256 << 10,
		RingPixels:    64 << 10,
		ListedUsers:   1000,
		PresenceEvery: 200 * time.Millisecond,
		PointersEvery: 50 * time.Millisecond,
		Beat:          250 * time.Millisecond,
		StoreTimeout:  5 * time.Second,
		Patience:      3 * time.Second,
		Yield:         500 * time.Millisecond,
		Linger:        10 * time.Second,
		RecordPixels:  16 << 10,
		RecordAge:     10 * time.Minute,
		Retire:        5 * time.Second,
	}
}

// Validate says what is wrong and how to fix it.
func (c Config) Validate() error {
	if err := c.Geometry.Validate(); err != nil {
		return err
	}
	switch {
	case !c.Gateway && !c.Canvas:
		return fmt.Errorf("roles: must be gateway, canvas or both")
	case c.Node == "":
		return fmt.Errorf("node: must not be empty, for example the host's name")
	case !(c.Rate >= 0) || (c.Rate > 0 && c.Rate < minRate):
		return fmt.Errorf("rate %g: must be 0 (no limit) or at least %g pixels per second, for example 200", c.Rate, minRate)
	case c.Rate > 0 && c.Burst < 1:
		return fmt.Errorf("burst %d: must be at least 1 pixel, for example 2000", c.Burst)
	case c.BatchPixels > canvas.MaxBatchPixels || c.ListedUsers > canvas.MaxListedUsers:
		return fmt.Errorf("batch of %d pixels, %d listed users: at most %d and %d fit a message", c.BatchPixels, c.ListedUsers, canvas.MaxBatchPixels, canvas.MaxListedUsers)
	case c.BatchPixels < 1 || c.QueuePixels < c.BatchPixels || c.RingPixels < 1 || c.ListedUsers < 0 || c.RecordPixels < 1:
		return fmt.Errorf("queues: batch, ring, listed users and what waits to be recorded must be positive, and the queue at least one batch")
	case c.PresenceEvery <= 0 || c.PointersEvery <= 0 || c.Beat <= 0 || c.StoreTimeout <= 0 || c.Patience <= 0 || c.Yield <= 0 || c.Linger <= 0 || c.RecordAge <= 0 || c.Retire <= 0:
		return fmt.Errorf("times: every duration must be positive")
	}
	return nil
}

// ringPixels is the ring's bound for one region.
func (c Config) ringPixels(id canvas.RegionID) int {
	_, _, width, height := c.Geometry.Bounds(id)
	return min(c.RingPixels, max(width*height, 256))
}

// regionPatience and relayPatience are how long ops wait at a region and at a relay. Whoever placed
// an op shall have an answer within Patience, and both look once a beat. So a region that waits for
// the store refuses the ops that it has not offered, early enough for its relays to hear of it. Of
// the rest a relay says that they wait.
func (c Config) regionPatience() time.Duration { return max(c.Patience-3*c.Beat, c.Patience/2) }
func (c Config) relayPatience() time.Duration  { return max(c.Patience-c.Beat, c.Patience/2) }

// askTime is how long the store may take to say who the owner is, before reading goes on without
// its answer. Whoever asks while a question is under way waits for the next one as well, so an
// answer takes no longer than Patience.
func (c Config) askTime() time.Duration { return c.Patience / 2 }

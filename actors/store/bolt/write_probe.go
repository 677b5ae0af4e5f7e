package bolt

import (
	"sync"
	"time"
)

const (
	// scarce is so little free room on the disk, in bytes, that a commit may not find any. The file
	// grows by 16 MB at a time, but the disk allocates only what is written.
	scarce = 4 << 20
	// probeEvery is how often pings really write when there is doubt, however many come.
	probeEvery = time.Second
	// probeBytes is more than a usual commit's pages take.
	probeBytes = 24 << 10
)

// probeKey is what pings write, in the bucket about the canvas.
const probeKey = "probe"

// doubt is what is known about whether a commit would succeed. Normally nothing suggests that it would
// not. After a failure, or with a disk nearly full, only a try tells.
type doubt struct {
	mu      sync.Mutex
	failure error // of the last transaction; nil: it was written
	probed  time.Time
	said    bool // it has been logged that nothing is written
}

// why returns why the last transaction failed; nil: it was written.
func (d *doubt) why() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failure
}

// due reports whether pings must really write.
func (d *doubt) due(now time.Time, room func() uint64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return now.Sub(d.probed) >= probeEvery && (d.failure != nil || room() < scarce)
}

func (d *doubt) tried(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.probed = now
}

// probe writes as much as a commit would.
func (t *tables) probe() error {
	return t.about.Put([]byte(probeKey), make([]byte, probeBytes))
}

// settle notes the outcome of a transaction, and logs it when it has changed.
func (s *Store) settle(err error) {
	s.doubt.mu.Lock()
	defer s.doubt.mu.Unlock()
	s.doubt.failure = err
	if s.cfg.Log == nil || (err != nil) == s.doubt.said {
		return
	}
	if s.doubt.said = err != nil; err != nil {
		s.cfg.Log.Error("the canvas can't be written", "file", s.db.Path(), "err", err)
	} else {
		s.cfg.Log.Info("the canvas is written again", "file", s.db.Path())
	}
}

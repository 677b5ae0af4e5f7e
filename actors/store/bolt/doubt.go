package bolt

import (
	"time"

	"go.etcd.io/bbolt"
)

const (
	// scarce is so little free room on the disk, in bytes, that a commit may not find any:
	// the file grows by 16 MB at a time, of which the disk gives what is written.
	scarce = 4 << 20
	// probeEvery is how often pings try in earnest when there is doubt, however many come.
	probeEvery = time.Second
	// probeBytes is more than the pages that a usual commit writes anew.
	probeBytes = 24 << 10
)

// probeKey is what pings write, in the bucket about the canvas.
const probeKey = "probe"

// doubt is what the writer knows about whether a commit would succeed. Nothing speaks
// against it as a rule; after a failure, or with a disk nearly full, only trying tells. The
// writer's own.
type doubt struct {
	failure error // of the last transaction; nil: it was written
	probed  time.Time
	said    bool // the log says that nothing is written
}

// due reports whether pings must try.
func (d *doubt) due(now time.Time, room func() uint64) bool {
	return now.Sub(d.probed) >= probeEvery && (d.failure != nil || room() < scarce)
}

// probe writes as much as a commit would.
func probe(tx *bbolt.Tx) error {
	return tx.Bucket([]byte(aboutBucket)).Put([]byte(probeKey), make([]byte, probeBytes))
}

// settle notes what became of a transaction, and says it when that has changed.
func (s *Store) settle(err error) {
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

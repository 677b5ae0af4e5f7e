package store

import "pixelplayground/actors/canvas"

// Keep is how much of a region's log a store keeps.
type Keep struct {
	Least  int // pixels that are kept, recorded or not
	Buffer int // pixels that are kept if they are not recorded; 0: nothing is recorded, so Least counts
}

// Cuts returns up to where a log that ends at a sequence number may be trimmed. Except for the last
// batch, one that begins before must goes, and one that ends at may or before goes if it is recorded.
func (k Keep) Cuts(end uint64) (must, may uint64) {
	may = end - min(end, uint64(k.Least))
	if k.Buffer == 0 {
		return may, 0
	}
	return end - min(end, uint64(max(k.Least, k.Buffer))), may
}

// Tail returns the end of a log that Least allows: a claim brings no more of it, however much is not
// recorded, and Mend writes no more.
func (k Keep) Tail(log []*canvas.Batch) []*canvas.Batch {
	if len(log) == 0 {
		return log
	}
	first, end := len(log)-1, log[len(log)-1].To
	for first > 0 && end-log[first-1].From <= uint64(k.Least) {
		first--
	}
	return log[first:]
}

// TailFrom returns a sequence number after which a region's log is read for a claim: the batches that
// end after it include those of Tail. A log from start to end that Least allows is read whole.
func (k Keep) TailFrom(start, end uint64) uint64 {
	if k.Least == 0 || end < start || end-start <= uint64(k.Least) {
		return start
	}
	return end - uint64(k.Least)
}

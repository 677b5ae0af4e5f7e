package oplog

import (
	"container/heap"

	"pixelplayground/actors/canvas"
)

// shares says which session to forget when there is no room for one more. The sessions of a network
// are its share, and the largest share loses one.
type shares struct {
	of    map[canvas.Network]*share
	order shareHeap
}

// share is the sessions of one network, in the order in which their last ops were applied.
type share struct {
	network        canvas.Network
	sessions       int
	oldest, newest *sessionOps
	at             int // in the heap
}

func newShares() shares { return shares{of: make(map[canvas.Network]*share)} }

// join puts a session that is in no share into its network's.
func (s *shares) join(r *sessionOps, network canvas.Network) {
	if r.share = s.of[network]; r.share == nil {
		r.share = &share{network: network}
		s.of[network] = r.share
		heap.Push(&s.order, r.share)
	}
	r.share.sessions++
	r.share.append(r)
	heap.Fix(&s.order, r.share.at)
}

// touch notes that an op of a session has been applied.
func (s *shares) touch(r *sessionOps) {
	if r.share.newest != r {
		r.share.unlink(r)
		r.share.append(r)
	} else if r.share.oldest != r {
		return
	}
	heap.Fix(&s.order, r.share.at)
}

// longestSilent returns the session to forget first.
func (s *shares) longestSilent() *sessionOps { return s.order[0].oldest }

func (s *shares) leave(r *sessionOps) {
	of := r.share
	of.unlink(r)
	if of.sessions--; of.sessions > 0 {
		heap.Fix(&s.order, of.at)
		return
	}
	heap.Remove(&s.order, of.at)
	delete(s.of, of.network)
}

func (s *share) append(r *sessionOps) {
	r.older, r.newer = s.newest, nil
	if s.newest != nil {
		s.newest.newer = r
	} else {
		s.oldest = r
	}
	s.newest = r
}

func (s *share) unlink(r *sessionOps) {
	if r.older != nil {
		r.older.newer = r.newer
	} else {
		s.oldest = r.newer
	}
	if r.newer != nil {
		r.newer.older = r.older
	} else {
		s.newest = r.older
	}
}

// shareHeap has the share with the most sessions on top. Of several it is the one whose oldest
// session has been silent longest.
type shareHeap []*share

func (h shareHeap) Len() int { return len(h) }

func (h shareHeap) Less(i, j int) bool {
	if h[i].sessions != h[j].sessions {
		return h[i].sessions > h[j].sessions
	}
	return h[i].oldest.last < h[j].oldest.last
}

func (h shareHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

// Push and Pop are for container/heap.
func (h *shareHeap) Push(s any) {
	s.(*share).at = len(*h)
	*h = append(*h, s.(*share))
}

func (h *shareHeap) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return s
}

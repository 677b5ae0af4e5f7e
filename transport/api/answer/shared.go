package answer

import (
	"context"
	"sync/atomic"
)

// Shared is an answer that callers share if they ask at about the same time. A caller that asks
// while an answer is being worked out waits for the next one, which is worked out once for all
// that wait. So no answer is older than its question, and a thousand callers cost no more than
// two do.
type Shared[T any] struct {
	turn  chan struct{} // cap 1: full while a caller has the turn
	asked atomic.Uint64 // counts questions and answers

	// Only for the caller that has the turn:
	last  T
	began uint64 // value of asked when work on the last answer began; 0: there is no answer
}

// NewShared makes one without an answer.
func NewShared[T any]() Shared[T] { return Shared[T]{turn: make(chan struct{}, 1)} }

// Get returns an answer. An error is for this caller alone: the next one that waits tries
// again. workOut gets the previous answer, if there was one. taken, if it is not nil, is called
// with the answer before another answer can replace it.
func (s *Shared[T]) Get(ctx context.Context, workOut func(before T) (T, error), taken func(T)) (answer T, err error) {
	came := s.asked.Add(1)
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return answer, ctx.Err()
	}
	defer func() { <-s.turn }()
	if s.began < came {
		began := s.asked.Add(1)
		if answer, err = workOut(s.last); err != nil {
			return answer, err
		}
		s.last, s.began = answer, began
	}
	if taken != nil {
		taken(s.last)
	}
	return s.last, nil
}

// Latest is the last answer, for when nobody asks any more.
func (s *Shared[T]) Latest() T { return s.last }

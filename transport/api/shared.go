package api

import (
	"context"
	"sync/atomic"
)

// shared is an answer for all who ask at about the same time. Who asks while it is being
// worked out waits for the next one, which is then worked out once for all who wait: so no
// answer is older than its question, and any number of askers costs no more than one.
type shared[T any] struct {
	turn  chan struct{} // cap 1: held by who works it out
	asked atomic.Uint64 // counts questions and answers

	// Of who has the turn:
	last  T
	began uint64 // asked, when the last answer was begun; 0: there is none
}

func newShared[T any]() shared[T] { return shared[T]{turn: make(chan struct{}, 1)} }

// get gives an answer, or why there is none: that is for this asker alone, and the next one
// who waits tries again. workOut gets the answer before, if there was one; taken, if it is
// not nil, is told of the answer before another can take its place.
func (s *shared[T]) get(ctx context.Context, workOut func(before T) (T, error), taken func(T)) (answer T, err error) {
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

package answer

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestShared_OneAnswerForAllWhoWait(t *testing.T) {
	s := NewShared[int]()
	begun, goOn := make(chan struct{}), make(chan struct{})
	var asked atomic.Int64
	ask := func(int) (int, error) { return int(asked.Add(1)), nil }
	var all sync.WaitGroup
	all.Go(func() {
		_, _ = s.Get(t.Context(), func(int) (int, error) { close(begun); <-goOn; return ask(0) }, nil)
	})
	<-begun
	var answers [50]int
	came := s.asked.Load()
	for i := range answers {
		all.Go(func() { answers[i], _ = s.Get(context.Background(), ask, nil) })
	}
	for deadline := time.Now().Add(10 * time.Second); s.asked.Load() < came+50; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("they do not come")
		}
	}
	close(goOn)
	all.Wait()
	for i, got := range answers {
		if got != 2 { // the first was begun before they asked
			t.Errorf("%d was told answer %d", i, got)
		}
	}
	if asked.Load() != 2 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestShared_AFailureIsOneAskersAlone(t *testing.T) {
	s := NewShared[int]()
	if _, err := s.Get(t.Context(), func(int) (int, error) { return 0, errors.ErrUnsupported }, nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
	if got, err := s.Get(t.Context(), func(int) (int, error) { return 7, nil }, nil); got != 7 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	s.turn <- struct{}{}
	if _, err := s.Get(gone, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("waits although nobody wants to know: %v", err)
	}
}

func TestShared_AFaultGivesTheTurnBack(t *testing.T) {
	s := NewShared[int]()
	func() {
		defer func() { _ = recover() }()
		_, _ = s.Get(t.Context(), func(int) (int, error) { panic("made to fail") }, nil)
	}()
	if len(s.turn) != 0 {
		t.Error("nobody else can ask")
	}
}

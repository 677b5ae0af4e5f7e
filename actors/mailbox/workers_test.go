package mailbox

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Goal: idle workers end with the node, and messages that come afterwards are still handled.
func TestWorkers_CloseWaitsForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // synctest.Test fails if a goroutine is left
		w := NewWorkers()
		var seen recorder
		for range 2 * maxIdle {
			started(w, &seen).PostUserMessage(1)
		}
		synctest.Wait()
		if n := w.resting(); n == 0 || n > maxIdle {
			t.Errorf("%d workers are idle, want up to %d", n, maxIdle)
		}
		w.Close()
		started(w, &seen).PostUserMessage(2)
		synctest.Wait()
		if got := seen.take(); len(got) != 2*maxIdle+1 {
			t.Errorf("%d messages were handled, want %d", len(got), 2*maxIdle+1)
		}
	})
}

// Goal: messages that come while the workers end are handled, and do no harm.
func TestWorkers_MessagesWhileClosing(t *testing.T) {
	for range 300 {
		w := NewWorkers()
		var seen recorder
		var sending sync.WaitGroup
		for range 4 {
			m := started(w, &seen)
			sending.Go(func() {
				for range 50 {
					m.PostUserMessage(1)
					runtime.Gosched()
				}
			})
		}
		w.Close()
		sending.Wait()
		w.Close()
		if got := len(seen.take()); got != 200 {
			t.Fatalf("%d messages were handled, want 200", got)
		}
	}
}

// Goal: an actor that is stuck does not keep the pod from ending.
func TestWorkers_CloseDoesNotWaitForTheStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWorkers()
		hold := make(signal)
		m := started(w, hold)
		m.PostUserMessage(1)
		synctest.Wait()
		began := time.Now()
		if stuck := w.Close(); stuck != 1 || time.Since(began) != stuckAfter {
			t.Errorf("%d were stuck, after %v", stuck, time.Since(began))
		}
		<-hold
		synctest.Wait()
		if stuck := w.Close(); stuck != 0 {
			t.Errorf("%d are stuck afterwards", stuck)
		}
	})
}

// resting returns how many workers are idle.
func (w *Workers) resting() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.idle)
}

// Goal: when many actors have something to do, the patient wait for a worker, and no goroutine is
// started for them; others have one at once. Method: as many actors as are many hold their workers.
func TestWorkers_ThePatientWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWorkers()
		hold := make(signal)
		for range w.many {
			started(w, hold).PostUserMessage(1)
		}
		synctest.Wait()
		var seen recorder
		for range 1000 {
			m := started(w, &seen)
			m.Patient = true
			m.PostUserMessage(1)
		}
		synctest.Wait()
		if n := len(seen.take()); n != 0 || w.count != w.many || w.ready.len() != 1000 {
			t.Errorf("%d messages of 1000 were handled, %d mailboxes wait, and there are %d workers", n, w.ready.len(), w.count)
		}
		started(w, &seen).PostUserMessage(2)
		synctest.Wait()
		if got := seen.take(); len(got) != 1001 || got[0] != 2 || w.count != w.many+1 {
			t.Errorf("%d messages of 1001 were handled, the first is %v, and there are %d workers", len(got), got[0], w.count)
		}
		for range w.many {
			<-hold
		}
		w.Close()
	})
}

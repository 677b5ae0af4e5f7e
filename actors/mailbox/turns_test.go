package mailbox

import (
	"testing"
)

// A few have their turn at a time, and the others wait.
func TestTurns_AreBounded(t *testing.T) {
	const atOnce = 4
	system, pid := actorFunc(t, NewWorkers(), func(any) {})
	turns := NewTurns[int](system.Root, atOnce, "granted")
	const all = 3 * atOnce
	for one := range all {
		turns.Acquire(one, pid)
		turns.Acquire(one, pid)
	}
	for done := range all {
		if want := min(atOnce, all-done); len(turns.taken) != want {
			t.Fatalf("%d have their turn after %d are done, want %d", len(turns.taken), done, want)
		}
		if len(turns.waiting)+len(turns.taken) != all-done {
			t.Fatalf("%d wait and %d have their turn of %d", len(turns.waiting), len(turns.taken), all-done)
		}
		for one := range turns.taken {
			turns.Release(one)
			break
		}
	}
}

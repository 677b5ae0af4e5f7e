package doctor

import (
	"fmt"
	"io"
)

// State says how bad a finding is.
type State string

// States of findings, from good to bad.
const (
	Fine    State = "ok"
	Warning State = "warning" // it runs, and something may be lost, slow or open to others
	Fault   State = "fault"   // it does not run, or not for long
)

// Finding is what was found about one thing.
type Finding struct {
	Check string `json:"check"` // what was looked at: disk, redis, …
	State State  `json:"state"`
	Said  string `json:"said"`            // what is so
	ToDo  string `json:"to_do,omitempty"` // what to do about it; empty: nothing
}

func fine(check, format string, args ...any) Finding {
	return Finding{check, Fine, fmt.Sprintf(format, args...), ""}
}

func warning(check, said, toDo string) Finding { return Finding{check, Warning, said, toDo} }

func fault(check, said, toDo string) Finding { return Finding{check, Fault, said, toDo} }

// worst is the worst state of all findings.
func worst(found []Finding) (state State) {
	rank := map[State]int{Fine: 0, Warning: 1, Fault: 2}
	state = Fine
	for _, f := range found {
		if rank[f.State] > rank[state] {
			state = f.State
		}
	}
	return state
}

// printText prints a line for each finding, and one for what to do.
func printText(to io.Writer, found []Finding) (err error) {
	line := func(format string, args ...any) {
		if err == nil {
			_, err = fmt.Fprintf(to, format, args...)
		}
	}
	counts := make(map[State]int)
	for _, f := range found {
		line("%-8s %-12s %s\n", f.State, f.Check, f.Said)
		if f.ToDo != "" {
			line("%-8s %-12s > %s\n", "", "", f.ToDo)
		}
		counts[f.State]++
	}
	line("%d ok, %d to look at, %d wrong\n", counts[Fine], counts[Warning], counts[Fault])
	return err
}

//go:build !linux

package cluster

import "time"

// thisMoment uses the wall clock twice: it is the only one that goes on while the machine sleeps.
// So setting the clock can't be told from a pause.
func thisMoment() moment {
	now := time.Now()
	return moment{now, time.Duration(now.UnixNano())}
}

//go:build !linux

package cluster

import "time"

// thisMoment has the one clock that goes on while the machine sleeps; that it is set can't
// be told from a pause.
func thisMoment() moment {
	now := time.Now()
	return moment{now, time.Duration(now.UnixNano())}
}

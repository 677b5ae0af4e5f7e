package cluster

import (
	"time"

	"golang.org/x/sys/unix"
)

// thisMoment reads both clocks. On Linux, moment.up counts the time that the machine slept.
func thisMoment() moment {
	now := time.Now()
	var up unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &up); err != nil { // a kernel without that clock
		return moment{now, time.Duration(now.UnixNano())}
	}
	return moment{now, time.Duration(up.Nano())}
}

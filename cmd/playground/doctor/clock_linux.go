package doctor

import "golang.org/x/sys/unix"

// synchronized reports whether the system says that its clock follows others; known is false if it does not say.
func synchronized() (is, known bool) {
	var clock unix.Timex // Modes is 0: nothing is set
	_, err := unix.Adjtimex(&clock)
	return clock.Status&unix.STA_UNSYNC == 0, err == nil
}

package process

// Exit codes.
const (
	ExitStopped = 0 // it was asked to stop, or is done
	ExitFailed  = 1 // could not start, could not stop in time, or could not do what it was asked to
	ExitRefused = 2 // a setting can't be used
)

package rules

import "errors"

// Errors of Draft and Append, which say what would do.
var (
	// ErrInvalid is wrapped by errors about acts that make no sense.
	ErrInvalid = errors.New("this can't be decided")
	// ErrMoot is wrapped, beside ErrInvalid, by errors about acts that would change nothing.
	ErrMoot = errors.New("nothing would change")
	// ErrRights is wrapped by errors about acts that take a higher role.
	ErrRights = errors.New("this is not yours to decide")
)

package codec

import (
	"time"

	"pixelplayground/actors/canvas"
)

// lastUnsaid is the highest refusal that goes to a client that does not say which it knows.
const lastUnsaid = canvas.RefusedRights

// Told is the refusal that a client is told which knows those up to last (Hello.Knows): why itself, or else
// one that makes it do the right thing. A closed canvas that opens by itself is one that takes nothing for a
// while; all else is for the person to do something about.
func Told(why canvas.Refusal, retry time.Duration, last canvas.Refusal) canvas.Refusal {
	switch {
	case why <= max(last, lastUnsaid):
		return why
	case why == canvas.RefusedFrozen && retry > 0:
		return canvas.RefusedUnavailable
	}
	return canvas.RefusedRights
}

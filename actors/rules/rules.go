package rules

import (
	"time"

	"pixelplayground/actors/canvas"
)

// Rules are what a chain of acts leads to, ready to be checked by. They are immutable; any goroutine may
// use them. Checks allocate nothing.
type Rules struct {
	version uint64
	head    string // hash of the last act
}

// None are the rules of a canvas about which nothing was decided: everything is allowed.
func None() *Rules { return &Rules{} }

// Version is the number of the last act; 0: there is none.
func (r *Rules) Version() uint64 { return r.version }

// Head is the hash of the last act.
func (r *Rules) Head() string { return r.head }

// Who is a person as the rules know them.
type Who struct {
	User    canvas.Author
	Network canvas.NetworkID
	Address canvas.Address
	Role    canvas.Role // as the sign-in says: see Role
}

// Verdict is why something is not allowed; the zero Verdict: it is.
type Verdict struct {
	Why   canvas.Refusal
	Retry time.Duration // until it will be; 0: not known
	Act   uint64        // that forbids it; 0: none, Why is 0
}

// CheckPixels says whether somebody may place pixels in a region now.
func (r *Rules) CheckPixels(who Who, region canvas.RegionID, pixels []canvas.Pixel, now time.Time) Verdict {
	return Verdict{}
}

// CheckDots says the same of pixels that may be in many regions.
func (r *Rules) CheckDots(who Who, dots []canvas.Dot, now time.Time) Verdict { return Verdict{} }

// Banned is the act by which somebody is banned now; nil: they are not.
func (r *Rules) Banned(who Who, now time.Time) *Act { return nil }

// Muted reports whether nobody shall see what somebody calls themselves.
func (r *Rules) Muted(who Who, now time.Time) bool { return false }

// Shadowed reports whether nobody else shall see what somebody draws.
func (r *Rules) Shadowed(who Who, now time.Time) bool { return false }

// Role is what somebody may do: what their sign-in says, or more, or less, if that was decided.
func (r *Rules) Role(who Who) canvas.Role { return who.Role }

// Pace is how fast those of a role may draw now; ok is false if nothing was decided about that.
func (r *Rules) Pace(role canvas.Role, now time.Time) (pace canvas.Pace, ok bool) {
	return canvas.Pace{}, false
}

// Next is when the rules change by themselves for the next time: a phase begins, or something ends. Zero:
// never.
func (r *Rules) Next(now time.Time) time.Time { return time.Time{} }

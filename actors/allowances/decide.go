package allowances

import (
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// decide returns what becomes of an allowance by a lease, and the answer. More than the least is
// given only out of plenty, so that one lessee does not keep from the others what they need.
func decide(full canvas.Allowance, m *message.Lease, now time.Time) (canvas.Allowance, *message.Leased) {
	full = full.Give(m.Unused, m.Limit)
	if m.Least == 0 {
		return full, &message.Leased{}
	}
	after, wait, ok := full.Take(m.Least, m.Limit, now)
	if !ok {
		return full, &message.Leased{Wait: wait}
	}
	more := min(m.Want-m.Least, after.Left(m.Limit, now)/4)
	after, _, _ = after.Take(more, m.Limit, now)
	return after, &message.Leased{Pixels: m.Least + more}
}

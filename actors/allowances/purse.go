package allowances

import (
	"fmt"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// Purse is what a connection or a placer has in hand of the allowances of its person and of the
// person's network. What it has covers the next ops without a message to anybody.
type Purse struct {
	pod    *Pod
	leases [2]lease // the person's, the network's
	saves  bool     // it may lease more than it needs just now
	due    time.Time

	Refused bool // the last attempt to take was
}

// lease is pixels of one allowance, or the question for some.
type lease struct {
	subject, network canvas.Subject
	limit            canvas.Limit // Every 0: there is no limit

	left  int       // pixels in hand
	until time.Time // when they have to be back
	full  canvas.Allowance
	had   time.Time // when the last were granted

	asked uint64    // number of the question under way; 0: none is
	done  uint64    // of the last one whose answer has come
	least int       // what it is for
	since time.Time // when it was asked first

	tooMuch     int            // so many pixels
	before      time.Time      // are not there before then
	denied      canvas.Refusal // why nobody can say,
	deniedUntil time.Time      // and as long as that is not asked again
}

const (
	// leaseTime is how long pixels may be in hand. Meanwhile the allowance fills, so somebody who
	// first pauses may place as many more at once as come in this time.
	leaseTime = 500 * time.Millisecond
	// leaseFrom is the pace from which on more is leased than is needed at the moment: below it, each
	// pixel counts.
	leaseFrom = 50 * time.Millisecond
	// drawingOn: whoever has leased within this time is drawing, and will need more.
	drawingOn = time.Second
	// deniedPause is the pause before an allowance that nobody has decided about is asked again.
	deniedPause = 100 * time.Millisecond
)

// PurseDue wakes the holder of a purse: pixels have to go back, or an answer is late.
type PurseDue struct{}

// NewPurse makes the purse of a person.
func NewPurse(pod *Pod, p canvas.Person, saves bool) Purse {
	return Purse{pod: pod, saves: saves, leases: [2]lease{
		{subject: p.Subject, network: p.Network, limit: limitOf(p.Subject, p.Pace)},
		{subject: p.Network, network: p.Network, limit: limitOf(p.Network, p.NetworkPace)},
	}}
}

// limitOf: nobody has no limit.
func limitOf(s canvas.Subject, pace canvas.Pace) canvas.Limit {
	if s == (canvas.Subject{}) {
		return canvas.Limit{}
	}
	return pace.Limit()
}

// Taken is what became of an attempt to take pixels.
type Taken struct {
	OK    bool
	Waits bool // for an answer: try again when it is there
	Why   canvas.Refusal
	Retry time.Duration
}

// Take takes n pixels of both allowances, or says why not. If it has to ask first, the holder gets
// messages that it hands to Leased and Wake.
func (p *Purse) Take(ctx actor.Context, n int, now time.Time) Taken {
	asks := false
	for i := range p.leases {
		t := p.leases[i].covers(n, now)
		if t.Why != 0 {
			p.Empty(ctx)
			p.Refused = true
			return t
		}
		asks = asks || t.Waits
	}
	if !asks {
		for i := range p.leases {
			if l := &p.leases[i]; l.limit.Every > 0 {
				l.left -= n
			}
		}
		p.Refused = false
		return Taken{OK: true}
	}
	for i := range p.leases {
		if l := &p.leases[i]; l.covers(n, now).Waits && l.asked == 0 {
			l.since = now
			p.ask(ctx, l, n, now)
		}
	}
	return Taken{Waits: true}
}

// covers reports whether n pixels are in hand, or whether it is known that they can't be had.
func (l *lease) covers(n int, now time.Time) Taken {
	switch {
	case l.limit.Every == 0:
		return Taken{OK: true}
	case n > l.limit.Burst:
		return Taken{Why: canvas.RefusedRate}
	case n <= l.left && now.Before(l.until):
		return Taken{OK: true}
	case l.asked != 0:
		return Taken{Waits: true}
	case n >= l.tooMuch && now.Before(l.before):
		return Taken{Why: canvas.RefusedRate, Retry: l.before.Sub(now) + time.Duration(int64(n-l.tooMuch)*l.limit.Every)}
	case now.Before(l.deniedUntil):
		return Taken{Why: l.denied, Retry: l.deniedUntil.Sub(now)}
	}
	return Taken{Waits: true}
}

// ask asks the owner of an allowance, perhaps again. What is left of the last lease goes back with the
// question. A repetition has the same number, so an owner that was only slow knows it again.
func (p *Purse) ask(ctx actor.Context, l *lease, least int, now time.Time) {
	if l.asked == 0 {
		l.asked = p.pod.Number()
	}
	m := &message.Lease{Subject: l.subject, Network: l.network, N: l.asked, Limit: l.limit, Least: least, Want: least, Unused: l.left, Watch: p.watches(l)}
	if p.saves && time.Duration(l.limit.Every) <= leaseFrom && now.Sub(l.had) < drawingOn {
		m.Want += min(l.limit.Burst/8, int(int64(leaseTime)/l.limit.Every))
	}
	l.least, l.left = least, 0
	if owner := p.pod.Owners().Owner(l.subject); owner != nil {
		ctx.Request(owner, m)
	}
	p.WakeAt(ctx, now.Add(p.pod.Beat), now)
}

// watches: whoever waits long for each pixel is told what others take.
func (p *Purse) watches(l *lease) bool {
	return p.saves && l == &p.leases[0] && l.limit.Every >= int64(watchedPace)
}

// Look asks what is left, if it is worth knowing before the first pixel.
func (p *Purse) Look(ctx actor.Context, now time.Time) {
	if l := &p.leases[0]; p.watches(l) {
		l.since = now
		p.ask(ctx, l, 0, now)
	}
}

// LookAtAll asks what is left of both allowances.
func (p *Purse) LookAtAll(ctx actor.Context) {
	now := p.pod.Now()
	for i := range p.leases {
		if l := &p.leases[i]; l.limit.Every > 0 {
			l.since = now
			p.ask(ctx, l, 0, now)
		}
	}
}

// Asks reports whether answers are to come.
func (p *Purse) Asks() bool { return p.leases[0].asked != 0 || p.leases[1].asked != 0 }

// Leased takes an answer. It reports whether it is news of what is left to which no op is waiting, as
// far as the answer goes.
func (p *Purse) Leased(ctx actor.Context, m *message.Leased) (news bool) {
	now := p.pod.Now()
	for i := range p.leases {
		l := &p.leases[i]
		switch {
		case l.limit.Every == 0 || l.subject != m.Subject:
			continue
		case m.N == 0:
			l.full, l.before = m.Full, time.Time{}
			return true
		case m.N != l.asked:
			continue
		}
		return p.answered(ctx, l, m, now)
	}
	if m.Pixels > 0 {
		p.tooLate(ctx, m)
	}
	return false
}

// tooLate gives back what is granted when nobody waits for it any more. The same answer may come twice,
// and must not go back twice.
func (p *Purse) tooLate(ctx actor.Context, m *message.Leased) {
	for i := range p.leases {
		if l := &p.leases[i]; l.limit.Every > 0 && l.subject == m.Subject && m.N > l.done {
			l.done = m.N
			p.back(ctx, m.Subject, m.Pixels)
			return
		}
	}
}

func (p *Purse) answered(ctx actor.Context, l *lease, m *message.Leased, now time.Time) (news bool) {
	switch m.Not {
	case message.LeaseElsewhere: // one of us does not know of the last change of members yet
		p.WakeAt(ctx, now.Add(p.pod.Beat/5), now)
		return false
	case message.LeaseBusy, message.LeaseUnavailable:
		l.asked, l.denied, l.deniedUntil = 0, canvas.RefusedUnavailable, now.Add(deniedPause)
		if m.Not == message.LeaseBusy {
			l.denied = canvas.RefusedBusy
		}
		return false
	}
	l.asked, l.done, l.full = 0, m.N, m.Full
	if m.Pixels > 0 {
		l.left, l.until, l.had, l.before = l.left+m.Pixels, now.Add(leaseTime), now, time.Time{}
		p.WakeAt(ctx, l.until, now)
		return false
	}
	if l.least > 0 {
		l.tooMuch, l.before = l.least, now.Add(m.Wait)
	}
	return l.least == 0
}

// back gives pixels back to their allowance.
func (p *Purse) back(ctx actor.Context, subject canvas.Subject, pixels int) {
	for i := range p.leases {
		l := &p.leases[i]
		if owner := p.pod.Owners().Owner(subject); owner != nil && l.subject == subject && l.limit.Every > 0 {
			ctx.Send(owner, &message.Unspent{Subject: subject, Limit: l.limit, Pixels: pixels})
			l.full = l.full.Give(pixels, l.limit)
			return
		}
	}
}

// Give takes back pixels of an op that was not placed through no fault of the client.
func (p *Purse) Give(ctx actor.Context, pixels int) {
	now := p.pod.Now()
	for i := range p.leases {
		l := &p.leases[i]
		if l.limit.Every == 0 {
			continue
		}
		if l.left == 0 || !now.Before(l.until) {
			l.until = now.Add(leaseTime)
			p.WakeAt(ctx, l.until, now)
		}
		l.left += pixels
	}
}

// Wake does what is due: pixels that have been in hand long enough go back, and what was not answered
// is asked again, until the patience with the owner ends.
func (p *Purse) Wake(ctx actor.Context) {
	now := p.pod.Now()
	if now.Before(p.due) {
		return // another wake is coming
	}
	p.due = time.Time{}
	for i := range p.leases {
		l := &p.leases[i]
		switch {
		case l.asked != 0 && now.Sub(l.since) >= p.pod.Patience:
			l.asked, l.denied, l.deniedUntil = 0, canvas.RefusedUnavailable, now.Add(deniedPause)
		case l.asked != 0:
			p.ask(ctx, l, l.least, now)
		case l.left > 0 && !now.Before(l.until):
			p.back(ctx, l.subject, l.left)
			l.left = 0
		case l.left > 0:
			p.WakeAt(ctx, l.until, now)
		}
	}
}

// Empty gives back what is in hand. Whoever is refused by one allowance does not keep pixels of the other.
func (p *Purse) Empty(ctx actor.Context) {
	for i := range p.leases {
		if l := &p.leases[i]; l.left > 0 {
			p.back(ctx, l.subject, l.left)
			l.left = 0
		}
	}
}

func (p *Purse) WakeAt(ctx actor.Context, at, now time.Time) {
	if p.due.IsZero() || at.Before(p.due) {
		p.due = at
		p.pod.Later(ctx, at.Sub(now), PurseDue{})
	}
}

// Close gives everything back: the holder ends.
func (p *Purse) Close(ctx actor.Context) {
	p.Empty(ctx)
	for i := range p.leases {
		l := &p.leases[i]
		if owner := p.pod.Owners().Owner(l.subject); owner != nil && l.limit.Every > 0 && p.watches(l) {
			ctx.Request(owner, &message.Unspent{Subject: l.subject, Limit: l.limit})
		}
	}
}

// Remaining is what is left of the scarcer of the two allowances, as far as is known here: pixels that
// could be placed now, and when there will be one more (zero: it is full).
func (p *Purse) Remaining(now time.Time) (pixels int, next time.Time, limited bool) {
	for i := range p.leases {
		l := &p.leases[i]
		if l.limit.Every == 0 {
			continue
		}
		full := l.full
		if l.left > 0 {
			full = full.Give(l.left, l.limit)
		}
		if n := full.Left(l.limit, now); !limited || n < pixels {
			pixels, next = n, full.Next(l.limit, now)
		}
		limited = true
	}
	return pixels, next, limited
}

// Describe is for the inspector. The nil purse has nothing.
func (p *Purse) Describe(now time.Time) string {
	if p == nil {
		return "nothing yet"
	}
	var all []string
	for i := range p.leases {
		if l := &p.leases[i]; l.limit.Every > 0 {
			text := fmt.Sprintf("%d pixels of %x", l.left, l.subject[:4])
			if l.asked != 0 {
				text += fmt.Sprintf(", asked %v ago", now.Sub(l.since).Round(time.Millisecond))
			}
			all = append(all, text)
		}
	}
	return strings.Join(all, "; ")
}

package actors

import (
	"fmt"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// purse is what a connection or a placer has in hand of the allowances of its person and of the
// person's network. What it has covers the next ops without a message to anybody.
type purse struct {
	pod    *Node
	leases [2]lease // the person's, the network's
	saves  bool     // it may lease more than it needs just now
	due    time.Time

	refused bool // the last attempt was
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

// purseDue wakes the holder of a purse: pixels have to go back, or an answer is late.
type purseDue struct{}

// newPurse makes the purse of a person.
func newPurse(pod *Node, p canvas.Person, saves bool) purse {
	return purse{pod: pod, saves: saves, leases: [2]lease{
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

// taken is what became of an attempt to take pixels.
type taken struct {
	ok    bool
	waits bool // for an answer: try again when it is there
	why   canvas.Refusal
	retry time.Duration
}

// take takes n pixels of both allowances, or says why not. If it has to ask first, the holder gets
// messages that it hands to leased and wake.
func (p *purse) take(ctx actor.Context, n int, now time.Time) taken {
	asks := false
	for i := range p.leases {
		t := p.leases[i].covers(n, now)
		if t.why != 0 {
			p.empty(ctx)
			p.refused = true
			return t
		}
		asks = asks || t.waits
	}
	if !asks {
		for i := range p.leases {
			if l := &p.leases[i]; l.limit.Every > 0 {
				l.left -= n
			}
		}
		p.refused = false
		return taken{ok: true}
	}
	for i := range p.leases {
		if l := &p.leases[i]; l.covers(n, now).waits && l.asked == 0 {
			l.since = now
			p.ask(ctx, l, n, now)
		}
	}
	return taken{waits: true}
}

// covers reports whether n pixels are in hand, or whether it is known that they can't be had.
func (l *lease) covers(n int, now time.Time) taken {
	switch {
	case l.limit.Every == 0:
		return taken{ok: true}
	case n > l.limit.Burst:
		return taken{why: canvas.RefusedRate}
	case n <= l.left && now.Before(l.until):
		return taken{ok: true}
	case l.asked != 0:
		return taken{waits: true}
	case n >= l.tooMuch && now.Before(l.before):
		return taken{why: canvas.RefusedRate, retry: l.before.Sub(now) + time.Duration(int64(n-l.tooMuch)*l.limit.Every)}
	case now.Before(l.deniedUntil):
		return taken{why: l.denied, retry: l.deniedUntil.Sub(now)}
	}
	return taken{waits: true}
}

// ask asks the owner of an allowance, perhaps again. What is left of the last lease goes back with the
// question. A repetition has the same number, so an owner that was only slow knows it again.
func (p *purse) ask(ctx actor.Context, l *lease, least int, now time.Time) {
	if l.asked == 0 {
		l.asked = p.pod.streams.Add(1)
	}
	m := &message.Lease{Subject: l.subject, Network: l.network, N: l.asked, Limit: l.limit, Least: least, Want: least, Unused: l.left, Watch: p.watches(l)}
	if p.saves && time.Duration(l.limit.Every) <= leaseFrom && now.Sub(l.had) < drawingOn {
		m.Want += min(l.limit.Burst/8, int(int64(leaseTime)/l.limit.Every))
	}
	l.least, l.left = least, 0
	if owner := p.pod.placement.Allowances().Owner(l.subject); owner != nil {
		ctx.Request(owner, m)
	}
	p.wakeAt(ctx, now.Add(p.pod.cfg.Beat), now)
}

// looks reports whether somebody of a pace is told of what is left before the first op.
func looks(pace canvas.Pace) bool { return time.Duration(pace.Limit().Every) >= watchedPace }

// watches: whoever waits long for each pixel is told what others take.
func (p *purse) watches(l *lease) bool {
	return p.saves && l == &p.leases[0] && time.Duration(l.limit.Every) >= watchedPace
}

// look asks what is left, if it is worth knowing before the first pixel.
func (p *purse) look(ctx actor.Context, now time.Time) {
	if l := &p.leases[0]; p.watches(l) {
		l.since = now
		p.ask(ctx, l, 0, now)
	}
}

// lookAtAll asks what is left of both allowances.
func (p *purse) lookAtAll(ctx actor.Context) {
	now := p.pod.clock.Now()
	for i := range p.leases {
		if l := &p.leases[i]; l.limit.Every > 0 {
			l.since = now
			p.ask(ctx, l, 0, now)
		}
	}
}

// asks reports whether answers are to come.
func (p *purse) asks() bool { return p.leases[0].asked != 0 || p.leases[1].asked != 0 }

// leased takes an answer. It reports whether it is news of what is left to which no op is waiting, as
// far as the answer goes.
func (p *purse) leased(ctx actor.Context, m *message.Leased) (news bool) {
	now := p.pod.clock.Now()
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
func (p *purse) tooLate(ctx actor.Context, m *message.Leased) {
	for i := range p.leases {
		if l := &p.leases[i]; l.limit.Every > 0 && l.subject == m.Subject && m.N > l.done {
			l.done = m.N
			p.back(ctx, m.Subject, m.Pixels)
			return
		}
	}
}

func (p *purse) answered(ctx actor.Context, l *lease, m *message.Leased, now time.Time) (news bool) {
	switch m.Not {
	case message.LeaseElsewhere: // one of us does not know of the last change of members yet
		p.wakeAt(ctx, now.Add(p.pod.cfg.Beat/5), now)
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
		p.wakeAt(ctx, l.until, now)
		return false
	}
	if l.least > 0 {
		l.tooMuch, l.before = l.least, now.Add(m.Wait)
	}
	return l.least == 0
}

// back gives pixels back to their allowance.
func (p *purse) back(ctx actor.Context, subject canvas.Subject, pixels int) {
	for i := range p.leases {
		l := &p.leases[i]
		if owner := p.pod.placement.Allowances().Owner(subject); owner != nil && l.subject == subject && l.limit.Every > 0 {
			ctx.Send(owner, &message.Unspent{Subject: subject, Limit: l.limit, Pixels: pixels})
			l.full = l.full.Give(pixels, l.limit)
			return
		}
	}
}

// give takes back pixels of an op that was not placed through no fault of the client.
func (p *purse) give(ctx actor.Context, pixels int) {
	now := p.pod.clock.Now()
	for i := range p.leases {
		l := &p.leases[i]
		if l.limit.Every == 0 {
			continue
		}
		if l.left == 0 || !now.Before(l.until) {
			l.until = now.Add(leaseTime)
			p.wakeAt(ctx, l.until, now)
		}
		l.left += pixels
	}
}

// wake does what is due: pixels that have been in hand long enough go back, and what was not answered
// is asked again, until the patience with the owner ends.
func (p *purse) wake(ctx actor.Context) {
	now := p.pod.clock.Now()
	if now.Before(p.due) {
		return // another wake is coming
	}
	p.due = time.Time{}
	for i := range p.leases {
		l := &p.leases[i]
		switch {
		case l.asked != 0 && now.Sub(l.since) >= p.pod.cfg.Patience:
			l.asked, l.denied, l.deniedUntil = 0, canvas.RefusedUnavailable, now.Add(deniedPause)
		case l.asked != 0:
			p.ask(ctx, l, l.least, now)
		case l.left > 0 && !now.Before(l.until):
			p.back(ctx, l.subject, l.left)
			l.left = 0
		case l.left > 0:
			p.wakeAt(ctx, l.until, now)
		}
	}
}

// empty gives back what is in hand. Whoever is refused by one allowance does not keep pixels of the other.
func (p *purse) empty(ctx actor.Context) {
	for i := range p.leases {
		if l := &p.leases[i]; l.left > 0 {
			p.back(ctx, l.subject, l.left)
			l.left = 0
		}
	}
}

func (p *purse) wakeAt(ctx actor.Context, at, now time.Time) {
	if p.due.IsZero() || at.Before(p.due) {
		p.due = at
		p.pod.later(ctx, at.Sub(now), purseDue{})
	}
}

// close gives everything back: the holder ends.
func (p *purse) close(ctx actor.Context) {
	p.empty(ctx)
	for i := range p.leases {
		l := &p.leases[i]
		if owner := p.pod.placement.Allowances().Owner(l.subject); owner != nil && l.limit.Every > 0 && p.watches(l) {
			ctx.Request(owner, &message.Unspent{Subject: l.subject, Limit: l.limit})
		}
	}
}

// Left is what remains of an allowance.
type Left struct {
	Pixels int       // that could be placed now
	Next   time.Time // when one more will be; zero: it is full, or there is no limit
}

// remaining is what is left of the scarcer of the two allowances, as far as is known here.
func (p *purse) remaining(now time.Time) (left Left, limited bool) {
	for i := range p.leases {
		l := &p.leases[i]
		if l.limit.Every == 0 {
			continue
		}
		full := l.full
		if l.left > 0 {
			full = full.Give(l.left, l.limit)
		}
		if n := full.Left(l.limit, now); !limited || n < left.Pixels {
			left = Left{n, full.Next(l.limit, now)}
		}
		limited = true
	}
	return left, limited
}

// describe is for the inspector. The nil purse has nothing.
func (p *purse) describe(now time.Time) string {
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

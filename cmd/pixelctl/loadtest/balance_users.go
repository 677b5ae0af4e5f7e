package loadtest

import (
	"context"
	"fmt"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/report"
)

// settling describes how the displayed number of users became right.
type settling struct {
	want      int64
	settled   bool
	after     time.Duration // from the last join or leave until the number was right for good
	low, high uint64        // the lowest and the highest number that a client was shown last
	clients   int           // that were looked at
	observed  time.Duration
}

// settle is called after the last join or leave. It compares the number of users that every client is
// shown with the true one, that of open connections, until it has been right for a while, or until twice
// the time has passed in which it should become right.
func (b *Balance) settle(ctx context.Context) settling {
	since, right := b.Now(), time.Duration(-1) // since when the number is right; -1: it isn't
	s := settling{want: b.Counters.Live.Load() + b.others, clients: len(b.Clients())}
	for {
		now, truth := b.Now(), b.Counters.Live.Load()+b.others
		s.observed = now - since
		switch s.low, s.high = b.Shown(); {
		case int64(s.low) != truth || int64(s.high) != truth:
			right = -1
		case right < 0:
			right = now
		}
		if right >= 0 && now-right >= countCalm {
			s.settled, s.after = true, right-since
			return s
		}
		if s.observed >= 2*b.cfg.Settle+countCalm || fleet.Wait(ctx, countPause) != nil {
			return s
		}
	}
}

// judgeUsers judges whether the number became right in time.
func (b *Balance) judgeUsers(r *report.Report, name string, s settling) {
	others := ""
	if b.others > 0 {
		others = fmt.Sprintf(", %d of them not of this test", b.others)
	}
	if !s.settled {
		r.Judge(name, false, "%s connected%s; after %v %s shown %d to %d", report.Counted(s.want, "user"), others,
			s.observed.Round(time.Millisecond), report.Counted(s.clients, "client"), s.low, s.high)
		return
	}
	r.Judge(name, s.after <= b.cfg.Settle, "the true number of %s%s is shown to all of %s, %v after the last change (%v is allowed)",
		report.Counted(s.want, "user"), others, report.Counted(s.clients, "client"), s.after.Round(time.Millisecond), b.cfg.Settle)
}

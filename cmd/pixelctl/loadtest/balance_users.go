package loadtest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/report"
)

// settling describes how the displayed number of users became right.
type settling struct {
	want     int64
	settled  bool
	after    time.Duration // from the last join or leave until the number was right for good
	low      uint64        // the lowest number that a client was shown last
	high     uint64        // and the highest
	clients  int           // that were looked at
	observed time.Duration
}

// userWatch compares the number of users that every client is shown with the true one.
type userWatch struct {
	b    *Balance
	done chan struct{} // stop closes it
	wait sync.WaitGroup
	once sync.Once

	mu    sync.Mutex
	right time.Duration // since when the number is right, by Fleet.Now; 0: it isn't
	low   uint64
	high  uint64
}

// watch starts to compare.
func (b *Balance) watch(ctx context.Context) *userWatch {
	w := &userWatch{b: b, done: make(chan struct{})}
	w.wait.Go(func() {
		tick := time.NewTicker(countPause)
		defer tick.Stop()
		for {
			w.look()
			select {
			case <-tick.C:
			case <-w.done:
				return
			case <-ctx.Done():
				return
			}
		}
	})
	return w
}

// look takes one sample. The true number is the number of open connections. The server may not know
// yet of one that is just being opened or closed, so only a state that lasts counts.
func (w *userWatch) look() {
	now := w.b.fleet.Now()
	truth := w.b.fleet.Counters.Live.Load() + w.b.others
	low, high := w.b.fleet.Shown()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.low, w.high = low, high
	switch {
	case int64(low) != truth || int64(high) != truth:
		w.right = 0
	case w.right == 0:
		w.right = now
	}
	w.b.users.add(now, float64(truth), float64(low), float64(high))
}

// settle is called after the last join or leave. It waits until the number has been right for a
// while, or until twice the time has passed in which it should become right, and ends the watch.
func (w *userWatch) settle(ctx context.Context) settling {
	defer w.stop()
	f := w.b.fleet
	since := f.Now()
	s := settling{want: f.Counters.Live.Load() + w.b.others, clients: len(f.Clients())}
	for {
		w.mu.Lock()
		right := w.right
		s.low, s.high = w.low, w.high
		w.mu.Unlock()
		s.observed = f.Now() - since
		if right > 0 && f.Now()-right >= countCalm {
			s.settled, s.after = true, max(0, right-since)
			return s
		}
		if s.observed >= 2*w.b.cfg.Settle+countCalm || fleet.Wait(ctx, countPause) != nil {
			return s
		}
	}
}

func (w *userWatch) stop() {
	w.once.Do(func() { close(w.done) })
	w.wait.Wait()
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

// userSeries is the numbers over time, from one watch after the other: connected, and the lowest and
// the highest that are shown.
type userSeries struct {
	mu     sync.Mutex
	at     time.Duration // of the last sample
	series [3]report.Series
}

// add keeps a sample if it differs from the last or is a second later, up to maxPoints samples.
func (u *userSeries) add(now time.Duration, values ...float64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	n, same := len(u.series[0].Y), now < u.at+time.Second
	for i, y := range values {
		same = same && n > 0 && u.series[i].Y[n-1] == y
	}
	if n >= fleet.MaxPoints || same {
		return
	}
	u.at = now
	for i, y := range values {
		u.series[i].Add(now, y)
	}
}

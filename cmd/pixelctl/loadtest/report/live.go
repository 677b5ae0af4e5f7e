package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	// liveRedraw is how often a terminal is drawn: smooth to the eye, nothing to the machine.
	liveRedraw = 200 * time.Millisecond
	// livePlain is how often a line is written where there is no terminal: a log of an hour
	// stays readable.
	livePlain = 5 * time.Second
	// liveColumn is how long a column of the sparkline is.
	liveColumn = time.Second
	// liveColumns is how many there are.
	liveColumns = 40
)

// Status is what a test says of itself while it runs. What it does not know is zero.
type Status struct {
	Phase     string        // "connecting", "drawing", "settling"
	Elapsed   time.Duration // of this phase
	Total     time.Duration // that this phase takes
	Connected int           // clients
	Clients   int           // that there should be
	Counts    []Count       // shown as rates
	Latency   float64       // of the last moment, in milliseconds: usually the median of a second
	Note      string        // "2 kills"
}

// Count is something that goes on.
type Count struct {
	Name string // with what it counts: "pixels placed"
	N    int64  // since the test began
}

// Live shows a test while it runs: on a terminal two lines that are drawn again and again, else
// a line now and then. What is written to it appears above, undisturbed.
type Live struct {
	out    io.Writer
	status func() Status
	every  time.Duration
	width  func() int // of the terminal in columns; nil: there is none
	done   chan struct{}
	wait   sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	lines   int // on the screen, the cursor being at the end of the last
	rates   liveRates
	history liveHistory
}

// NewLive makes a display on out; it starts nothing. It asks status, which must not block, whenever
// it draws.
func NewLive(out io.Writer, status func() Status) *Live {
	l := &Live{out: out, status: status, every: livePlain, done: make(chan struct{})}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		l.every = liveRedraw
		l.width = func() int {
			columns, _, err := term.GetSize(int(file.Fd()))
			if err != nil {
				return 80
			}
			return columns
		}
	}
	return l
}

// Open begins to show. It may be called once.
func (l *Live) Open() {
	l.wait.Go(func() {
		tick := time.NewTicker(l.every)
		defer tick.Stop()
		for {
			l.draw(time.Now())
			select {
			case <-tick.C:
			case <-l.done:
				return
			}
		}
	})
}

// Close takes the display away, so that what follows stands on clean lines. It may be called
// twice, also without Open.
func (l *Live) Close() {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.done)
	}
	l.mu.Unlock()
	l.wait.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.out.Write(l.erase(nil))
}

// Write shows whole lines above the display.
func (l *Live) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := append(l.erase(nil), p...)
	if l.width != nil && !bytes.HasSuffix(p, []byte("\n")) {
		text = append(text, '\n')
	}
	if _, err := l.out.Write(text); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (l *Live) draw(now time.Time) {
	s := l.status()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	rates := l.rates.at(now, s.Counts)
	if l.width == nil {
		fmt.Fprintln(l.out, s.plain(rates))
		return
	}
	l.history.add(now, s.Latency)
	lines := s.lines(rates, sparkline(l.history.columns), l.width()-1) // a full line would move the cursor
	text := l.erase(nil)
	text = append(text, strings.Join(lines, "\n")...)
	l.lines = len(lines)
	_, _ = l.out.Write(text) // at once, so that it does not flicker
}

// erase appends what removes the display, and leaves the cursor where it began.
func (l *Live) erase(text []byte) []byte {
	if l.lines == 0 {
		return text
	}
	text = append(text, '\r')
	if l.lines > 1 {
		text = fmt.Appendf(text, "\x1b[%dA", l.lines-1) // up
	}
	l.lines = 0
	return append(text, "\x1b[J"...) // delete from here on
}

// liveHistory is the latency of the last seconds, a column each: its worst.
type liveHistory struct {
	columns []float64
	since   time.Time // of the last column
}

func (h *liveHistory) add(now time.Time, latency float64) {
	if len(h.columns) == 0 || now.Sub(h.since) >= liveColumn {
		if len(h.columns) == liveColumns {
			h.columns = h.columns[1:]
		}
		h.columns, h.since = append(h.columns, latency), now
		return
	}
	last := &h.columns[len(h.columns)-1]
	*last = max(*last, latency)
}

// liveRates makes rates of counts, over the last second or as long as counts have been taken.
type liveRates struct{ taken []liveCounts }

type liveCounts struct {
	at     time.Time
	counts []Count
}

// at takes counts, and gives what each grew by in a second; 0 when it was not counted before.
func (r *liveRates) at(now time.Time, counts []Count) []float64 {
	rates := make([]float64, len(counts))
	for len(r.taken) > 1 && now.Sub(r.taken[1].at) >= time.Second {
		r.taken = r.taken[1:]
	}
	if len(r.taken) > 0 {
		before := r.taken[0]
		for i := range min(len(counts), len(before.counts)) {
			if seconds := now.Sub(before.at).Seconds(); seconds > 0 {
				rates[i] = float64(counts[i].N-before.counts[i].N) / seconds
			}
		}
	}
	r.taken = append(r.taken, liveCounts{now, counts})
	return rates
}

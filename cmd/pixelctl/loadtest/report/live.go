package report

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

const (
	// liveRedraw is how often a terminal is drawn: smooth to the eye, and next to no work.
	liveRedraw = 200 * time.Millisecond
	// livePlain is how often a line is written if there is no terminal: an hour's log stays
	// readable.
	livePlain = 5 * time.Second
	// barColumns is the width of the progress bar.
	barColumns = 24
)

// Status is what a test reports about itself while it runs. Unknown fields are zero.
type Status struct {
	Phase     string        // "connecting", "drawing", "settling"
	Elapsed   time.Duration // of this phase
	Total     time.Duration // of the whole phase
	Share     float64       // of the phase that is over, where Total is not known
	Connected int           // clients
	Clients   int           // that there should be
	Counts    []Count       // shown as rates
	Latency   float64       // of the last moment, in milliseconds: usually a second's median
	Note      string        // "2 kills"
}

// Count is a number that grows during a test.
type Count struct {
	Name string // including what is counted: "pixels placed"
	N    int64  // since the test began
}

// Live shows work while it runs: on a terminal as one line that is redrawn, else as a line now and
// then.
type Live struct {
	mu     sync.Mutex // held while writing
	out    io.Writer
	status func() Status
	every  time.Duration
	width  func() int // of the terminal in columns; nil: there is no terminal
	stop   chan struct{}
	wait   sync.WaitGroup
	once   sync.Once
	rates  liveRates
}

// NewLive makes a display on out; it starts nothing. It asks status, which must not block, whenever
// it draws.
func NewLive(out io.Writer, status func() Status) *Live {
	l := &Live{out: out, status: status, every: livePlain, stop: make(chan struct{})}
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

// Open shows the beginning and starts the display. It may be called once.
func (l *Live) Open() {
	l.draw(time.Now())
	l.wait.Go(func() {
		tick := time.NewTicker(l.every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				l.draw(time.Now())
			case <-l.stop:
				return
			}
		}
	})
}

// Close removes the display, so that later output starts on a clean line. It may be called twice,
// and without Open.
func (l *Live) Close() {
	l.once.Do(func() {
		close(l.stop)
		l.wait.Wait()
		_, _ = l.Write(nil)
	})
}

// Write shows a line or more, above the display.
func (l *Live) Write(lines []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.width != nil {
		fmt.Fprint(l.out, eraseLine)
	}
	return l.out.Write(lines)
}

// eraseLine leaves the cursor at the beginning of an empty line.
const eraseLine = "\r\x1b[K"

func (l *Live) draw(now time.Time) {
	s := l.status()
	line := s.line(l.rates.at(now, s.Counts))
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.width == nil {
		fmt.Fprintln(l.out, line)
		return
	}
	// In one write, so that it does not flicker. A line of full width would move the cursor.
	fmt.Fprint(l.out, eraseLine+cut(s.bar()+" "+line, l.width()-1))
}

// line describes where a test is.
func (s Status) line(rates []float64) string {
	var parts []string
	if s.Clients > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s clients", Number(s.Connected), Number(s.Clients)))
	}
	for i, c := range s.Counts {
		parts = append(parts, fmt.Sprintf("%s %s/s", Number(int64(math.Round(rates[i]))), c.Name))
	}
	if s.Latency > 0 {
		parts = append(parts, "latency "+millis(s.Latency)+" ms")
	}
	if s.Note != "" {
		parts = append(parts, s.Note)
	}
	when := Clock(s.Elapsed.Truncate(time.Second).Seconds())
	if s.Total > 0 {
		when += " of " + Clock(s.Total.Truncate(time.Second).Seconds())
	}
	return s.Phase + " " + when + ": " + strings.Join(parts, ", ")
}

// bar shows how much of the phase is over. It is empty if the phase's length is unknown.
func (s Status) bar() string {
	if s.Total > 0 {
		s.Share = s.Elapsed.Seconds() / s.Total.Seconds()
	}
	full := int(min(1, max(0, s.Share)) * barColumns)
	return strings.Repeat("█", full) + strings.Repeat("░", barColumns-full)
}

// cut shortens a line to so many columns. Every character used here takes one column.
func cut(text string, columns int) string {
	if columns < 1 {
		return ""
	}
	if utf8.RuneCountInString(text) <= columns {
		return text
	}
	return string([]rune(text)[:columns-1]) + "…"
}

// liveRates turns counts into rates, over the last second, or since the first counts if that is
// less.
type liveRates struct{ taken []liveCounts }

type liveCounts struct {
	at     time.Time
	counts []Count
}

// at records counts, and returns how much each grew per second; 0 if it was not counted before.
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

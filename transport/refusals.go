package transport

import (
	"log/slog"
	"sync"
	"time"
)

// Refusals tells the operator of what was refused to strangers, who may do it a thousand
// times a second: a line for each reason at once, and then one a minute with how often.
type Refusals struct {
	log *slog.Logger
	now func() time.Time

	mu   sync.Mutex // guards:
	told map[string]*told
}

// told is the last line about a reason.
type told struct {
	at    time.Time
	since int // refused since then
}

// refusalsEvery is the pause between two lines for the same reason.
const refusalsEvery = time.Minute

// NewRefusals tells a log.
func NewRefusals(log *slog.Logger, now func() time.Time) Refusals {
	return Refusals{log: log, now: now, told: make(map[string]*told)}
}

// Note logs a line, with what is wrong this time, unless there has just been one for this
// reason. Reasons are few.
func (r *Refusals) Note(line, reason string, details ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, now := r.told[reason], r.now()
	switch {
	case last == nil:
		last = new(told)
		r.told[reason] = last
	case now.Sub(last.at) < refusalsEvery:
		last.since++
		return
	}
	r.log.Warn(line, append([]any{"reason", reason, "times", last.since + 1}, details...)...)
	last.at, last.since = now, 0
}

// excerpt is what a stranger sent as the log has it: no longer than of use.
func excerpt(text string) string {
	const most = 100 // bytes
	return text[:min(len(text), most)]
}

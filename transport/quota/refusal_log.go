package quota

import (
	"log/slog"
	"sync"
	"time"
)

// Refusals logs what was refused to strangers, who may try a thousand times a second. The
// first refusal for a reason is logged at once; after that there is at most one line a minute, with
// the number of times.
type Refusals struct {
	log *slog.Logger
	now func() time.Time

	mu   sync.Mutex // guards:
	told map[string]*told
}

// told is the last line about a reason.
type told struct {
	at    time.Time
	since int // refusals since then
}

// refusalsEvery is the pause between two lines for the same reason.
const refusalsEvery = time.Minute

// NewRefusals makes Refusals that write to a log.
func NewRefusals(log *slog.Logger, now func() time.Time) Refusals {
	return Refusals{log: log, now: now, told: make(map[string]*told)}
}

// Note logs a line, with the details of this refusal, unless there was one for the same reason less
// than refusalsEvery ago. There must be only a few reasons.
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

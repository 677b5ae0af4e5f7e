package cluster

import (
	"log/slog"
	"sync"
	"time"
)

// refusals tells operators, but seldom, why pods don't come together.
type refusals struct {
	log *slog.Logger

	mu     sync.Mutex
	why    string
	at     time.Time
	logged map[string]time.Time // by reason, of which there are a few
}

func newRefusals(log *slog.Logger) *refusals {
	return &refusals{log: log, logged: make(map[string]time.Time)}
}

// refusalEvery bounds how often one reason is logged.
const refusalEvery = time.Minute

func (r *refusals) add(why string, attributes ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.why, r.at = why, time.Now()
	if last, ok := r.logged[why]; !ok || time.Since(last) >= refusalEvery {
		r.logged[why] = r.at
		r.log.Warn("refused: "+why, attributes...)
	}
}

// since returns the reason of the last refusal if that was after a moment, else "".
func (r *refusals) since(moment time.Time) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.at.After(moment) {
		return ""
	}
	return r.why
}

package cluster

import (
	"log/slog"
	"sync"
	"time"
)

// refusals tells operators, seldom, why pods don't come together.
type refusals struct {
	log *slog.Logger

	mu     sync.Mutex
	why    string
	at     time.Time
	logged map[string]time.Time // by why, of which there are a few
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

// last is the reason of the last d, if there was any.
func (r *refusals) last(d time.Duration) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.why == "" || time.Since(r.at) > d {
		return ""
	}
	return r.why
}

package allowance

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/report"
)

// judge compares what was accepted with the allowance: the burst, and what the rate has given from
// before the first pixel was sent until after the last answer came.
func (t *Test) judge(r *report.Report) {
	took := time.Duration(t.ended.Load() - t.began.Load())
	if t.ended.Load() == 0 {
		took = 0
	}
	allowed := float64(t.welcome.Burst) + t.welcome.Rate*took.Seconds()
	most := int64(math.Floor(allowed))
	accepted := t.socket.accepted.Load() + t.http.accepted.Load()
	refused := t.socket.refused.Load() + t.http.refused.Load()
	unknown := t.socket.unknown.Load() + t.http.unknown.Load()

	v := r.Judge("one allowance", accepted <= most, "%d pixels accepted (%d over WebSocket, %d over HTTP) in %.2f s; one allowance is %d (%d at once and %g a second)",
		accepted, t.socket.accepted.Load(), t.http.accepted.Load(), took.Seconds(), most, t.welcome.Burst, t.welcome.Rate)
	v.Detail = append(v.Detail, fmt.Sprintf("%d refused by the allowance, %d for other reasons, %d without a sure answer, over %d connections",
		refused, t.socket.otherwise.Load()+t.http.otherwise.Load(), unknown, t.opened.Load()))
	if over := accepted - most; over > 0 {
		v.Detail = append(v.Detail, fmt.Sprintf("%d too many", over))
	}
	share := 100 * float64(accepted) / allowed
	r.Judge("the whole of it", refused == 0 || share >= t.cfg.Least, "%.1f%% of it were accepted, at least %g%% are right", share, t.cfg.Least)
	r.Judge("refused", refused > 0, "%d pixels were refused: %s", refused, map[bool]string{true: "the limit was reached", false: "the limit was never reached, so nothing is shown; place more"}[refused > 0])
	v = r.Judge("connections", t.broken.Load() == 0, "%d connections and requests failed or were broken", t.broken.Load())
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, why := range slices.Sorted(maps.Keys(t.why)) {
		v.Detail = append(v.Detail, fmt.Sprintf("%d times: %s", t.why[why], why))
	}
	for _, name := range slices.Sorted(maps.Keys(t.nodes)) {
		r.Pods = append(r.Pods, report.Pod{Name: name, Clients: t.nodes[name]})
	}
}

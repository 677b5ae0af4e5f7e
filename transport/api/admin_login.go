package api

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"pixelplayground/transport"
)

// Wrong tokens: one network may send five at once and five a minute, all together fifty at
// once and five a second. More are answered late, and when too many wait for that, at once
// with 429. The right token is let in whatever others have sent: one of MinAdminToken
// characters is too much to guess at any rate; this keeps strangers from spending the
// processor's time and the log's lines.
const (
	attemptEvery      = 12 * time.Second
	attemptsAtOnce    = 5
	allAttemptsEvery  = 200 * time.Millisecond
	allAttemptsAtOnce = 50
	attemptPause      = time.Second
	networkPauses     = 5
	allPauses         = 50
)

// attempts counts wrong tokens.
type attempts struct {
	of     *limits
	all    *rate.Limiter
	pauses *transport.Shares
	told   transport.Refusals
	pause  func(ctx context.Context, d time.Duration)
}

func newAttempts(s *server) *attempts {
	return &attempts{
		of: newLimits(1/attemptEvery.Seconds(), attemptsAtOnce), all: rate.NewLimiter(rate.Every(allAttemptsEvery), allAttemptsAtOnce),
		pauses: transport.NewShares(networkPauses, allPauses), told: transport.NewRefusals(s.Log, s.Now), pause: pause,
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// failed counts a wrong token, and holds up who has sent too many. slow: it has.
func (t *attempts) failed(r *http.Request, now time.Time) (slow bool) {
	client := clientOf(r)
	t.told.Note("operator's login refused", "wrong token", "who", whoOf(r))
	_, few := t.of.take(client, 1, now)
	if all := t.all.AllowN(now, 1); few && all {
		return false
	}
	if t.pauses.Take(client, false, 1) {
		defer t.pauses.Give(client, 1)
		t.pause(r.Context(), attemptPause)
	}
	return true
}

// maxLoginBody is far more than a token, in bytes.
const maxLoginBody = 4 << 10

// login takes the form. Where it leads says how it went: the form shows a line for each.
func (a *admin) login(w http.ResponseWriter, r *http.Request) {
	now := a.Now()
	r.Body = http.MaxBytesReader(w, r.Body, maxLoginBody)
	var token string
	awaitBody(w, func() { token = r.PostFormValue("token") })
	holder := a.sessions.holder(token)
	if holder == nil {
		if a.attempts.failed(r, now) {
			seeOther(w, "login#wait")
		} else {
			seeOther(w, "login#wrong")
		}
		return
	}
	a.Log.Info("operator logged in", "who", whoOf(r))
	http.SetCookie(w, a.sessions.cookie(r, a.sessions.begin(now, holder)))
	seeOther(w, "./")
}

// seeOther leads to a page beside the one that was asked for. http.Redirect would make an
// absolute path of it, which is another's when a proxy serves this server below a path.
func seeOther(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// done is the answer to an act.
type done struct {
	OK bool `json:"ok"`
}

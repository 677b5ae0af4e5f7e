package admin

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/quota"
)

// Limits for wrong tokens. One network may send five at once and five a minute, and all networks
// together fifty at once and five a second. Further ones are answered late or, if too many
// are waiting for that, at once. The right token is always accepted, whatever others
// have sent. A token of MinToken characters can't be guessed at any rate: the limits keep
// strangers from using up processor time and log lines.
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
	of     *quota.Rates
	all    *rate.Limiter
	pauses *quota.Shares
	told   quota.Refusals
	pause  func(ctx context.Context, d time.Duration)
}

func newAttempts(log *slog.Logger, now func() time.Time) *attempts {
	return &attempts{
		of: quota.NewRates(1/attemptEvery.Seconds(), attemptsAtOnce), all: rate.NewLimiter(rate.Every(allAttemptsEvery), allAttemptsAtOnce),
		pauses: quota.NewShares(networkPauses, allPauses), told: quota.NewRefusals(log, now), pause: pause,
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

// failed counts a wrong token, and delays a client that has sent too many. slow reports whether
// it has sent too many.
func (t *attempts) failed(r *http.Request, now time.Time) (slow bool) {
	client := answer.ClientOf(r)
	t.told.Note("operator's login refused", "wrong token", "who", whoOf(r))
	_, few := t.of.Take(client, 1, now)
	if all := t.all.AllowN(now, 1); few && all {
		return false
	}
	if t.pauses.Take(client, false, 1) {
		defer t.pauses.Give(client, 1)
		t.pause(r.Context(), attemptPause)
	}
	return true
}

// login handles the login form. It redirects to an address that says how it went, for which the
// form shows a line.
func (a *Handler) login(w http.ResponseWriter, r *http.Request) {
	now := a.Now()
	r.Body = http.MaxBytesReader(w, r.Body, answer.MaxFormBody)
	var token string
	answer.AwaitBody(w, func() { token = r.PostFormValue("token") })
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

// seeOther redirects to a page beside the requested one. http.Redirect would make the path
// absolute, which is wrong when a proxy serves this server below a path.
func seeOther(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// done is the answer to an act.
type done struct {
	OK bool `json:"ok"`
}

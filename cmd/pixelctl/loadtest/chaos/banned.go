package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	random "math/rand/v2"
	"net/http"
	"net/netip"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/audit"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/cmd/pixelctl/loadtest/target"
	"pixelplayground/transport/client/wire"
)

// retryBan is how often somebody who is banned tries to connect and to draw nevertheless.
const retryBan = 200 * time.Millisecond

// stayBanned waits for some time, and then until the subject's sessions have ended or should have. Meanwhile
// they try to be there nevertheless.
func (s *subject) stayBanned(ctx context.Context, c *court, hold time.Duration) {
	most := time.Now().Add(c.t.cfg.MaxEnd + c.t.cfg.MaxEnd/4)
	limited, cancel := context.WithTimeout(ctx, hold)
	defer cancel()
	s.tries(limited, c)
	for s.connected() && time.Now().Before(most) && fleet.Wait(ctx, retryBan) == nil {
	}
}

func (s *subject) connected() bool {
	for _, at := range s.sessions {
		if client := at.now(); client != nil && client.Connected() {
			return true
		}
	}
	return false
}

// tries has a banned subject connect and draw over HTTP until ctx ends.
func (s *subject) tries(ctx context.Context, c *court) {
	last := s.sessions[0].now()
	if last == nil {
		return
	}
	for fleet.Wait(ctx, between(retryBan)) == nil {
		c.drawOverHTTP(ctx, s, last)
		c.connect(ctx, s, last)
	}
}

// connect tries to connect as somebody who is banned. The book hears of it if they are let in.
func (c *court) connect(ctx context.Context, s *subject, last *fleet.Client) {
	client, err := c.t.crew.JoinAs(ctx, last, s.view)
	var refused *wire.HandshakeError
	switch {
	case err == nil:
		client.Close()
		if ctx.Err() == nil {
			c.fail("%s is banned, and was let in", s.user.Text())
		}
	case errors.As(err, &refused) && refused.Status == http.StatusForbidden:
		c.turnedAway.Add(1)
	}
}

// drawOverHTTP places a pixel as somebody who is banned.
func (c *court) drawOverHTTP(ctx context.Context, s *subject, last *fleet.Client) {
	user := last.User()
	n, dot, err := c.t.audit.Place(user, c.t.crew.Now())
	if err != nil {
		return
	}
	c.book.Placed(n, dot, user, time.Now())
	urls := c.t.cfg.Fleet.Targets
	body := fmt.Appendf(nil, `{"x":%d,"y":%d,"color":%q}`, dot.X, dot.Y, dot.Color.String())
	status, err := put(ctx, target.Site(urls[random.IntN(len(urls))])+"/api/pixel", s.from, last.Cookie(), body)
	switch {
	case err != nil || status >= http.StatusInternalServerError: // it may have been placed
		c.t.audit.Answer(n, audit.Cut)
	case status == http.StatusOK:
		c.t.audit.Answer(n, audit.Acked)
		c.book.Answered(n, 0, time.Now())
	case status == http.StatusForbidden:
		c.t.audit.Answer(n, audit.Refused)
		c.book.Answered(n, canvas.RefusedBanned, time.Now())
	default:
		c.t.audit.Answer(n, audit.Refused)
		c.book.Answered(n, canvas.RefusedBusy, time.Now())
	}
}

func put(ctx context.Context, url string, from netip.Addr, header http.Header, body []byte) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header = header.Clone()
	r.Header.Set("Content-Type", "application/json")
	way := &http.Transport{DialContext: fleet.From(from).DialContext}
	defer way.CloseIdleConnections()
	answer, err := (&http.Client{Transport: way}).Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, nil
}

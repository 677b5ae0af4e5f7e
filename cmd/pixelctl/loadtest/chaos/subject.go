package chaos

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/audit"
	"pixelplayground/cmd/pixelctl/loadtest/fleet"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

// strokeEvery is how often a subject draws with each of its sessions.
const strokeEvery = 100 * time.Millisecond

// subject is a person who draws with several connections, and is banned at times.
type subject struct {
	user     canvas.Author
	from     netip.Addr       // that only this subject comes from; invalid: all come from the same
	network  canvas.NetworkID // that it is in; 0: all are in the same
	view     *fleet.Viewport
	sessions []*seat
}

// seat is one of a subject's connections. After a ban it has a new client.
type seat struct {
	mu     sync.Mutex
	client *fleet.Client // nil: there is none now
	last   *fleet.Client // that was there before
	open   map[int]bool  // numbers of the pixels without an answer
}

// mark is what a subject's stroke carries.
type mark struct {
	n    int
	seat *seat
}

// gather connects a subject.
func (c *court) gather(ctx context.Context, i int) (*subject, error) {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	s := &subject{view: c.t.crew.Only(canvas.RegionID(i % c.t.geometry.Regions())), from: c.home(i)}
	var first *fleet.Client
	for range sessionsEach {
		client, err := s.join(ctx, c, first)
		if err != nil {
			return nil, err
		}
		if first == nil {
			first, s.user = client, client.User()
		}
		if client.User() != s.user {
			return nil, errors.New("rules: the servers do not know again who has been there: they give no cookies, so nobody can be banned")
		}
		s.sessions = append(s.sessions, &seat{client: client, open: make(map[int]bool)})
	}
	if s.from.IsValid() {
		s.network = c.networkOf(ctx, s.user)
	}
	return s, nil
}

// join connects a subject; same: a connection that it has had; nil: none.
func (s *subject) join(ctx context.Context, c *court, same *fleet.Client) (*fleet.Client, error) {
	if same == nil && s.from.IsValid() {
		return c.t.crew.JoinFrom(ctx, s.from, s.view)
	}
	return c.t.crew.JoinAs(ctx, same, s.view)
}

// hooks tell the book of the subjects' sessions and pixels.
func (c *court) hooks() fleet.Hooks {
	return fleet.Hooks{
		Welcomed: func(client *fleet.Client) { c.book.Connected(client, client.Person(), time.Now()) },
		Lost: func(client *fleet.Client, err error) {
			var closed *wire.CloseError
			c.book.Lost(client, errors.As(err, &closed) && closed.Code == codec.CloseBanned, time.Now())
		},
		Answered: func(_ *fleet.Client, s fleet.Stroke, r codec.Refused) {
			m := s.Tag.(mark)
			m.seat.answered(m.n)
			s.Tag = m.n
			c.t.answered(s, r.Code)
		},
	}
}

// draw places pixels as long as the seat's client has a connection. A client's lock is held while its hooks
// take the seat's, so never the other way round.
func (c *court) draw(ctx context.Context, at *seat) {
	for fleet.Wait(ctx, strokeEvery) == nil {
		client := at.now()
		if client == nil || !client.Connected() {
			continue
		}
		s, err := c.t.stroke(client, c.t.crew.Now())
		if err != nil {
			continue // there are no colours left, as the crew finds out too
		}
		n := s.Tag.(int)
		if s.Tag = (mark{n, at}); !at.opened(client, n) {
			c.t.audit.Answer(n, audit.Refused) // it is not sent
			continue
		}
		if client.Place(s) != nil {
			at.answered(n)
			c.t.audit.Answer(n, audit.Refused)
		}
	}
}

func (at *seat) now() *fleet.Client {
	at.mu.Lock()
	defer at.mu.Unlock()
	return at.client
}

// opened notes a pixel that a client is about to place; false: the seat has another client.
func (at *seat) opened(by *fleet.Client, n int) bool {
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.client != by {
		return false
	}
	at.open[n] = true
	return true
}

func (at *seat) answered(n int) {
	at.mu.Lock()
	defer at.mu.Unlock()
	delete(at.open, n)
}

// comeBack connects a subject again whose ban has been taken back.
func (s *subject) comeBack(ctx context.Context, c *court) {
	ctx, cancel := context.WithTimeout(ctx, c.t.cfg.Settle)
	defer cancel()
	for _, at := range s.sessions {
		at.cut(c)
		for {
			client, err := c.t.crew.JoinAs(ctx, at.last, s.view)
			if err == nil {
				at.mu.Lock()
				at.client = client
				at.mu.Unlock()
				break
			}
			if fleet.Wait(ctx, askAgain) != nil {
				if !errors.Is(context.Cause(ctx), context.Canceled) {
					c.fail("%s is not banned any more, and could not come back: %v", s.user.Text(), err)
				}
				return
			}
		}
	}
}

// cut ends a seat's client and gives up on its open pixels.
func (at *seat) cut(c *court) {
	at.mu.Lock()
	old := at.client
	at.client = nil
	at.mu.Unlock()
	if old == nil {
		return
	}
	old.Close()
	at.mu.Lock()
	defer at.mu.Unlock()
	at.last = old
	for n := range at.open {
		c.t.audit.Answer(n, audit.Cut)
	}
	clear(at.open)
}

// leave ends all clients of a subject, once their pixels are answered or ctx ends.
func (s *subject) leave(ctx context.Context, c *court) {
	for _, at := range s.sessions {
		client := at.now()
		for client != nil && client.Gone() == nil && client.Unanswered() > 0 && fleet.Wait(ctx, strokeEvery) == nil {
		}
		at.cut(c)
	}
}

package loadtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client"
)

// painterRetry is the pause after a refusal that names none.
const painterRetry = 100 * time.Millisecond

// painter is a user who places pixels at the times of a schedule, whatever becomes of those
// before, and again when they were refused for a while. It is connected by transport/client,
// which reconnects, resumes and resends as every program should.
type painter struct {
	crew  *crew
	index int
	link  *client.Client
	wake  chan struct{} // holds one: look again what is to be done. Anyone sends, run receives

	mu      sync.Mutex
	hurry   bool  // the connection is back: draw now, to see when pixels are acknowledged again
	open    int   // pixels placed and not settled
	retries []dab // refused for a while, and to be placed again in this order; at most the window
}

// dab is one pixel on its way.
type dab struct {
	n   int // its number
	dot canvas.Dot
	due time.Duration
	at  time.Duration // not before
}

// newPainter makes one that draws everywhere and follows two regions, which differ from painter to painter.
func newPainter(c *crew, index int) (*painter, error) {
	p := &painter{crew: c, index: index, wake: make(chan struct{}, 1)}
	link, err := client.New(client.Config{
		URLs: turned(c.cfg.urls, index),
		Regions: func(g canvas.Geometry) []canvas.RegionID {
			return []canvas.RegionID{canvas.RegionID(index % g.Regions()), canvas.RegionID((7*index + 3) % g.Regions())}
		},
		Handler: client.Handler{
			Connected:    func(codec.Welcome) { p.connected() },
			Disconnected: func(error, time.Duration) { c.outages.lost(index, c.now()) },
		},
	})
	p.link = link
	return p, err
}

// turned is the order in which a painter tries servers: all are someone's first, and those who lose the same one
// do not all go to the same next.
func turned(urls []string, index int) []string {
	n := len(urls)
	step := 1
	if index/n%2 == 1 {
		step = n - 1 // backwards
	}
	order := make([]string, n)
	for i := range order {
		order[i] = urls[(index+i*step)%n]
	}
	return order
}

func (p *painter) connected() {
	if p.crew.outages.back(p.index, p.crew.now()) {
		p.mu.Lock()
		p.hurry = true
		p.mu.Unlock()
		p.nudge()
	}
}

func (p *painter) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// run draws from one time to another, and returns when all that it placed is settled. The error is ctx's,
// why the client has ended, or that pixels can't be numbered any more.
func (p *painter) run(ctx context.Context, begin, until time.Duration) error {
	for k := 0; ; {
		due := p.crew.due(p.index, k, begin)
		next, wait, done := p.next(p.crew.now(), due, until)
		switch {
		case done:
			return nil
		case wait > 0:
			if err := p.rest(ctx, wait); err != nil {
				return err
			}
		case next == nil:
			k++
			if err := p.begin(ctx, min(due, p.crew.now())); err != nil {
				return err
			}
		default:
			if err := p.place(ctx, *next); err != nil {
				return err
			}
		}
	}
}

// next decides what to do: wait, place a pixel again, or, if that is nil, a new one.
func (p *painter) next(now, due, until time.Duration) (again *dab, wait time.Duration, done bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case len(p.retries) > 0 && p.retries[0].at > now:
		return nil, p.retries[0].at - now, false
	case len(p.retries) > 0:
		again = &p.retries[0]
		p.retries = p.retries[1:]
		return again, 0, false
	case now >= until || due >= until:
		return nil, time.Hour, p.open == 0 // until an answer wakes it
	case p.hurry:
		p.hurry = false
		return nil, 0, false
	}
	return nil, due - now, false
}

func (p *painter) rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.wake:
	case <-p.link.Done():
		return p.link.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// begin places a new pixel.
func (p *painter) begin(ctx context.Context, due time.Duration) error {
	n, dot, err := p.crew.cfg.next(p.link.Welcome().User, due)
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.open++
	p.mu.Unlock()
	p.crew.placed.Add(1)
	return p.place(ctx, dab{n: n, dot: dot, due: due})
}

func (p *painter) place(ctx context.Context, pixel dab) error {
	_, err := p.link.PlaceAsync(ctx, []canvas.Dot{pixel.dot}, func(err error) { p.answered(pixel, err) })
	return err
}

// answered takes in what became of a pixel. The client's reading goroutine calls it.
func (p *painter) answered(pixel dab, err error) {
	now := p.crew.now()
	var refused *client.RefusedError
	switch {
	case err == nil:
		p.crew.acked.Add(1)
		p.crew.acks.Record(p.index, now-pixel.due)
		p.crew.outages.acked(p.index, now)
		p.crew.cfg.settled(pixel.n, pixel.dot, auditAcked)
	case errors.As(err, &refused) && refused.Again():
		p.crew.again.Add(1)
		p.crew.cfg.again(pixel.n, refused.Code)
		pixel.at = now + max(refused.Retry, painterRetry)
		p.mu.Lock()
		p.retries = append(p.retries, pixel)
		p.mu.Unlock()
		p.nudge()
		return
	case refused != nil:
		p.crew.refused.Add(1)
		p.crew.cfg.settled(pixel.n, pixel.dot, auditRefused)
	default:
		return // the client has ended: it stays open
	}
	p.mu.Lock()
	p.open--
	idle := p.open == 0
	p.mu.Unlock()
	if idle {
		p.nudge()
	}
}

// name is the painter for people.
func (p *painter) name() string {
	return fmt.Sprintf("client %d on %s", p.index, p.link.Welcome().Node)
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

// leastRetry is the pause after a refusal that names no pause.
const leastRetry = 100 * time.Millisecond

// frozenRetry is how long a canvas that is closed is left alone, however long it will be.
const frozenRetry = time.Minute

// artist places strokes, as many at a time as the server takes, until all are drawn. Strokes that
// are refused for a while are placed again.
type artist struct {
	link    *client.Client
	speed   *pace
	notes   io.Writer
	queue   []stroke
	answers chan answer // has room for an answer to every stroke, so that the client never waits

	drawn    atomic.Int64 // pixels
	refusals int          // ops
	why      canvas.Refusal
}

type answer struct {
	stroke stroke
	err    error
}

func newArtist(link *client.Client, speed *pace, notes io.Writer, strokes []stroke) *artist {
	return &artist{link: link, speed: speed, notes: notes, queue: strokes, answers: make(chan answer, len(strokes))}
}

// draw returns when the server has acknowledged every stroke.
func (a *artist) draw(ctx context.Context) error {
	for open := len(a.queue); open > 0; {
		due, err := a.place(ctx)
		if err != nil {
			return err
		}
		select {
		case answer := <-a.answers:
			drawn, err := a.settle(answer)
			if err != nil {
				return err
			}
			if drawn {
				open--
			}
		case <-due:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// place places strokes until the next one must wait: until due or, if that is nil, for an answer.
func (a *artist) place(ctx context.Context) (due <-chan time.Time, err error) {
	for len(a.queue) > 0 {
		next := a.queue[0]
		if a.speed.full(len(next)) {
			return nil, nil
		}
		if wait := a.speed.take(len(next), time.Now()); wait > 0 {
			return time.After(wait), nil
		}
		a.queue = a.queue[1:]
		if _, err := a.link.PlaceAsync(ctx, next, func(err error) { a.answers <- answer{next, err} }); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// after says when, if that is long enough to be told.
func after(retry time.Duration) string {
	if retry < 2*time.Second {
		return ""
	}
	return " in " + retry.Round(time.Second).String()
}

// settle records what became of a stroke.
func (a *artist) settle(r answer) (drawn bool, err error) {
	pixels := len(r.stroke)
	var refused *client.RefusedError
	switch {
	case r.err == nil:
		a.speed.answered(pixels)
		a.drawn.Add(int64(pixels))
		return true, nil
	case !errors.As(r.err, &refused) || !refused.Again():
		return false, r.err
	}
	a.refusals++
	if refused.Code != a.why && refused.Code != canvas.RefusedRate {
		a.why = refused.Code
		fmt.Fprintf(a.notes, "%s; trying again%s\n", refused.Code.Text(), after(refused.Retry))
	}
	retry := cmp.Or(refused.Retry, leastRetry)
	if refused.Code == canvas.RefusedFrozen { // moderators may open it before
		retry = min(retry, frozenRetry)
	}
	a.speed.refused(pixels, refused.Left, retry, time.Now())
	a.queue = append(a.queue, r.stroke)
	return false, nil
}

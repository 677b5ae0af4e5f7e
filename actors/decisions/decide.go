package decisions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
)

// Decided is an act that is durable, and how far it is obeyed.
type Decided struct {
	Act     *rules.Act
	Obeyed  bool     // no pod commits any more what it forbids
	Missing []string // the pods that have not said so; one of an earlier version never does
}

var (
	// ErrNoStore says that nothing can be decided, since it would not be kept.
	ErrNoStore = errors.New("nothing can be decided: this server keeps no documents")
	// ErrUnsure says that an act may have been decided or not. Asked for again with the same ID, it is
	// decided once.
	ErrUnsure = errors.New("it is not known whether that was decided: the store did not answer; asked for again with the same id, it is decided once")
	// errConflicts says that the chain grows faster than this pod can read it.
	errConflicts = errors.New("others decide all the time")
)

// conflictsMost is how often an act is drafted anew because another got its number.
const conflictsMost = 64

// Decide makes an act durable, and returns once no pod commits any more what it forbids, or ctx ends. An
// act with an ID that there is already is not decided again. It fails with an error that wraps
// rules.ErrInvalid, ErrUnsure or store.ErrUnavailable (nothing was decided). After that, what is not
// obeyed in time is no error.
func (p *Pod) Decide(ctx context.Context, want rules.Act) (Decided, error) {
	if p.Documents == nil {
		return Decided{}, ErrNoStore
	}
	d, err := p.append(ctx, draft{want: want})
	if err != nil {
		return Decided{}, fmt.Errorf("decide: %w", err)
	}
	done := Decided{Act: d.act}
	done.Obeyed, done.Missing = p.obeyed(ctx, d)
	return done, nil
}

// append makes the act durable, under the first number that is free.
func (p *Pod) append(ctx context.Context, question draft) (drafted, error) {
	if want := &question.want; want.Area != nil && want.Area.Mask != "" {
		mask, err := inTime(ctx, p, func(c context.Context) (*rules.Mask, error) { return p.acts.mask(c, want.Area.Mask) })
		if err != nil {
			return drafted{}, fmt.Errorf("look for the mask: %w", err)
		}
		question.mask = mask
	}
	for range conflictsMost {
		d, err := ask[drafted](ctx, p, question)
		switch {
		case err != nil:
			return drafted{}, err
		case d.err != nil:
			return drafted{}, d.err
		case d.durable:
			return p.known(ctx, d.n)
		}
		other, err := inTime(ctx, p, func(c context.Context) ([]byte, error) { return p.acts.append(c, d.n, d.stored) })
		if errors.Is(err, store.ErrUnavailable) {
			return drafted{}, fmt.Errorf("%w: %w", ErrUnsure, err)
		}
		if err != nil || other == nil {
			return d, err
		}
		switch l, err := ask[learned](ctx, p, learn{n: d.n, stored: other}); {
		case err != nil:
			return drafted{}, err
		case !l.known:
			return drafted{}, fmt.Errorf("%w: act %d does not fit what this server knows", store.ErrUnavailable, d.n)
		}
	}
	return drafted{}, fmt.Errorf("%w: %w", store.ErrUnavailable, errConflicts)
}

// known reads an act that is durable.
func (p *Pod) known(ctx context.Context, n uint64) (drafted, error) {
	stored, err := inTime(ctx, p, func(c context.Context) ([]byte, error) { return p.acts.act(c, n) })
	switch {
	case err != nil:
		return drafted{}, fmt.Errorf("act %d: %w", n, err)
	case stored == nil:
		return drafted{}, fmt.Errorf("act %d: %w: it has lost it", n, store.ErrUnavailable)
	}
	act, err := rules.Decode(stored)
	return drafted{n: n, act: act, stored: stored}, err
}

// inTime makes a call to the store, and gives up when its time is up or ctx ends: then its error wraps
// store.ErrUnavailable.
func inTime[T any](ctx context.Context, p *Pod, call func(context.Context) (T, error)) (answer T, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.StoreTimeout) // a driver may need longer to notice that its time is up
	defer cancel()
	type result struct {
		answer T
		err    error
	}
	done := make(chan result, 1) // sent to once
	p.Background(func(c context.Context) {
		answer, err := call(c)
		done <- result{answer, err}
	})
	select {
	case r := <-done:
		return r.answer, r.err
	case <-ctx.Done():
		return answer, fmt.Errorf("%w: %w", store.ErrUnavailable, ctx.Err())
	}
}

// Acts returns acts as the store has them now, for those who verify them: the last first, at most limit, before
// number before (0: from the last on).
func (p *Pod) Acts(ctx context.Context, before uint64, limit int) (acts [][]byte, err error) {
	if p.Documents == nil {
		return nil, ErrNoStore
	}
	last, err := ask[CaughtUp](ctx, p, CatchUp{})
	if err != nil {
		return nil, err
	}
	n := last.Last
	if before > 0 {
		n = min(n, before-1)
	}
	for ; n > 0 && len(acts) < limit; n-- {
		act, err := p.known(ctx, n)
		if err != nil {
			return nil, err
		}
		acts = append(acts, act.stored)
	}
	return acts, nil
}

// Known returns the same acts as this pod has them in memory, without asking the store for each.
func (p *Pod) Known(ctx context.Context, before uint64, limit int) (acts [][]byte, err error) {
	if p.Documents == nil {
		return nil, ErrNoStore
	}
	known, err := ask[recalled](ctx, p, recall{before, limit})
	if err == nil && !known.whole { // the store has not said yet what there is
		return p.Acts(ctx, before, limit)
	}
	return known.acts, err
}

// askTime bounds a question to the rules actor when its context does not.
const askTime = 10 * time.Second

// ask puts a question to the rules actor of this pod. Errors wrap store.ErrUnavailable.
func ask[T any](ctx context.Context, p *Pod, question any) (answer T, err error) {
	given, err := mailbox.Wait(ctx, p.System.Root.RequestFuture(p.keeper(), question, askTime))
	if err != nil {
		return answer, fmt.Errorf("%w: ask for the rules: %w", store.ErrUnavailable, err)
	}
	answer, ok := given.(T)
	if !ok {
		return answer, fmt.Errorf("%w: ask for the rules: no answer, but %T", store.ErrUnavailable, given)
	}
	return answer, nil
}

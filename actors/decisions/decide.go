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
	// errConflicts is about a chain that grows faster than this pod can read it.
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
	d, err := p.append(ctx, want)
	if err != nil {
		return Decided{}, fmt.Errorf("decide: %w", err)
	}
	done := Decided{Act: d.act}
	done.Obeyed, done.Missing = p.obeyed(ctx, d)
	return done, nil
}

// append makes the act durable, under the first number that is free.
func (p *Pod) append(ctx context.Context, want rules.Act) (drafted, error) {
	for range conflictsMost {
		d, err := ask[drafted](ctx, p, draft{want})
		switch {
		case err != nil:
			return drafted{}, err
		case d.err != nil:
			return drafted{}, d.err
		case d.durable:
			return p.known(ctx, d.n)
		}
		other, err := p.swap(ctx, d)
		if err != nil {
			return drafted{}, err
		}
		if other == nil {
			return d, nil
		}
		switch l, err := ask[learned](ctx, p, learn{n: d.n, stored: other}); {
		case err != nil:
			return drafted{}, err
		case !l.known:
			return drafted{}, fmt.Errorf("%w: act %d can't be read by this server", store.ErrUnavailable, d.n)
		}
	}
	return drafted{}, fmt.Errorf("%w: %w", store.ErrUnavailable, errConflicts)
}

// known reads an act that is durable.
func (p *Pod) known(ctx context.Context, n uint64) (drafted, error) {
	ctx, cancel := context.WithTimeout(ctx, p.StoreTimeout)
	defer cancel()
	acts, err := p.acts.after(ctx, n-1, 1)
	if err != nil {
		return drafted{}, fmt.Errorf("act %d: %w", n, err)
	}
	if len(acts) == 0 {
		return drafted{}, fmt.Errorf("act %d: %w: it has lost it", n, store.ErrUnavailable)
	}
	act, err := rules.Decode(acts[0])
	return drafted{n: n, act: act, stored: acts[0]}, err
}

// swap gives a draft to the store, in bounded time.
func (p *Pod) swap(ctx context.Context, d drafted) (other []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.StoreTimeout) // a driver may need longer to notice that its time is up
	defer cancel()
	type result struct {
		other []byte
		err   error
	}
	done := make(chan result, 1) // sent to once
	p.Background(func(c context.Context) {
		other, err := p.acts.append(c, d.n, d.stored)
		done <- result{other, err}
	})
	select {
	case r := <-done:
		if errors.Is(r.err, store.ErrUnavailable) {
			return nil, fmt.Errorf("%w: %w", ErrUnsure, r.err)
		}
		return r.other, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrUnsure, ctx.Err())
	}
}

// obeyed has all pods obey an act, and says which have not.
func (p *Pod) obeyed(ctx context.Context, d drafted) (all bool, missing []string) {
	settled, err := ask[obeys](ctx, p, learn{n: d.n, stored: d.stored, settle: true})
	if err != nil || settled.version < d.n {
		return false, []string{p.System.Address()}
	}
	for _, region := range settled.open {
		if p.Fence(ctx, region) != nil {
			return false, []string{p.System.Address()}
		}
	}
	return true, nil
}

// askTimeout bounds a question when its context does not.
const askTimeout = 30 * time.Second

// ask puts a question to the rules actor of this pod.
func ask[T any](ctx context.Context, p *Pod, question any) (answer T, err error) {
	given, err := mailbox.Wait(ctx, p.System.Root.RequestFuture(p.keeper(), question, askTimeout))
	if err != nil {
		return answer, fmt.Errorf("ask for the rules: %w", err)
	}
	answer, ok := given.(T)
	if !ok {
		return answer, fmt.Errorf("ask for the rules: no answer, %T", given)
	}
	return answer, nil
}

// Acts returns acts in the form in which they are stored, the last of them first: at most limit, before
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

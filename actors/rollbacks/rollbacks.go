// Package rollbacks carries out the acts that take back what was drawn. It plans each region from the
// record, places ordinary ops, and notes in a document how far an act is carried out, so that another pod
// can take over if this one dies. What to place is worked out in actors/record/rollback. Gateways run it,
// since they have relays to all regions.
package rollbacks

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record/rollback"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
)

// Needs is what rollbacks need of their pod.
type Needs struct {
	Past      rollback.Past
	Documents store.Documents
	Geometry  canvas.Geometry
	Version   func() uint64 // the number of the last act that the pod obeys
	// Acts returns at most limit stored acts before a number, the last first.
	Acts func(ctx context.Context, before uint64, limit int) ([][]byte, error)
	// Spares says what of a region stays as it is, whatever somebody decides to take back: see rules.Rules.Spares.
	Spares func(by rules.By, region canvas.RegionID) func(pos uint16) bool
	// Place places ops in a region, and returns when they are durable.
	Place func(ctx context.Context, region canvas.RegionID, ops []canvas.Op) error
	Node  string
	Now   func() time.Time
	Log   *slog.Logger
}

// Pod carries out rollbacks on one pod.
type Pod struct {
	Needs
	run     string        // tells this process from others
	started int64         // Unix ms
	handled atomic.Uint64 // every act up to this number is carried out, or takes nothing back; only Run writes it
	work    chan struct{} // cap 1: there may be something to do
	warned  uint64        // the act about which the log has been told that it can't be carried out
}

// Bounds of the work.
const (
	atOnce   = 2               // regions at a time: few, so that those who draw meanwhile wait less
	opPixels = 16 << 10        // of one op: as many as one commit holds
	tries    = 20              // for one region, each with a new plan
	again    = 2 * time.Second // between two looks for acts that another pod has left unfinished
)

// New makes a Pod and starts nothing.
func New(n Needs) *Pod {
	return &Pod{Needs: n, run: rand.Text(), started: n.Now().UnixMilli(), work: make(chan struct{}, 1)}
}

// Look tells Run that acts may have been decided. It does not wait.
func (p *Pod) Look() {
	select {
	case p.work <- struct{}{}:
	default:
	}
}

// Handled is the number up to which every act is carried out or takes nothing back, as far as this pod knows.
func (p *Pod) Handled() uint64 { return p.handled.Load() }

// Run carries out acts until ctx ends.
func (p *Pod) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := p.next(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, errBusy) {
			if act := p.Handled() + 1; p.warned != act {
				p.warned = act
				p.Log.Warn("pixels can't be taken back: trying again", "act", act, "err", err)
			}
		}
		select {
		case <-ctx.Done():
		case <-p.work:
		case <-time.After(again):
		}
	}
}

// next carries out all acts that are not, in their order.
func (p *Pod) next(ctx context.Context) error {
	last := p.Version()
	switch done := p.Handled(); {
	case done == last:
		return nil
	case done > last: // the store has lost acts
		p.handled.Store(0)
	}
	if p.Handled() == 0 {
		to, err := p.carriedOut(ctx)
		if err != nil {
			return err
		}
		p.handled.Store(to)
	}
	for n := p.Handled() + 1; n <= last; n++ {
		act, err := p.act(ctx, n)
		if err != nil {
			return err
		}
		taking, ok, err := rollback.TakingOf(act, func(n uint64) (*rules.Act, error) { return p.act(ctx, n) })
		if err != nil {
			return err
		}
		if ok {
			taking.Spares = func(region canvas.RegionID) func(uint16) bool { return p.Spares(act.By, region) }
			if err := p.carryOut(ctx, act, &taking); err != nil {
				return err
			}
		}
		p.handled.Store(n)
	}
	return nil
}

func (p *Pod) act(ctx context.Context, n uint64) (*rules.Act, error) {
	acts, err := p.Acts(ctx, n+1, 1)
	if err != nil {
		return nil, err
	}
	if len(acts) == 0 {
		return nil, fmt.Errorf("there is no act %d", n)
	}
	act, err := rules.Decode(acts[0])
	if err == nil && act.N != n {
		err = fmt.Errorf("act %d stands for act %d", act.N, n)
	}
	return act, err
}

// carryOut carries out an act, unless it is carried out already. It returns errBusy if another pod is doing so.
func (p *Pod) carryOut(ctx context.Context, act *rules.Act, taking *rollback.Taking) error {
	begun := p.Now()
	ours, err := p.begin(ctx, act)
	if err != nil || ours == nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var renewing sync.WaitGroup
	defer renewing.Wait()
	renewing.Go(func() { ours.renew(ctx, cancel) })
	pixels, unknown, err := p.takeBack(ctx, taking)
	cancel()
	renewing.Wait()
	if err != nil {
		return fmt.Errorf("act %d: %w", act.N, err)
	}
	if err := ours.done(context.WithoutCancel(ctx), pixels, unknown); err != nil {
		return err
	}
	p.Log.Info("pixels were taken back", "act", act.N, "pixels", pixels, "unknown", unknown, "took", p.Now().Sub(begun))
	return nil
}

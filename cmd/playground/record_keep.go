package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"pixelplayground/actors/record"
	"pixelplayground/actors/store"
)

const (
	// keepEvery is how often a record is brought within its bounds. To see how large it is, all of its
	// files are listed, which a bucket's owner pays for.
	keepEvery = time.Hour
	// keepAgain is when to go on if that was not all, or failed.
	keepAgain = time.Minute
	// keepMost is how many segments go at once: 30 million pixels.
	keepMost = 500
	// keepTime is how long that may take.
	keepTime = 10 * time.Minute
)

// A document says which server keeps the record within its bounds, for keepEvery: one is enough, and
// the next takes its turn if it ends. Two at the same time would do no harm.
const (
	keeperKind = store.Kind("record-keeper")
	keeperID   = "canvas"
)

// recordKeeper removes what --record-keep has no room for.
type recordKeeper struct {
	keep   record.Keep
	papers store.Documents
	prune  func(ctx context.Context, keep record.Keep, most int) (record.Pruned, error) // of a record.Writer
	name   string                                                                       // this server's, like no other's
	log    *slog.Logger
	failed bool
}

func newRecordKeeper(keep record.Keep, papers store.Documents, prune func(context.Context, record.Keep, int) (record.Pruned, error), node string, log *slog.Logger) *recordKeeper {
	return &recordKeeper{keep: keep, papers: papers, prune: prune, name: node + " " + rand.Text(), log: log}
}

// run does it until ctx ends, beginning at once.
func (k *recordKeeper) run(ctx context.Context) {
	for {
		wait := k.pass(ctx)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// pass does it once, if it is this server's turn, and returns when to do it again.
func (k *recordKeeper) pass(ctx context.Context) (wait time.Duration) {
	ctx, cancel := context.WithTimeoutCause(ctx, keepTime, errors.New("it takes longer than "+keepTime.String()))
	defer cancel()
	turn, err := k.turn(ctx)
	if err == nil && !turn {
		return keepEvery
	}
	var gone record.Pruned
	if err == nil {
		gone, err = k.prune(ctx, k.keep, keepMost)
	}
	if gone.Segments > 0 {
		k.log.Info("the oldest part of the record was removed", "pixels", gone.Pixels, "segments", gone.Segments, "bytes", gone.Bytes, "until", gone.Until.UTC().Format(time.RFC3339))
	}
	if err != nil && context.Cause(ctx) == context.Canceled {
		return keepEvery // the server stops
	}
	if err != nil && !k.failed {
		k.log.Warn("the record can't be kept within its bounds, trying again", "err", err)
	}
	k.failed = err != nil
	if err != nil || gone.More {
		return keepAgain
	}
	return keepEvery
}

// turn reports whether this server may do it now.
func (k *recordKeeper) turn(ctx context.Context) (bool, error) {
	now, err := k.papers.SwapDocument(ctx, keeperKind, keeperID, nil, []byte(k.name), time.Now().Add(keepEvery))
	if err != nil {
		return false, fmt.Errorf("ask whose turn it is: %w", err)
	}
	return string(now) == k.name, nil
}
